"""The one place where a shop's rules and a request's wishes are applied: to every list, and to every step of it.

What belongs here: what may be in an answer, and who chooses of it. What a rule comes to is `assets.models.rules.rules`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.models.catalogue import ancestors
from assets.models.ranked import BoolArray
from assets.models.rules.rule_picks import RulePicks
from assets.models.rules.rule_set import RuleSet
from serving.chains import BestFirst, Filled, Step, fill
from serving.eligible import eligible
from serving.snapshot import Snapshot

__all__ = ["Ruled", "Wanted", "under_rules"]

RULED_PLACES = 100
"""Places of a list with pages that the rules decide."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks of any list."""

    limit: int
    in_stock_only: bool = True
    filters: Sequence[str] = ()
    """Conditions such as ``brand:Acme``."""
    exclude: Sequence[str] = ()
    """Products not to show; unknown ones are ignored."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What may be in one answer."""

    n_items: int
    limit: int
    allowed: BoolArray | None
    """bool[n_items], for the steps; none if all may."""
    leave_out: frozenset[int]
    rules: RuleSet

    def fill(self, steps: Sequence[Step]) -> Filled:
        """Walk steps that were made with ``allowed`` and choose by the rules; see `serving.chains.fill`."""
        if not (self.rules.pins or self.rules.reorders):
            return fill(steps, self.limit, BestFirst(self.leave_out))
        picks = RulePicks(self.rules, self.limit, self.n_items, self.allowed, self.leave_out)
        return fill(steps, self.limit, picks)

    def page(self, steps: Sequence[Step], shown: BoolArray, offset: int, *, by_relevance: bool = True) -> Filled:
        """``limit`` places behind ``offset`` of a list of the products ``shown`` (bool[n_items]), which has pages.

        The rules decide the first `RULED_PLACES`, whatever the page, so that pages neither repeat nor skip; behind
        them, and in an order that the request asks for, caps hold and the order is the steps'.
        """
        end = offset + self.limit
        rules = self.rules if by_relevance else RuleSet(caps=self.rules.caps)
        if not (rules.pins or rules.reorders):
            found = fill(steps, end, BestFirst(self.leave_out))
        else:
            picks = RulePicks(rules, RULED_PLACES, self.n_items, shown, self.leave_out)
            found = fill(steps, RULED_PLACES, picks, exhaust=True)
            if end > RULED_PLACES and len(found.picks) == RULED_PLACES:
                behind = fill(steps, end - RULED_PLACES, picks.after(), exhaust=True)
                found = Filled([*found.picks, *behind.picks], found.answered_by, found.tried)
        return Filled(found.picks[offset:end], found.answered_by, found.tried)


def under_rules(
    snapshot: Snapshot,
    surface: str,
    wanted: Wanted,
    *,
    starts_from: Sequence[int] = (),
    category: str | None = None,
    user_id: str | None = None,
) -> Ruled:
    """Put together what a request and the shop's rules for a list allow.

    Args:
        snapshot: The release.
        surface: The list, as rules name it.
        wanted: The request's wishes.
        starts_from: Positions of the products that the list starts from, the last one being what relative prices and
            the category of the request are taken from; never in the answer.
        category: The category that the request names, if it does.
        user_id: Who is here, if that is known.

    Raises:
        ProblemError: As `serving.eligible.eligible`.
    """
    release, catalogue = snapshot.release, snapshot.release.catalogue
    allowed = eligible(snapshot, in_stock_only=wanted.in_stock_only, filters=wanted.filters)
    rules = release.rules.of(surface, _categories(snapshot, surface, category, starts_from))
    masks = [] if rules.allowed is None else [rules.allowed]
    if starts_from:
        price = catalogue.price[starts_from[-1]]
        if not np.isnan(price):
            masks += [(catalogue.price >= b.low * price) & (catalogue.price <= b.high * price) for b in rules.bands]
    for mask in masks:
        allowed = mask if allowed is None else allowed & mask
    unwanted = [item for item in catalogue.positions(wanted.exclude).tolist() if item >= 0]
    if rules.leaves_out_bought and user_id is not None and release.next_basket is not None:
        unwanted += release.next_basket.bought(user_id).tolist()
    if unwanted:
        allowed = np.ones(len(catalogue), dtype=np.bool_) if allowed is None else allowed.copy()
        allowed[unwanted] = False
    return Ruled(len(catalogue), wanted.limit, allowed, frozenset(starts_from), rules)


def _categories(snapshot: Snapshot, surface: str, named: str | None, starts_from: Sequence[int]) -> frozenset[str]:
    """The category of a request and those above it; looked up only where a rule asks."""
    if not snapshot.release.rules.depend_on_category(surface):
        return frozenset()
    if named is not None:
        return frozenset(ancestors(named))
    return frozenset(snapshot.release.catalogue.categories_of(starts_from[-1]) if starts_from else ())
