"""Whom to advertise to: scores of users, which arm suits each, and what a contact is expected to earn.

What belongs here: reading a release's uplift scores and turning them into answers. How they were fitted is
`assets.models.uplift.uplift_model`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import polars as pl

from assets.models.uplift.targeting.contact_value import arm_helps, with_contact_value
from assets.models.uplift.uplift_scores import ARM_FIGURES, UpliftScores, arm_column
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot

__all__ = ["Contact", "ScoreAnswer", "UserScore", "score", "uplift_of", "valued", "valued_rows"]


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
    campaign: str
    """Which campaign's contacts they are about."""


def uplift_of(snapshot: Snapshot) -> UpliftScores:
    """The release's uplift scores.

    Raises:
        ProblemError: 404 module-unavailable, with the release's reason.
    """
    uplift = snapshot.release.segments
    if uplift is None:
        reason = snapshot.missing.get("segments", "it was built without them")
        raise ProblemError(404, "module-unavailable", f"This release has no uplift scores: {reason}.")
    return uplift


def score(snapshot: Snapshot, user_ids: Sequence[str]) -> ScoreAnswer:
    """Score users; milliseconds for a thousand."""
    rows = uplift_of(snapshot).look_up(user_ids)
    users = [_scored(snapshot, rows[u]) if u in rows else UserScore(user_id=u, known=False) for u in user_ids]
    return ScoreAnswer(users, snapshot.version, snapshot.campaign)


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
    economics = snapshot.economics
    if economics is None or user.uplift is None:
        return user, None
    prices = economics.prices.changed(margin=margin, contact_cost=contact_cost)
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
        cost = prices.cost(contact.arm, contact.p_treated)
        net = prices.net_value(contact.arm, contact.uplift, contact.p_treated)
        offers.append(msgspec.structs.replace(contact, expected_cost=cost, expected_net_value=net))
        worth.append((_helps(contact), net - economics.cutoff * cost))
    best = offers[worth.index(max(worth))]
    arms = offers if user.arms else []
    net_value, arm = best.expected_net_value, best.arm
    return msgspec.structs.replace(user, expected_net_value=net_value, best_arm=arm, arms=arms), best


def valued_rows(snapshot: Snapshot, users: pl.DataFrame) -> pl.DataFrame:
    """The same for many users, rows of `UpliftScores`: with ``expected_net_value`` and ``best_arm``, or nulls."""
    economics = snapshot.economics
    if economics is None:
        return users.with_columns(expected_net_value=pl.lit(None, pl.Float64), best_arm=pl.lit(None, pl.String))
    return with_contact_value(users, economics.prices, uplift_of(snapshot).arms, economics.cutoff)


def _helps(contact: Contact) -> bool:
    """Whether the arm may be sent at all; a contact of a campaign of one treatment is judged by its segment."""
    return contact.arm is None or bool(arm_helps(contact.uplift, contact.upper))


def _scored(snapshot: Snapshot, row: dict[str, float | str]) -> UserScore:
    figures: dict[str, Any] = {
        name: float(row[name]) for name in ("uplift", "lower", "upper", "p_control", "p_treated")
    }
    arms = [_contact(row, arm) for arm in uplift_of(snapshot).arms]
    user = UserScore(str(row["user_id"]), known=True, segment=str(row["segment"]), arms=arms, **figures)
    return valued(snapshot, user)[0]


def _contact(row: dict[str, float | str], arm: str) -> Contact:
    figures = {figure: float(row[arm_column(figure, arm)]) for figure in ARM_FIGURES}
    return Contact(arm=arm, p_control=max(figures["p_treated"] - figures["uplift"], 0.0), **figures)
