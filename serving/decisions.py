"""One call for a shopper: whether to advertise, with which banner and products, and why.

What belongs here: the rule and its words. A user is advertised to if a contact is expected to earn more than it costs:
margin · revenue per response · uplift > contact cost. A user without a score is not: the campaign's figures are of
users who were in it. The segment tells the reader what kind of user it is; it decides nothing by itself.
"""

import msgspec

from resources.store import MAX_CONTEXT_CHARS
from serving.answers import ListAnswer
from serving.banners import BannerDesk
from serving.lists import session
from serving.problems import ProblemError
from serving.requests import DecisionRequest
from serving.ruled import Wanted
from serving.snapshot import Economics, Snapshot
from serving.targeting import UserScore, expected_net_value, score

__all__ = ["BannerOut", "DecisionAnswer", "context_text", "decide"]


class BannerOut(msgspec.Struct, frozen=True):
    """A banner drawn and put on record; ``propensity`` is the probability with which it was drawn."""

    impression_id: str
    slot: str
    banner_id: str
    propensity: float
    release: str


class DecisionAnswer(msgspec.Struct, frozen=True):
    """A decision; ``why`` gives its reasons in words, ``fallbacks`` what could not be answered as asked."""

    advertise: bool
    why: list[str]
    fallbacks: list[str]
    user: UserScore | None
    banner: BannerOut | None
    products: ListAnswer
    release: str


async def decide(snapshot: Snapshot, desk: BannerDesk, request: DecisionRequest) -> DecisionAnswer:
    """Decide on one shopper with one release.

    Raises:
        ProblemError: 404 for a slot that the release's banners do not have.
    """
    fallbacks: list[str] = []
    user, advertise, reason = _whether(snapshot, request, fallbacks)
    why = [reason]
    banner = await _banner(snapshot, desk, request, advertise=advertise, why=why, fallbacks=fallbacks)
    wanted = Wanted(request.limit, filters=request.filters, exclude=request.exclude)
    products = session(snapshot, request.viewed, wanted, user_id=request.user_id, surface="decisions")
    if products.items:
        why.append(f"Products: by {products.answered_by}; the first is {products.items[0].reason}.")
    fallbacks += [f"products: {t.module}: {t.note}" for t in products.fallbacks_tried if t.note]
    return DecisionAnswer(advertise, why, fallbacks, user, banner, products, snapshot.version)


def context_text(context: dict[str, str | int | float | bool]) -> str | None:
    """A context as JSON text with sorted keys; none if it is empty.

    Raises:
        ProblemError: 400 if it is longer than the store keeps.
    """
    if not context:
        return None
    text = msgspec.json.encode(context, order="sorted").decode()
    if len(text) > MAX_CONTEXT_CHARS:
        raise ProblemError(
            400,
            "invalid-input",
            f"The context is {len(text)} characters of JSON; at most {MAX_CONTEXT_CHARS} are kept.",
        )
    return text


def _whether(snapshot: Snapshot, request: DecisionRequest, fallbacks: list[str]) -> tuple[UserScore | None, bool, str]:
    """The user's score, whether to advertise, and why."""
    if request.user_id is None:
        return None, False, "Do not advertise: no user was named, so the effect of a contact is not known."
    if snapshot.release.uplift is None:
        reason = snapshot.missing.get("uplift", "it was built without them")
        fallbacks.append(f"uplift: {reason}")
        return None, False, f"Do not advertise: this release has no uplift scores ({reason})."
    user = score(snapshot, [request.user_id]).users[0]
    if user.uplift is None:
        fallbacks.append("uplift: this user has no score")
        return user, False, "Do not advertise: this user has no score, so the effect of a contact is not known."
    priced = expected_net_value(
        snapshot, user.uplift, user.p_treated or 0.0, margin=request.margin, contact_cost=request.contact_cost
    )
    prices = snapshot.economics
    if priced is None or prices is None:
        fallbacks.append("value: the release names no prices")
        return user, False, "Do not advertise: the release names no prices, so a contact cannot be valued."
    # The figure that decided, with the request's prices where it gave any.
    net, cost = priced
    valued = msgspec.structs.replace(user, expected_net_value=net)
    advertise, verdict = _verdict(user.segment, net, prices.cutoff * cost, prices.currency)
    return valued, advertise, f"{verdict} {_in_words(user, user.uplift, net, prices, request)}"


def _verdict(segment: str | None, net: float, wanted: float, currency: str) -> tuple[bool, str]:
    """Whether a contact of expected net value ``net`` is made; ``wanted`` is what the budget earns elsewhere."""
    if segment == "sleeping_dog":
        return False, "Do not advertise: a contact puts this user off."
    if net <= 0:
        return False, "Do not advertise: it does not pay."
    if net < wanted:
        return False, f"Do not advertise: the budget earns more elsewhere, at least {wanted:.3f} {currency} a contact."
    return True, "Advertise: it pays."


def _in_words(user: UserScore, uplift: float, net: float, prices: Economics, request: DecisionRequest) -> str:
    margin = prices.margin if request.margin is None else request.margin
    cost = prices.contact_cost if request.contact_cost is None else request.contact_cost
    kind = (user.segment or "user").replace("_", " ")
    before, after = user.p_control or 0.0, user.p_treated or 0.0
    lower, upper = user.lower or 0.0, user.upper or 0.0
    return (
        f"This user is a {kind}. A contact changes the chance of a response from {before:.2%} to "
        f"{after:.2%} ({uplift:+.2%}, 95 % interval {lower:+.2%} to {upper:+.2%}); at a margin of {margin:.0%} of "
        f"{prices.revenue_per_response:.2f} {prices.currency} a response and a cost of {cost:.2f} a contact it is "
        f"expected to earn {net:+.3f} {prices.currency}."
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
    if not advertise:
        why.append("Banner: none, as this user is not advertised to.")
        return None
    if snapshot.release.banners is None:
        fallbacks.append(f"banner: {snapshot.missing.get('banners', 'this release has no banners')}")
        return None
    context = context_text({"user_id": request.user_id} if request.user_id else {})
    drawn = await desk.select(snapshot, request.slot, context=context)
    why.append(
        f"Banner: {drawn.banner_id} was drawn for {drawn.slot} with probability {drawn.propensity:.1%}: how likely "
        "it is to be the best one there, with a little left for each other one."
    )
    return BannerOut(drawn.impression_id, drawn.slot, drawn.banner_id, drawn.propensity, snapshot.version)
