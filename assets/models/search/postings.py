"""Term → (items, scores) in compressed columns: BM25 made ahead, so that a query only sums.

Belongs here: one inverted index over rows of terms. What the terms are, and how several indexes make one score, is
the caller's. bm25s makes the scores when the index is built and is not needed to answer.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.mapped import load_mapped
from assets.models.ranked import FloatArray, IntArray

__all__ = ["Postings"]


class Postings:
    """BM25 in Lucene's form (Kamphuis et al., ECIR 2020) of each term in each item that holds it."""

    def __init__(self, vocabulary: list[str], starts: NDArray[np.int64], items: IntArray, scores: FloatArray) -> None:
        """Use ``build`` or ``load``. Term t's postings are ``items[starts[t]:starts[t + 1]]``."""
        self._vocabulary = vocabulary
        self._column = {term: i for i, term in enumerate(vocabulary)}
        self._starts, self._items, self._scores = starts, items, scores

    @classmethod
    def build(cls, rows: Sequence[Sequence[str]], k1: float, b: float, min_items: int = 1) -> Self:
        """Index one row of terms for each item.

        Args:
            rows: n rows, row i belongs to item i; an empty one is found by no query.
            k1: Saturation of repeated terms.
            b: Weight of the row's length.
            min_items: Terms of fewer items are dropped; they count for the length all the same.
        """
        import bm25s

        held = Counter(term for row in rows for term in set(row))
        every = sorted(held)
        if not every:
            return cls([], np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
        column = {term: i for i, term in enumerate(every)}
        # backend and csc_backend stay numpy, so that neither numba nor scipy decides the bits.
        scorer = bm25s.BM25(method="lucene", k1=k1, b=b, backend="numpy", csc_backend="numpy")
        coded = [[column[term] for term in row] for row in rows]
        scorer.index((coded, column), create_empty_token=False, show_progress=False)
        made = scorer.scores
        bounds: NDArray[np.int64] = np.asarray(made["indptr"], dtype=np.int64)
        lengths = bounds[1:] - bounds[:-1]
        of_term = np.repeat(np.arange(len(every)), lengths)
        items, scores = np.asarray(made["indices"], np.int32), np.asarray(made["data"], np.float32)
        # Postings in item order, whatever the library's own.
        order = np.lexsort((items, of_term))
        kept = np.array([held[term] >= min_items for term in every], dtype=np.bool_)
        order = order[kept[of_term[order]]]
        starts = np.concatenate(([0], np.cumsum(lengths[kept]))).astype(np.int64)
        return cls([t for t in every if held[t] >= min_items], starts, items[order], scores[order])

    def __len__(self) -> int:
        return len(self._vocabulary)

    def column(self, term: str) -> int:
        """Number of a term, -1 when unknown."""
        return self._column.get(term, -1)

    def count(self, term: str) -> int:
        """How many items hold ``term``."""
        column = self._column.get(term, -1)
        return 0 if column < 0 else int(self._starts[column + 1] - self._starts[column])

    def add(self, terms: Sequence[str], total: FloatArray, weight: float = 1.0) -> None:
        """Add ``weight`` times the BM25 of the distinct ``terms`` to ``total`` float32[n], in place."""
        for column in sorted({c for t in terms if (c := self._column.get(t, -1)) >= 0}):
            here = slice(self._starts[column], self._starts[column + 1])
            total[self._items[here]] += np.float32(weight) * self._scores[here]

    def save(self, folder: Path, name: str) -> None:
        """Write ``<name>.json`` (the terms) and ``<name>_starts``, ``_items``, ``_scores`` as npy."""
        (folder / f"{name}.json").write_text(json.dumps(self._vocabulary, ensure_ascii=False), encoding="utf-8")
        np.save(folder / f"{name}_starts.npy", self._starts)
        np.save(folder / f"{name}_items.npy", self._items)
        np.save(folder / f"{name}_scores.npy", self._scores)

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """Read what ``save`` wrote; the postings are memory-mapped."""
        vocabulary = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        starts, items, scores = (load_mapped(folder / f"{name}_{part}.npy") for part in ("starts", "items", "scores"))
        return cls(vocabulary, starts, items, scores)
