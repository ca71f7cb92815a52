"""One call for a shopper: whether to advertise, with which banner and products, and why.

What belongs here: the rule and its words. A user is advertised to if a contact is expected to earn more than it costs:
margin · revenue per response · uplift > contact cost + incentive · P(response). A user without a score is not: the
campaign's figures are of users who were in it. Of several arms the one that is worth most is sent. A sleeping dog is
never contacted; else the segment tells the reader what kind of user it is, and decides nothing by itself.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from resources.store.absence import is_away
from serving.banners.selection import NO_BANNER_LEFT, BannerDesk, Drawn, require_slot
from serving.campaigns.targeting import Contact, UserScore, score, valued
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.lists.answers import ListAnswer
from serving.lists.lists import session
from serving.release.snapshot import Economics, Snapshot
from serving.requests import DecisionRequest

__all__ = ["BannerOut", "DecisionAnswer", "SlateAnswer", "SlateBanner", "decide"]


class BannerOut(msgspec.Struct, frozen=True):
    """A banner drawn and put on record; ``propensity`` is the probability with which it was drawn."""

    impression_id: str
    slot: str
    banner_id: str
    propensity: float
    policy: str
    """By which it was drawn, as the shop has declared for the slot: ``thompson`` where it has not."""
    content: str | None
    """What the shop has declared that a storefront shows; null where it has not."""
    release: str

    @classmethod
    def of(cls, drawn: Drawn, release: str) -> "BannerOut":
        """What is told of a banner that the release of this version has drawn."""
        return cls(
            drawn.impression_id, drawn.slot, drawn.banner_id, drawn.propensity, drawn.policy, drawn.content, release
        )


class SlateBanner(msgspec.Struct, frozen=True):
    """A banner of a slate; ``propensity`` is the probability with which it was drawn given those above it."""

    impression_id: str
    position: int
    banner_id: str
    propensity: float
    content: str | None


class SlateAnswer(BannerOut, frozen=True):
    """The first banner, and the ``slate``: those of all positions from the first on, none twice."""

    slate: list[SlateBanner]

    @classmethod
    def of_all(cls, drawn: Sequence[Drawn], release: str) -> "SlateAnswer":
        """What is told of at least one banner that the release of this version has drawn."""
        slate = [SlateBanner(d.impression_id, d.position, d.banner_id, d.propensity, d.content) for d in drawn]
        return cls(**msgspec.structs.asdict(BannerOut.of(drawn[0], release)), slate=slate)


class DecisionAnswer(msgspec.Struct, frozen=True):
    """A decision; ``why`` gives its reasons in words, ``fallbacks`` what could not be answered as asked."""

    advertise: bool
    arm: str | None
    """Which of several arms to send; null if none is, or the campaign has one treatment."""
    why: list[str]
    fallbacks: list[str]
    user: UserScore | None
    banner: BannerOut | None
    products: ListAnswer
    release: str


async def decide(snapshot: Snapshot, desk: BannerDesk, workers: Workers, request: DecisionRequest) -> DecisionAnswer:
    """Decide on one shopper with one release; ``workers``' threads make the list of products.

    Raises:
        ProblemError: 404 for a slot that the release's banners do not have; 400 for a context that is too long.
        BusyError: If too many lists wait.
    """
    fallbacks: list[str] = []
    user, contact, reason = _whether(snapshot, request, fallbacks)
    why, advertise = [reason], contact is not None
    banner = await _banner(snapshot, desk, request, advertise=advertise, why=why, fallbacks=fallbacks)
    listed = request.list_request()
    products = await workers.run("list", session, snapshot, request.viewed, listed, surface="decisions")
    if products.items:
        why.append(f"Products: by {products.answered_by}; the first is {products.items[0].reason}.")
    fallbacks += [f"products: {t.module}: {t.note}" for t in products.fallbacks_tried if t.note]
    arm = None if contact is None else contact.arm
    return DecisionAnswer(advertise, arm, why, fallbacks, user, banner, products, snapshot.version)


def _whether(
    snapshot: Snapshot, request: DecisionRequest, fallbacks: list[str]
) -> tuple[UserScore | None, Contact | None, str]:
    """The user's score, the contact to make (none: do not advertise), and why."""
    if request.user_id is None:
        return None, None, "Do not advertise: no user was named, so the effect of a contact is not known."
    uplift = snapshot.release.segments
    if uplift is None:
        reason = snapshot.missing.get("segments", "it was built without them")
        fallbacks.append(f"uplift: {reason}")
        return None, None, f"Do not advertise: this release has no uplift scores ({reason})."
    user = score(snapshot, [request.user_id]).users[0]
    if user.uplift is None:
        fallbacks.append("uplift: this user has no score")
        return user, None, "Do not advertise: this user has no score, so the effect of a contact is not known."
    # The figures that decide are those with the request's prices where it gave any.
    user, contact = valued(snapshot, user, margin=request.margin, contact_cost=request.contact_cost)
    economics = snapshot.economics
    if contact is None or economics is None:
        fallbacks.append("value: the release names no prices")
        return user, None, "Do not advertise: the release names no prices, so a contact cannot be valued."
    if economics.prices.arms and not uplift.arms:
        fallbacks.append("arm: the release does not know the effect of each arm, so none is named")
    advertise, verdict = _verdict(user.segment, contact, economics)
    return user, contact if advertise else None, f"{verdict} {_in_words(user, contact, economics, request)}"


