"""The one place where a shop's rules and a request's own conditions are applied: to every list and step of it.

What belongs here: what may be in an answer, and who chooses of it. What a rule comes to is
`assets.models.rules.declared`.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from assets.models.products.catalogue import ancestors
from assets.models.rules.conditions import Asked
from assets.models.rules.effects import NO_RULES, RuleSet
from assets.models.rules.picks import RulePicks
from assets.models.search.similar.variants import Variants
from evaluation.arrays import Bools
from serving.lists.chains import BestFirst, Filled, Step, fill
from serving.lists.eligible import eligible
from serving.lists.variants import one_of_each
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest

__all__ = ["Selection", "segments_of", "selection"]

RULED_PLACES = 100
"""Places of a list with pages that the rules decide."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What may be in one answer."""

    n_items: int
    limit: int
    allowed: Bools | None
    """bool[n_items], for the steps; none if all may."""
    leave_out: frozenset[int]
    rules: RuleSet
    variants: Variants | None = None
    """Of the catalogue: a list shows one of each group."""

    def fill(self, steps: Iterable[Step]) -> Filled:
        """Walk steps that were made with ``allowed`` and choose by the rules; see `serving.lists.chains.fill`."""
        grouped = self.variants is not None and self.variants.has_any
        if not (self.rules.pins or self.rules.reorders):
            if self.variants is not None and grouped:
                steps = one_of_each(steps, self.variants, self.leave_out)
            return fill(steps, self.limit, BestFirst(self.leave_out), exhaust=grouped)
        picks = RulePicks(self.rules, self.limit, self.n_items, self.allowed, self.leave_out)
        if self.variants is not None and grouped:
            steps = one_of_each(steps, self.variants, [*self.leave_out, *(pin.item for pin in picks.pins.values())])
        return fill(steps, self.limit, picks)

    def page(self, steps: Sequence[Step], shown: Bools, offset: int, *, by_relevance: bool = True) -> Filled:
        """``limit`` places behind ``offset`` of a list of the products ``shown`` (bool[n_items]), which has pages.

        The rules decide the first `RULED_PLACES`, whatever the page, so that pages neither repeat nor skip; behind
        them, and in an order that the request asks for, caps hold and the order is the steps'.
        """
        end = offset + self.limit
        rules = self.rules if by_relevance else RuleSet(caps=self.rules.caps)
        if not (rules.pins or rules.reorders):
            filled = fill(steps, end, BestFirst(self.leave_out))
        else:
            picks = RulePicks(rules, RULED_PLACES, self.n_items, shown, self.leave_out)
            filled = fill(steps, RULED_PLACES, picks, exhaust=True)
            if end > RULED_PLACES and len(filled.picks) == RULED_PLACES:
                behind = fill(steps, end - RULED_PLACES, picks.after(), exhaust=True)
                filled = Filled([*filled.picks, *behind.picks], filled.answered_by, filled.tried)
        return Filled(filled.picks[offset:end], filled.answered_by, filled.tried)


def selection(
    snapshot: Snapshot,
    surface: str,
    request: ListRequest,
    *,
    starts_from: Sequence[int] = (),
    category: str | None = None,
    queries: Collection[str] = (),
    segments: Collection[str] | None = None,
) -> Selection:
    """Put together what a request and the shop's rules for a list allow.

    Args:
        snapshot: The release.
        surface: The list, as rules name it.
        request: What the request says of the list.
        starts_from: Positions of the products that the list starts from, the last one being what relative prices and
            the category of the request are taken from; never in the answer.
        category: The category that the request names, if it does.
        queries: What a search is for, as rules compare it (`assets.models.rules.conditions.normal_query`).
        segments: Of the user; none to look them up in the release.

    Raises:
        ProblemError: As `serving.lists.eligible.eligible`.
    """
    release, catalogue = snapshot.release, snapshot.release.catalogue
    allowed = eligible(snapshot, in_stock_only=request.in_stock_only, filters=request.filters)
    rules = NO_RULES
    if request.change.rules and release.rules.declared:
        named = segments_of(snapshot, surface, request.user_id) if segments is None else segments
        categories = _categories(snapshot, surface, category, starts_from)
        rules = release.rules.of(Asked(surface, categories, time.time(), named, queries))
    masks = [] if rules.allowed is None else [rules.allowed]
    if starts_from:
        price = catalogue.price[starts_from[-1]]
        if not np.isnan(price):
            masks += [(catalogue.price >= b.low * price) & (catalogue.price <= b.high * price) for b in rules.bands]
    for mask in masks:
        allowed = mask if allowed is None else allowed & mask
    left_out = [item for item in catalogue.positions(request.exclude).tolist() if item >= 0]
    if rules.leaves_out_bought and request.user_id is not None and release.next_basket is not None:
        left_out += release.next_basket.bought(request.user_id).tolist()
    if left_out:
        allowed = np.ones(len(catalogue), dtype=np.bool_) if allowed is None else allowed.copy()
        allowed[left_out] = False
    return Selection(len(catalogue), request.limit, allowed, frozenset(starts_from), rules, snapshot.variants)


def _categories(snapshot: Snapshot, surface: str, named: str | None, starts_from: Sequence[int]) -> frozenset[str]:
    """The category of a request and those above it; looked up only where a rule asks."""
    if not snapshot.release.rules.depend_on_category(surface):
        return frozenset()
    if named is not None:
        return frozenset(ancestors(named))
    return frozenset(snapshot.release.catalogue.categories_of(starts_from[-1]) if starts_from else ())


def segments_of(snapshot: Snapshot, surface: str, user_id: str | None) -> frozenset[str]:
    """Uplift segment of a user, and the one that popularity is told apart by; looked up only where a rule asks.

    Of several campaigns it is the segments in all of them: a rule holds for a user who is of its segment in any.
    """
    release = snapshot.release
    if user_id is None or not release.rules.depend_on_segment(surface):
        return frozenset()
    of_uplift = {
        row["segment"]
        for of in (release, *release.campaigns.values())
        if of.segments is not None
        for row in of.segments.look_up([user_id]).values()
    }
    of_attribute = None if release.segment_popularity is None else release.segment_popularity.segment(user_id)
    return frozenset(str(name) for name in (*of_uplift, of_attribute) if name is not None)
