"""Nearest product vectors by cosine: HNSW for the many, exact scoring for the few.

Belongs here: vector search under filters. What the vectors mean belongs to the encoder.

A filter is a boolean mask. A small share of the catalogue is scored exactly, and so is whatever would cost the graph
as much: exact scoring misses nothing. Above, the graph is asked for so many more that the mask leaves enough, and
where it leaves too few (the filter and the query point away from each other) the allowed rows are scored exactly.
The graph is never given a Python filter callback: it costs milliseconds (docs/decisions/0008).
"""

from math import ceil
from pathlib import Path
from typing import Self

import hnswlib
import numpy as np

from assets.models.arrays.files import load_mapped
from assets.models.ranked import Ranked, check_mask, top_k
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["VectorIndex"]

EXACT_SHARE = 0.05
"""Allowed share of the catalogue up to which rows are scored exactly, however many they are."""
EXACT_ROWS_PER_CANDIDATE = 25
"""Rows scored exactly in the time of one candidate of the graph (384 numbers a row, one core)."""
COPIED_SHARE = 0.25
"""Share of the catalogue below which rows are copied to be scored; above, scoring all of them in place is faster."""
OVERSAMPLE = 1.5
"""How many times the expected need the graph is asked for under a filter."""
LINKS, EF_BUILD = 16, 200
"""Links of a node of the graph, and candidates that it keeps while it is built."""
EF_SEARCH, EF_FILTERED = 100, 128
"""Candidates that the graph keeps while it searches, and under a filter; more when more are asked for."""
EF_SIMILAR = 64
"""Candidates where items like an item are asked for: its own vector is a node of the graph, so fewer find as much."""
UNIT_TOLERANCE = 1e-3
DECIMALS = 6
"""Cosines are rounded to this: below the noise of a float32 product, so equal vectors tie on every path."""


