"""What earlier queries found: products to propose to a like query, and how well each answered the likes of it.

Belongs here: the memory and what it says of a query's products. Who weighs that is ``search_ranker``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.mapped import load_mapped
from assets.models.ranked import BoolArray, FloatArray, IntArray, top_k
from assets.models.search.judged_query import JudgedQuery
from assets.models.search.vector_index import VectorIndex

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

    def __init__(
        self, queries: VectorIndex, starts: NDArray[np.int64], items: IntArray, gains: FloatArray, n_items: int
    ) -> None:
        """Use ``build`` or ``load``. Query q found ``items[starts[q]:starts[q + 1]]``."""
        self._queries, self._starts, self._items, self._gains, self._n_items = queries, starts, items, gains, n_items
        order = np.argsort(items, kind="stable")
        self._asked_by = np.repeat(np.arange(len(starts) - 1), np.diff(starts))[order]
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

    def proposed(self, vector: FloatArray, allowed: BoolArray | None = None, like: float = -1.0) -> IntArray:
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

    def of(self, vector: FloatArray, items: IntArray) -> FloatArray:
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
        asked, gains = self._asked_by[rows], self._item_gains[rows]
        distinct, place = np.unique(asked, return_inverse=True)
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
        np.save(folder / "found_starts.npy", self._starts)
        np.save(folder / "found_items.npy", self._items)
        np.save(folder / "found_gains.npy", self._gains)

    @classmethod
    def load(cls, folder: Path, n_items: int) -> Self:
        """Read what ``save`` wrote, of a catalogue of ``n_items``."""
        starts, items, gains = (load_mapped(folder / f"found_{part}.npy") for part in ("starts", "items", "gains"))
        return cls(VectorIndex.load(folder / "queries"), starts, items, gains, n_items)
