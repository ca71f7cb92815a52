"""Whom to advertise to: scores of users, which arm suits each, and what a contact is expected to earn.

What belongs here: reading a release's uplift scores and turning them into answers. How they were fitted is
`assets.models.uplift.uplift_model`.
"""

from collections.abc import Sequence

import msgspec

from assets.models.uplift.uplift_scores import ARM_FIGURES, UpliftScores, arm_column
from serving.problems import ProblemError
from serving.snapshot import Economics, Snapshot

__all__ = ["Contact", "ScoreAnswer", "UserScore", "score", "uplift_of", "valued"]


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """What a contact does to a user and is expected to earn, with one of several arms, if there are such."""

    arm: str | None
    uplift: float
    """Change of the probability to respond, with its 95 % interval ``lower`` to ``upper``."""
    lower: float
    upper: float
    p_control: float
    p_treated: float
    expected_cost: float | None = None
    """Contact cost + incentive · p_treated, in the shop's currency; null where the release names no prices."""
    expected_net_value: float | None = None
    """margin · revenue per response · uplift − expected cost."""


class UserScore(msgspec.Struct, frozen=True):
    """What is known of a user; every figure is null for one that the release does not know."""

    user_id: str
    known: bool
    uplift: float | None = None
    """Change of the probability to respond because of a contact, with its 95 % interval ``lower`` to ``upper``."""
    lower: float | None = None
    upper: float | None = None
    p_control: float | None = None
    p_treated: float | None = None
    segment: str | None = None
    expected_net_value: float | None = None
    """margin · revenue per response · uplift − contact cost − incentive · p_treated, in the shop's currency; of the
    best arm where there are several."""
    best_arm: str | None = None
    """Of several arms the one that is worth most to this user, whether or not it pays."""
    arms: list[Contact] = []
    """What each of several arms does; the figures above are of a contact as the trial dealt it out."""


class ScoreAnswer(msgspec.Struct, frozen=True):
    """A score for each user asked for, in the order asked."""

    users: list[UserScore]
    release: str


def uplift_of(snapshot: Snapshot) -> UpliftScores:
    """The release's uplift scores.

    Raises:
        ProblemError: 404 module-unavailable, with the release's reason.
    """
    uplift = snapshot.release.uplift
    if uplift is None:
        reason = snapshot.missing.get("uplift", "it was built without them")
        raise ProblemError(404, "module-unavailable", f"This release has no uplift scores: {reason}.")
    return uplift


def score(snapshot: Snapshot, user_ids: Sequence[str]) -> ScoreAnswer:
    """Score users; milliseconds for a thousand."""
    rows = {row["user_id"]: row for row in uplift_of(snapshot).look_up(user_ids).iter_rows(named=True)}
    users = [_scored(snapshot, rows[u]) if u in rows else UserScore(user_id=u, known=False) for u in user_ids]
    return ScoreAnswer(users, snapshot.version)


def valued(
    snapshot: Snapshot, user: UserScore, *, margin: float | None = None, contact_cost: float | None = None
) -> tuple[UserScore, Contact | None]:
    """The user with what each contact is expected to earn, and the best contact.

    Of several arms that is the one of highest net value less what the budget would earn elsewhere with its cost, among
    the arms that help: an effect above 0 and an interval that is not below it. Where none helps the least bad is
    named, and the decision says no. None for a user without a score or a release without prices.

    Args:
        snapshot: names the prices.
        user: as scored.
        margin: in place of the release's.
        contact_cost: in place of the release's, of every arm.
    """
    prices = snapshot.economics
    if prices is None or user.uplift is None:
        return user, None
    kept = prices.margin if margin is None else margin
    anyone = Contact(
        arm=None,
        uplift=user.uplift,
        lower=user.lower or 0.0,
        upper=user.upper or 0.0,
        p_control=user.p_control or 0.0,
        p_treated=user.p_treated or 0.0,
    )
    offers, worth = [], []
    for contact in user.arms or [anyone]:
        cost = _cost(contact, prices, contact_cost)
        net = kept * prices.revenue_per_response * contact.uplift - cost
        offers.append(msgspec.structs.replace(contact, expected_cost=cost, expected_net_value=net))
        worth.append((_helps(contact), net - prices.cutoff * cost))
    best = offers[worth.index(max(worth))]
    arms = offers if user.arms else []
    net_value, arm = best.expected_net_value, best.arm
    return msgspec.structs.replace(user, expected_net_value=net_value, best_arm=arm, arms=arms), best


def _cost(contact: Contact, prices: Economics, contact_cost: float | None) -> float:
    """Contact cost + incentive · p_treated, of the arm where there are several."""
    fee, incentive = prices.contact_cost, prices.incentive
    if contact.arm is not None:
        fee, incentive = prices.arms.get(contact.arm, (fee, incentive))
    return (fee if contact_cost is None else contact_cost) + incentive * contact.p_treated


def _helps(contact: Contact) -> bool:
    """Whether the arm may be sent at all; a contact of a campaign of one treatment is judged by its segment."""
    return contact.arm is None or (contact.uplift > 0 and contact.upper >= 0)


def _scored(snapshot: Snapshot, row: dict[str, float | str]) -> UserScore:
    user = UserScore(
        user_id=str(row["user_id"]),
        known=True,
        uplift=float(row["uplift"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        p_control=float(row["p_control"]),
        p_treated=float(row["p_treated"]),
        segment=str(row["segment"]),
        arms=[_contact(row, arm) for arm in uplift_of(snapshot).arms],
    )
    return valued(snapshot, user)[0]


def _contact(row: dict[str, float | str], arm: str) -> Contact:
    figures = {figure: float(row[arm_column(figure, arm)]) for figure in ARM_FIGURES}
    return Contact(arm=arm, p_control=max(figures["p_treated"] - figures["uplift"], 0.0), **figures)