class VectorIndex:
    """Unit vectors of all items with a Hierarchical Navigable Small World graph (Malkov & Yashunin, TPAMI 2020)."""

    def __init__(self, vectors: Floats32, graph: hnswlib.Index) -> None:
        """Use ``build`` or ``load``."""
        self.vectors = vectors
        self._graph = graph
        # Shared state of the graph, while queries run in several threads: each asks for as many as it looks at.
        graph.set_ef(1)

    @classmethod
    def build(cls, vectors: Floats32) -> Self:
        """Build the graph in one thread, so that the same vectors give the same file.

        Args:
            vectors: float32[n, d] unit rows, row i belongs to item i; n ≥ 1.

        Raises:
            ValueError: If the array is empty, not two-dimensional, or a row is not of length 1.
        """
        if vectors.ndim != 2 or 0 in vectors.shape:
            raise ValueError(
                f"vectors has shape {list(vectors.shape)}: one row for each item of a catalogue is needed."
            )
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        off = np.flatnonzero(~(np.abs(np.linalg.norm(vectors, axis=1) - 1) <= UNIT_TOLERANCE))
        if len(off):
            raise ValueError(f"{len(off)} vectors are not of length 1 (the first is row {off[0]}): normalise the rows.")
        graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
        graph.init_index(max_elements=len(vectors), M=LINKS, ef_construction=EF_BUILD, random_seed=0)
        graph.add_items(vectors, np.arange(len(vectors)), num_threads=1)
        return cls(vectors, graph)

    def search(self, query: Floats32, k: int, allowed: Bools | None = None) -> Ranked:
        """The ``k`` items with the highest cosine to ``query``; approximate (recall ≥ .97) above a few thousand items.

        Args:
            query: float32[d], of any length but 0.
            k: At least 1.
            allowed: bool[n] mask; None allows every item.

        Returns:
            min(k, items allowed) items; scores are cosines in [-1, 1].

        Raises:
            ValueError: If the query has another dimension, is zero or not finite, the mask has another length, or
                ``k`` is below 1.
        """
        n, dim = self.vectors.shape
        check_mask(allowed, n)
        length = float(np.linalg.norm(query)) if query.shape == (dim,) else 0.0
        if not 0 < length < np.inf:
            raise ValueError(
                f"query has shape {list(query.shape)} and length {length}: pass {dim} finite numbers, not all 0."
            )
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        effort = EF_SEARCH if allowed is None else EF_FILTERED
        return self._nearest((query / length).astype(np.float32), k, allowed, effort)

    def _nearest(self, query: Floats32, k: int, allowed: Bools | None, effort: int) -> Ranked:
        """The ``k`` items nearest to a query of length 1; the graph keeps ``effort`` candidates at least."""
        n = len(self.vectors)
        count = n if allowed is None else int(np.count_nonzero(allowed))
        needed = k if allowed is None else ceil(OVERSAMPLE * k * n / max(count, 1)) + k
        if count <= max(EXACT_SHARE * n, EXACT_ROWS_PER_CANDIDATE * max(effort, needed)):
            return self._exact(query, k, allowed)
        items, scores = self._walk(query, needed, effort)
        if allowed is not None:
            kept = allowed[items]
            items, scores = items[kept], scores[kept]
        return top_k(items, scores, k) if len(items) >= k else self._exact(query, k, allowed)

    def similar(self, item: int, k: int, allowed: Bools | None = None, query: Floats32 | None = None) -> Ranked:
        """The ``k`` items most like ``item``, which is never among them.

        Args:
            item: Position.
            k: At least 1.
            allowed: bool[n] mask; None allows every item.
            query: float32[d] of length 1, what is asked for in place of the item's own vector.

        Raises:
            ValueError: If ``item`` is not one of the index's, the mask has another length, or ``k`` is below 1.
        """
        vector = self.vector(item)
        check_mask(allowed, len(self.vectors))
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        near = self._nearest(vector if query is None else query, k + 1, allowed, EF_SIMILAR)
        others = near.items != item
        return Ranked(near.items[others], near.scores[others]).take(k)

    def vector(self, item: int) -> Floats32:
        """The vector float32[d] of an item.

        Raises:
            ValueError: If ``item`` is not one of the index's.
        """
        if not 0 <= item < len(self.vectors):
            raise ValueError(f"item {item} is not in the index: positions run from 0 to {len(self.vectors) - 1}.")
        vector: Floats32 = self.vectors[item]
        return vector

    def _exact(self, query: Floats32, k: int, allowed: Bools | None) -> Ranked:
        items = np.arange(len(self.vectors)) if allowed is None else np.flatnonzero(allowed)
        few = len(items) < COPIED_SHARE * len(self.vectors)
        cosines = self.vectors[items] @ query if few else (self.vectors @ query)[items]
        return top_k(items, np.round(cosines, DECIMALS), k)

    def _walk(self, query: Floats32, needed: int, effort: int) -> tuple[Ints32, Floats32]:
        """``needed`` items or more of the graph with their cosines, of ``effort`` looked at; none if it has fewer."""
        for count in (max(needed, effort), needed):
            try:
                labels, distances = self._graph.knn_query(query, k=count, num_threads=1)
            except RuntimeError:
                # Many equal vectors can cut the graph in parts, and hnswlib refuses to give fewer than asked for.
                continue
            return labels[0].astype(np.int32), np.round(1 - distances[0], DECIMALS)
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write ``index.bin`` (hnswlib's own format) and ``vectors.npy``."""
        self._graph.save_index(str(folder / "index.bin"))
        np.save(folder / "vectors.npy", self.vectors)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; the vectors are memory-mapped.

        hnswlib holds the interpreter lock while it reads the graph (about a second for 500,000 items).
        """
        vectors = load_mapped(folder / "vectors.npy")
        graph = hnswlib.Index(space="ip", dim=vectors.shape[1])
        graph.load_index(str(folder / "index.bin"), max_elements=len(vectors))
        if graph.element_count != len(vectors):
            raise ValueError(
                f"{folder}: index.bin holds {graph.element_count} items and vectors.npy {len(vectors)}: "
                "the two are not of one build; build the index again."
            )
        return cls(vectors, graph)
