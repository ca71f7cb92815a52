"""Which products a search finds, and the steps that give them in order.

What belongs here: the pool of a search, its steps and its sort orders. Which products match a query is
`assets.models.search.matching`; besides, those match whose id, SKU or model number the query is. Filters, pages and
what happens when nothing matches are `serving.search.search`.

What matches does not depend on filters, so a count beside a filter is the number of products that the same search has
with that filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import polars as pl

from assets.models.ranked import Ranked, first_by
from assets.models.search.matching import Matches, SearchModels
from evaluation.arrays import Bools, Floats, Floats32, Ints32
from serving.http.problems import ProblemError
from serving.lists.chains import Step
from serving.lists.steps import why_missing
from serving.release.snapshot import Snapshot
from serving.search.requests import SortName

__all__ = ["Pool", "QueryRead", "pool_of", "sort_key"]


BEGINS = "a product number that begins so"


@dataclass(frozen=True, slots=True)
class QueryRead:
    """A query as it is searched for."""

    text: str
    vector: Floats32 | None
    missing: str | None
    """Why there is no vector."""
    numbered: Ints32
    """Items that the query names exactly."""
    begins: Ints32 = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    """Items that have a number which begins so, where the query names none."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a query finds."""

    read: QueryRead
    found: Matches
    matching: Bools
    """bool[n]: what the search models find and what the query names."""

    def also(self, items: Sequence[int]) -> "Pool":
        """The same, of which ``items`` are found too."""
        if not items:
            return self
        matching = self.matching.copy()
        matching[list(items)] = True
        return replace(self, matching=matching)

    def chain(self, snapshot: Snapshot, shown: Bools, sort: SortName) -> list[Step]:
        """Steps that give the products ``shown`` (bool[n]), each once, in an order that no page size changes.

        Raises:
            ProblemError: 400 if the products cannot be sorted so.
        """
        if sort != "relevance":
            return [self._sorted(snapshot, shown, sort)]
        named = np.concatenate([self.read.numbered, self.read.begins])
        named = named[shown[named]]
        by_number = Ranked(named, np.ones(named.size, dtype=np.float32))
        number = [Step("product_id", by_number.take, self._reason)] if named.size else []
        return [*number, self._hybrid(snapshot, shown), self._lexical(snapshot, shown), self._meaning(snapshot, shown)]

    def _hybrid(self, snapshot: Snapshot, shown: Bools) -> Step:
        """Words and meaning in one order: the first places, the same however many are asked for."""
        if self.found.searched is None:
            why = why_missing(snapshot, "lexical_index", "hnsw_index", "encoder") or self.read.missing
            return Step("hybrid", None, str, why)

        @cache
        def first_places() -> Ranked:
            return self.found.first_places(shown)

        return Step("hybrid", lambda _: first_places(), self._reason, "nothing matches")

    def _lexical(self, snapshot: Snapshot, shown: Bools) -> Step:
        """Words alone."""
        rank = None if self.found.words is None else (lambda k: self.found.by_words(shown, k))
        return Step(
            "lexical", rank, self._reason, why_missing(snapshot, "lexical_index") or "no product holds these words"
        )

    def _meaning(self, snapshot: Snapshot, shown: Bools) -> Step:
        """Meaning alone, of products that hold none of the words."""
        if snapshot.release.hnsw_index is None or self.found.vector is None:
            return Step("vectors", None, str, why_missing(snapshot, "hnsw_index", "encoder") or self.read.missing)
        return Step("vectors", lambda k: self.found.by_meaning(shown, k), self._reason)

    def _sorted(self, snapshot: Snapshot, shown: Bools, sort: SortName) -> Step:
        """Products by a value, those without one last; of equal ones those in stock, then the better match."""
        items = np.flatnonzero(shown).astype(np.int32)
        score = np.zeros(items.size, dtype=np.float32) if self.found.words is None else self.found.words[items]
        sold_out = (~snapshot.release.catalogue.in_stock[items]).astype(np.float32)
        keys = (sort_key(snapshot, sort, items), sold_out, -score)

        def rank(k: int) -> Ranked:
            rows = first_by(keys, k)
            return Ranked(items[rows], score[rows])

        module = "catalogue" if self.is_browsing else "lexical" if self.read.vector is None else "hybrid"
        return Step(module, rank, self._reason)

    def well_matched(self) -> "Pool":
        """The same of what matches well: an order other than by relevance shows what is far down as if it were good."""
        matching = self.found.well_matched()
        return replace(self, matching=_with(matching, self.read))

    @property
    def is_browsing(self) -> bool:
        """Whether nothing was searched for."""
        return not self.read.text.strip()

    def _reason(self, item: int) -> str:
        """Why an item is there."""
        if self.is_browsing:
            return "is in the catalogue"
        for items, how in ((self.read.numbered, "exactly this product number"), (self.read.begins, BEGINS)):
            if item in items:
                return f"has {how}"
        found, text = self.found, self.read.text
        if found.words is not None and found.words[item] > 0:
            return f"matches words of '{text}'"
        learnt = found.searched
        if learnt is None or learnt.remembered is None or item in found.near.items:
            return f"is close in meaning to '{text}'"
        if learnt.adapted is not None and item in learnt.adapted.items:
            return f"is close in meaning to '{text}'"
        return f"was found by searches like '{text}'"


def pool_of(snapshot: Snapshot, read: QueryRead) -> Pool:
    """Search the whole catalogue for a query."""
    release = snapshot.release
    models = SearchModels(release.lexical_index, release.hnsw_index, release.search_model, release.popularity.score)
    found = models.match(read.text, read.vector)
    found = found.stocked_first(release.catalogue.in_stock, lambda item: snapshot.shown[item].title)
    if read.begins.size and not any(map(str.isspace, read.text.strip())):
        # One token that is the beginning of a number is nothing else: pieces of it match by chance.
        return Pool(read, found, _with(np.zeros_like(found.matching), read))
    return Pool(read, found, _with(found.matching, read))


def _with(matching: Bools, read: QueryRead) -> Bools:
    """``matching`` and what the query names."""
    if not (read.numbered.size or read.begins.size):
        return matching
    matching = matching.copy()
    matching[read.numbered] = True
    matching[read.begins] = True
    return matching


def sort_key(snapshot: Snapshot, sort: SortName, items: Ints32) -> Floats:
    """float64[m] to sort ``items`` by, the lowest first; infinite where it is not known."""
    catalogue = snapshot.release.catalogue
    if sort in ("price_asc", "price_desc"):
        price = catalogue.price[items]
        return np.where(np.isnan(price), np.inf, price if sort == "price_asc" else -price)
    if sort == "popularity":
        return -snapshot.release.popularity.score[items].astype(np.float64)
    # Releases of before know only when a product was last changed.
    known = next((name for name in ("created_at", "updated_at") if name in catalogue.frame.columns), None)
    if known is None:
        detail = "This release does not know when products were added: sort otherwise."
        raise ProblemError(400, "unknown-sort", detail, field="sort")
    age = -catalogue.frame[known].gather(items).dt.epoch("us").cast(pl.Float64)
    return age.fill_null(float("inf")).to_numpy()
