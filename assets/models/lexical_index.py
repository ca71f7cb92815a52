"""Keyword search over product texts: BM25 scores made ahead, summed over the postings of the query's terms.

Belongs here: the index and its scorer. How text becomes terms is ``text_analysis``; mixing with vector search is
``fusion``. bm25s makes the scores when the index is built and is not needed to answer.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.mapped import load_mapped
from assets.models.ranked import BoolArray, FloatArray, IntArray, Ranked, check_mask, empty, top_k
from assets.models.text_analysis import query_terms, terms

__all__ = ["LexicalIndex"]


class LexicalIndex:
    """Term → (items, scores) in compressed columns; BM25 in Lucene's form (Kamphuis et al., ECIR 2020)."""

    def __init__(
        self,
        vocabulary: list[str],
        starts: NDArray[np.int64],
        items: IntArray,
        scores: FloatArray,
        n_items: int,
    ) -> None:
        """Use ``build`` or ``load``. Term t's postings are ``items[starts[t]:starts[t + 1]]``."""
        self.n_items = n_items
        self._vocabulary = vocabulary
        self._column = {term: i for i, term in enumerate(vocabulary)}
        self._starts, self._items, self._scores = starts, items, scores

    @classmethod
    def build(cls, texts: Sequence[str], k1: float = 1.5, b: float = 0.75) -> Self:
        """Index one text for each item of the catalogue, in its order.

        Args:
            texts: n texts; a blank one is found by no query.
            k1: Saturation of repeated terms.
            b: Weight of the text's length.
        """
        import bm25s

        rows = [terms(text) for text in texts]
        vocabulary = sorted({term for row in rows for term in row})
        if not vocabulary:
            return cls([], np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), len(texts))
        column = {term: i for i, term in enumerate(vocabulary)}
        # backend and csc_backend stay numpy, so that neither numba nor scipy decides the bits.
        scorer = bm25s.BM25(method="lucene", k1=k1, b=b, backend="numpy", csc_backend="numpy")
        coded = [[column[term] for term in row] for row in rows]
        scorer.index((coded, column), create_empty_token=False, show_progress=False)
        made = scorer.scores
        starts = np.asarray(made["indptr"], dtype=np.int64)
        items, scores = np.asarray(made["indices"], np.int32), np.asarray(made["data"], np.float32)
        # Postings in item order, whatever the library's own.
        order = np.lexsort((items, np.repeat(np.arange(len(vocabulary)), np.diff(starts))))
        return cls(vocabulary, starts, items[order], scores[order], len(texts))

    def search(self, query: str, k: int, allowed: BoolArray | None = None) -> Ranked:
        """Items that hold at least one of the query's terms, best BM25 sum first.

        Any string is a valid query; one without a known term gives nothing. The work is bounded: at most
        ``text_analysis.MAX_QUERY_TERMS`` terms are looked at.

        Args:
            query: What the shopper typed.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.

        Returns:
            At most ``k`` items; scores above 0.

        Raises:
            ValueError: If the mask has another length than the catalogue or ``k`` is below 1.
        """
        check_mask(allowed, self.n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        columns = sorted({c for t in query_terms(query) if (c := self._column.get(t, -1)) >= 0})
        if not columns:
            return empty()
        total = np.zeros(self.n_items, dtype=np.float32)
        for column in columns:
            here = slice(self._starts[column], self._starts[column + 1])
            total[self._items[here]] += self._scores[here]
        found = np.flatnonzero(total > 0 if allowed is None else (total > 0) & allowed)
        return top_k(found, total[found], k)

    def save(self, folder: Path) -> None:
        """Write ``vocabulary.json`` (terms and the number of items) and ``starts``, ``items``, ``scores`` as npy."""
        content = {"n_items": self.n_items, "terms": self._vocabulary}
        (folder / "vocabulary.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        np.save(folder / "starts.npy", self._starts)
        np.save(folder / "items.npy", self._items)
        np.save(folder / "scores.npy", self._scores)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; the postings are memory-mapped."""
        content = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        arrays = [load_mapped(folder / f"{name}.npy") for name in ("starts", "items", "scores")]
        return cls(content["terms"], arrays[0], arrays[1], arrays[2], content["n_items"])
