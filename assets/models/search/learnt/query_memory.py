"""What earlier queries found: products to propose to a like query, and how well each answered the likes of it.

Belongs here: the memory and what it says of a query's products. `assets.models.search.learnt.ranker` weighs that.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.ranked import top_k
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.vectors.index import VectorIndex
from evaluation.arrays import Bools, Floats32, Ints, Ints32

__all__ = ["MEMORY_FEATURES", "QueryMemory"]

MEMORY_FEATURES = ("like_query", "like_query_gain", "remembered_gain", "times_found")
NEAR_QUERIES = 10
"""Earlier queries whose products are proposed."""
PROPOSED = 50
"""Most products that are proposed."""
SHARPNESS = 8.0
"""Power of the cosine with which an earlier query counts: at .8 a sixth of one that is the same."""


class QueryMemory:
    """Earlier queries by meaning, each with the products that it found."""

    def __init__(self, queries: VectorIndex, starts: Ints, items: Ints32, gains: Floats32, n_items: int) -> None:
        """Use ``build`` or ``load``. Query q found ``items[starts[q]:starts[q + 1]]``."""
        self._queries, self._starts, self._items, self._gains, self._n_items = queries, starts, items, gains, n_items
        order = np.argsort(items, kind="stable")
        self._item_queries = np.repeat(np.arange(len(starts) - 1), np.diff(starts))[order]
        self._item_gains = gains[order]
        self._item_starts = np.concatenate(([0], np.cumsum(np.bincount(items, minlength=n_items)))).astype(np.int64)

    @classmethod
    def build(cls, judged: Sequence[JudgedQuery], n_items: int) -> Self:
        """Remember the queries that have a product with a gain.

        Raises:
            ValueError: If there is none.
        """
        kept = [one for one in judged if any(gain > 0 for gain in one.gains.values())]
        if not kept:
            raise ValueError("no query has found a product: there is nothing to remember.")
        pairs = [sorted((item, gain) for item, gain in one.gains.items() if gain > 0) for one in kept]
        vectors = np.stack([one.vector / np.linalg.norm(one.vector) for one in kept])
        return cls(
            VectorIndex.build(vectors),
            np.cumsum([0, *map(len, pairs)]).astype(np.int64),
            np.array([item for row in pairs for item, _ in row], dtype=np.int32),
            np.array([gain for row in pairs for _, gain in row], dtype=np.float32),
            n_items,
        )

    def proposed(self, vector: Floats32, allowed: Bools | None = None, like: float = -1.0) -> Ints32:
        """At most ``PROPOSED`` products of the nearest earlier queries, ascending.

        Args:
            vector: float32[d], of any length but 0.
            allowed: bool[n_items] mask; None allows every item.
            like: Least cosine of an earlier query that is asked.
        """
        near = self._queries.search(vector, NEAR_QUERIES)
        near = near.take(int((near.scores >= like).sum()))
        if not near.items.size:
            return near.items
        rows = [slice(self._starts[q], self._starts[q + 1]) for q in near.items]
        items = np.concatenate([self._items[row] for row in rows])
        weights = np.concatenate(
            [self._gains[row] * max(float(s), 0.0) for row, s in zip(rows, near.scores, strict=True)]
        )
        distinct, place = np.unique(items, return_inverse=True)
        best = np.zeros(len(distinct), dtype=np.float32)
        np.maximum.at(best, place, weights)
        if allowed is not None:
            distinct, best = distinct[allowed[distinct]], best[allowed[distinct]]
        return np.sort(top_k(distinct, best, PROPOSED).items)

    def of(self, vector: Floats32, items: Ints32) -> Floats32:
        """What is remembered of ``items`` for a query: float32[m, len(MEMORY_FEATURES)].

        The cosine to the nearest earlier query that found the item, the same weighed by its gain, the sum of gains
        weighed by sharpened cosines, and how many queries found it; all 0 where none did.
        """
        unit = (vector / np.linalg.norm(vector)).astype(np.float32)
        starts, ends = self._item_starts[items], self._item_starts[items + 1]
        lengths = ends - starts
        out = np.zeros((len(items), len(MEMORY_FEATURES)), dtype=np.float32)
        known = np.flatnonzero(lengths)
        if not known.size:
            return out
        bounds = np.concatenate(([0], np.cumsum(lengths[known])[:-1]))
        rows = np.repeat(starts[known] - bounds, lengths[known]) + np.arange(int(lengths.sum()))
        queries_of, gains = self._item_queries[rows], self._item_gains[rows]
        distinct, place = np.unique(queries_of, return_inverse=True)
        cosine = np.maximum(self._queries.vectors[distinct] @ unit, 0)[place]
        out[known, 0] = np.maximum.reduceat(cosine, bounds)
        out[known, 1] = np.maximum.reduceat(cosine * gains, bounds)
        out[known, 2] = np.add.reduceat(cosine**SHARPNESS * gains, bounds)
        out[known, 3] = lengths[known]
        return out

    def save(self, folder: Path) -> None:
        """Write ``queries/`` (the index of their vectors) and ``found_*.npy``."""
        (folder / "queries").mkdir()
        self._queries.save(folder / "queries")
        save_arrays(folder, found_starts=self._starts, found_items=self._items, found_gains=self._gains)

    @classmethod
    def load(cls, folder: Path, n_items: int) -> Self:
        """Read what ``save`` wrote, of a catalogue of ``n_items``."""
        starts, items, gains = load_arrays(folder, "found_starts", "found_items", "found_gains")
        return cls(VectorIndex.load(folder / "queries"), starts, items, gains, n_items)
