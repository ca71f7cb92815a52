"""Which products a query matches, and their order.

What belongs here: the pool of a search and its sort orders. Filters, pages and what happens when nothing matches are
`serving.search`.

A product *matches* where one of these holds, whatever the filters:
- its word score is at least ``WORDS_FLOOR`` of the best in the catalogue: a product that holds
  one common word of several is no answer, and would swell every count;
- it is among the ``NEAREST`` closest in meaning, at a cosine of at least ``LEAST_COSINE`` and ``MEANING_FLOOR`` of the
  best;
- the query is its id, SKU or model number.
So a count beside a filter is the number of products that the same search has with that filter.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.ranked import BoolArray, FloatArray, IntArray, Ranked, empty, top_k
from assets.models.search.score_blend import Searched
from serving.chains import Step
from serving.problems import ProblemError
from serving.search_requests import SortName
from serving.snapshot import Snapshot
from serving.steps import Steps

__all__ = ["Pool", "QueryRead", "pool_of"]

WORDS_FLOOR = 0.4
NEAREST = 100
MEANING_FLOOR = 0.7
LEAST_COSINE = 0.3
FUSED = 50
"""Places that words and meaning fill together; behind them the order is by words, then by meaning."""
POPULARITY_SHARE = 0.02
"""Of the range of scores of the first places: what the most popular product gains on one that nobody looks at. It
decides between products that match alike, and no more."""


@dataclass(frozen=True, slots=True)
class QueryRead:
    """A query as it is searched for."""

    text: str
    vector: NDArray[np.float32] | None
    missing: str | None
    """Why there is no vector."""
    numbered: IntArray
    """Items that the query names exactly."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What a query finds."""

    read: QueryRead
    words: FloatArray | None
    """float32[n] word scores; none without word search."""
    near: Ranked
    """Closest in meaning, as far as they are looked at."""
    matching: BoolArray
    """bool[n], see above."""

    def any_word(self) -> BoolArray:
        """bool[n] of the products that hold any of the words, however few."""
        return np.zeros(self.matching.size, np.bool_) if self.words is None else self.words > 0

    def any_meaning(self) -> BoolArray:
        """bool[n] of the closest in meaning, however far they are."""
        mask = np.zeros(self.matching.size, dtype=np.bool_)
        mask[self.near.items] = True
        return mask

    def chain(self, snapshot: Snapshot, shown: BoolArray, sort: SortName) -> list[Step]:
        """Steps that give the products ``shown`` (bool[n]), each once, in an order that no page size changes.

        Raises:
            ProblemError: 400 if the products cannot be sorted so.
        """
        if sort != "relevance":
            return [self._sorted(snapshot, shown, sort)]
        text, vector, missing = self.read.text, self.read.vector, self.read.missing
        named = self.read.numbered[shown[self.read.numbered]]
        by_number = Ranked(named, np.ones(named.size, dtype=np.float32))
        searched = None if self.words is None else Searched(self.words, self.near)
        steps, wordless = Steps(snapshot, shown), Steps(snapshot, shown & ~self.any_word())
        chain = [
            _fused(steps.hybrid(text, vector, missing, searched), snapshot.release.popularity.score),
            steps.lexical(text),
            wordless.meaning(text, vector, missing),
        ]
        if named.size:
            chain.insert(0, Step("product_id", by_number.take, lambda _: "has exactly this product number"))
        return chain

    def _sorted(self, snapshot: Snapshot, shown: BoolArray, sort: SortName) -> Step:
        """Products by a value, those without one last; of equal ones the better match first."""
        key = _sort_key(snapshot, sort)
        items = np.flatnonzero(shown).astype(np.int32)
        words = np.zeros(items.size, dtype=np.float32) if self.words is None else self.words[items]
        order = np.lexsort((items, -words, key[items]))
        ranked = Ranked(items[order], words[order])

        def reason(item: int) -> str:
            match = "matches words of" if self.words is not None and self.words[item] > 0 else "is close in meaning to"
            return f"{match} '{self.read.text}'"

        return Step("lexical" if self.read.vector is None else "hybrid", ranked.take, reason)


def pool_of(snapshot: Snapshot, read: QueryRead) -> Pool:
    """Search the whole catalogue for a query."""
    matching = np.zeros(len(snapshot.release.catalogue), dtype=np.bool_)
    lexical, vectors, words, near = snapshot.release.lexical, snapshot.release.vectors, None, empty()
    if lexical is not None:
        words = lexical.scores(read.text)
        best = float(words.max(initial=0))
        if best > 0:
            matching |= words >= WORDS_FLOOR * best
    if vectors is not None and read.vector is not None:
        near = vectors.search(read.vector, NEAREST)
        floor = max(MEANING_FLOOR * float(near.scores[0]), LEAST_COSINE) if near.scores.size else 0.0
        matching[near.items[near.scores >= floor]] = True
    matching[read.numbered] = True
    return Pool(read, words, near, matching)


def _fused(step: Step, popularity: FloatArray) -> Step:
    """A step that always gives the same first places, in which popularity has a small say."""
    if step.rank is None:
        return step
    rank = step.rank

    def first_places(_: int) -> Ranked:
        found = rank(FUSED)
        if found.items.size < 2:
            return found
        seen = np.log1p(popularity[found.items])
        gain = POPULARITY_SHARE * float(found.scores[0] - found.scores[-1]) / max(float(seen.max()), 1e-6)
        return top_k(found.items, np.round(found.scores + gain * seen, 6), FUSED)

    return replace(step, rank=first_places)


def _sort_key(snapshot: Snapshot, sort: SortName) -> NDArray[np.float64]:
    """float64[n] to sort by, the lowest first; infinite where it is not known."""
    catalogue = snapshot.release.catalogue
    if sort in ("price_asc", "price_desc"):
        price = catalogue.price if sort == "price_asc" else -catalogue.price
        return np.where(np.isnan(price), np.inf, price)
    if sort == "popularity":
        return -snapshot.release.popularity.score.astype(np.float64)
    if "updated_at" not in catalogue.frame.columns:
        raise ProblemError(400, "unknown-sort", "This release does not know when products were added: sort otherwise.")
    age = -catalogue.frame["updated_at"].dt.epoch("us").cast(pl.Float64)
    return age.fill_null(float("inf")).to_numpy()
