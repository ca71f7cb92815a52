"""Whether a shopper is contacted: in which campaign, with which arm, and why.

What belongs here: the rule and its words. A user is advertised to if a contact is expected to earn more than it costs:
margin · revenue per response · uplift > contact cost + incentive · P(response). A user without a score is not: the
campaign's figures are of users who were in it. Of several arms, and of several campaigns, the one that is worth most is
sent: its net value less what the budget would earn elsewhere with its cost. A sleeping dog is never contacted; else the
segment tells the reader what kind of user it is, and decides nothing by itself.
"""

from collections.abc import Sequence
from typing import NamedTuple

from serving.campaigns.choice import campaign_of
from serving.campaigns.targeting import Contact, UserScore, score, valued
from serving.release.snapshot import Economics, Snapshot
from serving.requests import DecisionRequest

__all__ = ["Choice", "choose"]


class Choice(NamedTuple):
    """What is done with a shopper."""

    campaign: str | None
    """The one that ``user`` is about; none where none of several is worth a contact."""
    user: UserScore | None
    contact: Contact | None
    """The contact to make; none: do not advertise."""
    why: Sequence[str]
    fallbacks: Sequence[str] = ()
    """What could not be looked at."""
    worth: float = 0.0
    """Net value of the contact less what the budget would earn elsewhere with its cost."""


def choose(snapshot: Snapshot, request: DecisionRequest) -> Choice:
    """In the campaign that the request names, in the only one, or in the best of several.

    Raises:
        ProblemError: 404 unknown-campaign for one that there is not.
    """
    if request.campaign is not None or len(snapshot.campaigns) < 2:
        return _whether(campaign_of(snapshot, request.campaign), request)
    if request.user_id is None:
        return _whether(snapshot, request)._replace(campaign=None)
    each = [_whether(of, request) for of in snapshot.campaigns.values()]
    fallbacks = [f"{of.campaign}: {told}" for of in each for told in of.fallbacks]
    by_worth = sorted(each, key=lambda of: (of.contact is not None, of.worth), reverse=True)
    best = by_worth[0]
    reasons = [f"{of.campaign}: {' '.join(of.why)}" for of in by_worth]
    if best.contact is None:
        first = f"Do not advertise: none of {len(each)} campaigns is worth a contact with this user."
        return Choice(None, None, None, [first, *reasons], fallbacks)
    paying = sum(of.contact is not None for of in each)
    first = f"Advertise for {best.campaign}: of {len(each)} campaigns {paying} would pay, and it is worth most."
    return best._replace(why=[first, *reasons], fallbacks=fallbacks)


def _whether(snapshot: Snapshot, request: DecisionRequest) -> Choice:
    """What one campaign says of the shopper."""
    campaign = snapshot.campaign

    def no(reason: str, user: UserScore | None = None, *fallbacks: str) -> Choice:
        return Choice(campaign, user, None, [f"Do not advertise: {reason}"], fallbacks)

    if request.user_id is None:
        return no("no user was named, so the effect of a contact is not known.")
    uplift, economics = snapshot.release.segments, snapshot.economics
    if uplift is None:
        lacks = snapshot.missing.get("segments", "it was built without them")
        return no(f"this release has no uplift scores ({lacks}).", None, f"uplift: {lacks}")
    user = score(snapshot, [request.user_id]).users[0]
    if user.uplift is None:
        unknown = "this user has no score"
        return no(f"{unknown}, so the effect of a contact is not known.", user, f"uplift: {unknown}")
    # The figures that decide are those with the request's prices where it gave any.
    user, contact = valued(snapshot, user, margin=request.margin, contact_cost=request.contact_cost)
    if contact is None or economics is None:
        unpriced = "the release names no prices"
        return no(f"{unpriced}, so a contact cannot be valued.", user, f"value: {unpriced}")
    fallbacks: tuple[str, ...] = ()
    if economics.prices.arms and not uplift.arms:
        fallbacks = ("arm: the release does not know the effect of each arm, so none is named",)
    advertise, verdict = _verdict(user.segment, contact, economics)
    why = [f"{verdict} {_in_words(user, contact, economics, request)}"]
    worth = (contact.expected_net_value or 0.0) - economics.cutoff * (contact.expected_cost or 0.0)
    return Choice(campaign, user, contact if advertise else None, why, fallbacks, worth)


def _verdict(segment: str | None, contact: Contact, economics: Economics) -> tuple[bool, str]:
    """Whether the contact is made: it must earn, and as much as its cost would earn elsewhere in the budget."""
    net, least = contact.expected_net_value or 0.0, economics.cutoff * (contact.expected_cost or 0.0)
    if economics.closed:
        return False, "Do not advertise: the campaign is closed."
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
