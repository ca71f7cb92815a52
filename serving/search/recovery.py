"""What is shown when no product matches a query under all of its filters, and what was given up for it.

What belongs here: the order in which a search is relaxed. Spelling comes before this (`serving.search.search`): then
filters, the one that fewest products keep first, until something matches; then any of the words; then the closest in
meaning; then what is popular. Stock is never given up: what is not in stock cannot be bought.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.arrays import Bools
from serving.lists.chains import Step
from serving.lists.steps import Steps
from serving.release.snapshot import Snapshot
from serving.search.filters import Constraint, all_of
from serving.search.pool import Pool, QueryRead, pool_of
from serving.search.requests import SortName

__all__ = ["Found", "browsed", "found_by", "nothing", "recovered"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search ends up with."""

    pool: Pool
    matching: Bools
    """bool[n] before filters."""
    kept: Sequence[Constraint]
    """Filters that were kept."""
    shown: Bools
    """bool[n]: matching and kept by the filters; the products on all pages."""
    relaxed: tuple[str, ...] = ()
    by_popularity: bool = False
    """Whether nothing was searched for or matches, so that the order is by popularity unless another is asked for."""

    def chain(self, snapshot: Snapshot, sort: SortName) -> list[Step]:
        """Steps that give the products shown."""
        if not self.by_popularity or sort != "relevance":
            return self.pool.chain(snapshot, self.shown, sort)
        if self.pool.is_browsing:
            return [Steps(snapshot, self.shown).popular()]
        # Of no product the other steps find nothing, and say why.
        others = self.pool.chain(snapshot, np.zeros_like(self.shown), "relevance")
        return [*others, Steps(snapshot, self.shown).popular()]


def found_by(pool: Pool, kept: Sequence[Constraint], relaxed: tuple[str, ...] = ()) -> Found | None:
    """What a pool has under filters, or none if that is nothing."""
    return _found(pool, pool.matching, kept, relaxed)


def nothing(pool: Pool, kept: Sequence[Constraint]) -> Found:
    """No product: where none has the words that a query insists on, or new products alone are what is looked for."""
    return Found(pool, pool.matching, kept, np.zeros_like(pool.matching))


def browsed(snapshot: Snapshot, kept: Sequence[Constraint], typed: str, *, may_relax: bool = True) -> Found:
    """All products under filters; those that no product keeps are given up if they may be, as in `recovered`."""
    blank = QueryRead(typed, None, "nothing was searched for", np.empty(0, dtype=np.int32))
    everything = np.ones(len(snapshot.release.catalogue), dtype=np.bool_)
    pool = replace(pool_of(snapshot, blank), matching=everything)
    found = found_by(pool, kept) or (recovered(snapshot, pool, kept) if may_relax else nothing(pool, kept))
    return replace(found, by_popularity=True)


def recovered(snapshot: Snapshot, pool: Pool, kept: Sequence[Constraint]) -> Found:
    """The first relaxation that finds a product; nothing at all only where nothing is in stock."""
    for matching, left, relaxed in _relaxations(pool, kept):
        found = _found(pool, matching, left, relaxed)
        if found is not None:
            return found
    everything = np.ones(len(snapshot.release.catalogue), dtype=np.bool_)
    none = f"no product matches '{pool.read.text}': these are popular"
    allowed = all_of(kept)
    if allowed is None or allowed.any():
        shown = everything if allowed is None else allowed
        return Found(pool, everything, kept, shown, (none,), by_popularity=True)
    stocked = all_of(_hard(kept))
    shown = everything if stocked is None else stocked
    relaxed = (none, *_left_out(kept)) if shown.any() else ()
    return Found(pool, everything, _hard(kept), shown, relaxed, by_popularity=True)


def _relaxations(
    pool: Pool, kept: Sequence[Constraint]
) -> Iterator[tuple[Bools, Sequence[Constraint], tuple[str, ...]]]:
    """What matches, which filters stay, and what to say, in order."""
    text = pool.read.text
    left = list(kept)
    for one in sorted((c for c in kept if c.may_go), key=lambda c: (c.kept_by, c.attribute)):
        left = [c for c in left if c is not one]
        yield pool.matching, left, tuple(_left_out([c for c in kept if c not in left]))
    some_words = f"no product in question holds all words of '{text}': these hold some"
    yield pool.found.any_word(), kept, (some_words,)
    yield pool.found.any_word(), _hard(kept), (some_words, *_left_out(kept))
    meaning = f"no product holds words of '{text}': these are the closest in meaning"
    yield pool.found.any_meaning(), kept, (meaning,)
    yield pool.found.any_meaning(), _hard(kept), (meaning, *_left_out(kept))


def _found(pool: Pool, matching: Bools, kept: Sequence[Constraint], relaxed: tuple[str, ...]) -> Found | None:
    allowed = all_of(kept)
    shown = matching if allowed is None else matching & allowed
    return Found(pool, matching, kept, shown, relaxed) if shown.any() else None


def _hard(kept: Sequence[Constraint]) -> list[Constraint]:
    return [one for one in kept if not one.may_go]


def _left_out(gone: Sequence[Constraint]) -> list[str]:
    return [f"left out the filter {one.text}" for one in gone if one.may_go]
