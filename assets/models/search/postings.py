"""Term → (items, scores) in compressed columns: BM25F made ahead, so that a query only sums.

Belongs here: one inverted index over the terms of fields. What the terms are, and how several indexes make one score,
is the caller's.

bm25s makes the vocabulary's postings with their inverse document frequencies when the index is built, and is not needed
to answer. It knows one text an item and whole numbers of a term in it, so the weighted frequencies of several fields
and their saturation are made here.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.mapped import load_mapped
from assets.models.ranked import FloatArray, IntArray

__all__ = ["FieldTerms", "Postings"]


class FieldTerms(NamedTuple):
    """The terms of one field of every item."""

    rows: Sequence[Sequence[str]]
    """n rows; an item without the field has an empty one."""
    weight: float = 1.0
    """Above 0: what a term here counts beside one in a field of weight 1."""


class Postings:
    """BM25F of each term in each item that holds it.

    A term's frequencies in the fields, each divided by 1 - b + b · length / mean length of the field, are weighted and
    summed to f, and its score is idf · f / (k1 + f): one saturation for all fields, so that a word which the title
    holds gains little where the description repeats it (Robertson, Zaragoza and Taylor, CIKM 2004, with lengths
    normalised by field as in Robertson and Zaragoza 2009, section 3.6). A field's mean length is that of the items
    which have it. The idf is Lucene's; with one field the score is BM25 in Lucene's form (Kamphuis et al., ECIR 2020).
    """

    def __init__(self, vocabulary: list[str], starts: NDArray[np.int64], items: IntArray, scores: FloatArray) -> None:
        """Use ``build`` or ``load``. Term t's postings are ``items[starts[t]:starts[t + 1]]``."""
        self._vocabulary = vocabulary
        self._column = {term: i for i, term in enumerate(vocabulary)}
        self._starts, self._items, self._scores = starts, items, scores

    @classmethod
    def build(cls, fields: Sequence[FieldTerms], k1: float, b: float, min_items: int = 1) -> Self:
        """Index the terms of each item, those of all its fields; one without a term is found by no query.

        Args:
            fields: At least 1, each of n rows; row i belongs to item i.
            k1: Saturation of repeated terms.
            b: Weight of a field's length.
            min_items: Terms of fewer items are dropped; they count for the length all the same.
        """
        import bm25s

        whole = [list(dict.fromkeys(chain(*rows))) for rows in zip(*(field.rows for field in fields), strict=True)]
        held = Counter(chain.from_iterable(whole))
        every = sorted(held)
        if not every:
            return cls([], np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
        column = {term: i for i, term in enumerate(every)}
        # With a k1 of 0 a posting's score is the term's idf. backend and csc_backend stay numpy, so that neither numba
        # nor scipy decides the bits.
        scorer = bm25s.BM25(method="lucene", k1=0.0, b=0.0, backend="numpy", csc_backend="numpy")
        coded = [[column[term] for term in row] for row in whole]
        scorer.index((coded, column), create_empty_token=False, show_progress=False)
        made = scorer.scores
        bounds: NDArray[np.int64] = np.asarray(made["indptr"], dtype=np.int64)
        lengths = bounds[1:] - bounds[:-1]
        of_term = np.repeat(np.arange(len(every)), lengths)
        items, idf = np.asarray(made["indices"], np.int32), np.asarray(made["data"], np.float32)
        # Postings in item order, whatever the library's own.
        order = np.lexsort((items, of_term))
        of_term, items, idf = of_term[order], items[order], idf[order]
        frequencies = _weighted_frequencies(fields, column, of_term * len(whole) + items, b)
        scores = (idf * (frequencies / (k1 + frequencies))).astype(np.float32)
        kept = np.array([held[term] >= min_items for term in every], dtype=np.bool_)
        starts = np.concatenate(([0], np.cumsum(lengths[kept]))).astype(np.int64)
        chosen = kept[of_term]
        return cls([t for t in every if held[t] >= min_items], starts, items[chosen], scores[chosen])

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


def _weighted_frequencies(
    fields: Sequence[FieldTerms], column: Mapping[str, int], keys: NDArray[np.int64], b: float
) -> NDArray[np.float64]:
    """Weighted frequency of each posting, float64[len(keys)]; ``keys`` are term · n + item of each, ascending."""
    total = np.zeros(len(keys), dtype=np.float64)
    for field in fields:
        n = len(field.rows)
        lengths = np.fromiter(map(len, field.rows), dtype=np.int64, count=n)
        said = int(lengths.sum())
        if not said:
            continue
        terms = np.fromiter((column[term] for row in field.rows for term in row), dtype=np.int64, count=said)
        found, times = np.unique(terms * n + np.repeat(np.arange(n), lengths), return_counts=True)
        norm = 1 - b + b * lengths * (np.count_nonzero(lengths) / said)
        total[np.searchsorted(keys, found)] += field.weight * times / norm[found % n]
    return total