def _verdict(segment: str | None, contact: Contact, economics: Economics) -> tuple[bool, str]:
    """Whether the contact is made: it must earn, and as much as its cost would earn elsewhere in the budget."""
    net, least = contact.expected_net_value or 0.0, economics.cutoff * (contact.expected_cost or 0.0)
    if segment == "sleeping_dog" or contact.upper < 0:
        return False, "Do not advertise: a contact puts this user off."
    if contact.arm is not None and contact.uplift <= 0:
        return False, "Do not advertise: no arm is expected to help."
    if net <= 0:
        return False, "Do not advertise: it does not pay."
    if net < least:
        rate = f"at least {least:.3f} {economics.currency} a contact"
        return False, f"Do not advertise: the budget earns more elsewhere, {rate}."
    return True, "Advertise: it pays." if contact.arm is None else f"Advertise with {contact.arm}: it pays."


def _in_words(user: UserScore, contact: Contact, economics: Economics, request: DecisionRequest) -> str:
    prices, currency = economics.prices, economics.currency
    margin = prices.margin if request.margin is None else request.margin
    kind = (user.segment or "user").replace("_", " ")
    what = "A contact" if contact.arm is None else f"The arm {contact.arm}"
    return (
        f"This user is a {kind}. {what} changes the chance of a response from {contact.p_control:.2%} to "
        f"{contact.p_treated:.2%} ({contact.uplift:+.2%}, 95 % interval {contact.lower:+.2%} to {contact.upper:+.2%}); "
        f"at a margin of {margin:.0%} of {prices.response_value:.2f} {currency} a response and an "
        f"expected cost of {contact.expected_cost or 0.0:.2f} it is expected to earn "
        f"{contact.expected_net_value or 0.0:+.3f} {currency}."
    )


async def _banner(
    snapshot: Snapshot,
    desk: BannerDesk,
    request: DecisionRequest,
    *,
    advertise: bool,
    why: list[str],
    fallbacks: list[str],
) -> BannerOut | None:
    """A banner for the named slot if there is something to advertise for."""
    if request.slot is None:
        return None
    if snapshot.release.banner_priors is None:
        fallbacks.append(f"banner: {snapshot.missing.get('banner_priors', 'this release has no banners')}")
        return None
    require_slot(snapshot.release.banner_priors, request.slot)
    if not advertise:
        why.append("Banner: none, as this user is not advertised to.")
        return None
    context = request.context | ({"user_id": request.user_id} if request.user_id else {})
    try:
        drawn = (await desk.select(snapshot, request.slot, context=context))[0]
    except ProblemError as problem:
        if problem.kind != NO_BANNER_LEFT:
            raise
        fallbacks.append(f"banner: {problem.detail}")
        return None
    except SQLAlchemyError as error:
        if not is_away(error):
            raise
        # A banner that cannot be put on record is not shown; the rest of the decision stands.
        fallbacks.append("banner: the operational store does not answer")
        return None
    why.append(
        f"Banner: {drawn.banner_id} was drawn for {drawn.slot} with probability {drawn.propensity:.1%}, by the slot's "
        f"policy {drawn.policy}."
    )
    return BannerOut.of(drawn, snapshot.version)
