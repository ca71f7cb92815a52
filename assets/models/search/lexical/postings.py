"""Term → (items, scores) in compressed columns: BM25F made ahead, so that a query only sums.

Belongs here: one inverted index over the terms of fields. What the terms are, and how several indexes make one score,
is the caller's.

bm25s makes the vocabulary's postings with their inverse document frequencies when the index is built, and is not needed
to answer. It knows one text an item and whole numbers of a term in it, so the weighted frequencies of several fields
and their saturation are made here.
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from evaluation.arrays import Floats, Floats32, Ints, Ints32

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

    def __init__(self, vocabulary: list[str], starts: Ints, items: Ints32, scores: Floats32) -> None:
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

        # Importing it sets its level to debug: a line for each index, however small.
        logging.getLogger("bm25s").setLevel(logging.WARNING)
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
        bounds: Ints = np.asarray(made["indptr"], dtype=np.int64)
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

    @property
    def vocabulary(self) -> Sequence[str]:
        """All terms, sorted."""
        return self._vocabulary

    def column(self, term: str) -> int:
        """Number of a term, -1 when unknown."""
        return self._column.get(term, -1)

    def count(self, term: str) -> int:
        """How many items hold ``term``."""
        column = self._column.get(term, -1)
        return 0 if column < 0 else int(self._starts[column + 1] - self._starts[column])

    def add(self, terms: Sequence[str], total: Floats32, weight: float = 1.0) -> None:
        """Add ``weight`` times the BM25 of the distinct ``terms`` to ``total`` float32[n], in place."""
        for column in sorted({c for t in terms if (c := self._column.get(t, -1)) >= 0}):
            here = slice(self._starts[column], self._starts[column + 1])
            scores = self._scores[here]
            # Several times as fast as to add to a selection: the items of a term are distinct all the same.
            np.add.at(total, self._items[here], scores if weight == 1 else np.float32(weight) * scores)

    def of(self, term: str) -> tuple[Ints32, Floats32]:
        """Items that hold ``term``, ascending, and the BM25 of each."""
        column = self._column.get(term, -1)
        here = slice(0) if column < 0 else slice(self._starts[column], self._starts[column + 1])
        return self._items[here], self._scores[here]

    def at(self, term: str, items: Ints32) -> Floats32:
        """BM25 of ``term`` in each of the ascending ``items``, 0 where it is not."""
        held, scores = self.of(term)
        if not held.size:
            return np.zeros(items.size, dtype=np.float32)
        place = np.minimum(np.searchsorted(held, items), held.size - 1)
        return np.where(held[place] == items, scores[place], np.float32(0))

    def save(self, folder: Path, name: str) -> None:
        """Write ``<name>.json`` (the terms) and ``<name>_starts``, ``_items``, ``_scores`` as npy."""
        (folder / f"{name}.json").write_text(json.dumps(self._vocabulary, ensure_ascii=False), encoding="utf-8")
        parts: dict[str, NDArray[Any]] = {"starts": self._starts, "items": self._items, "scores": self._scores}
        save_arrays(folder, **{f"{name}_{part}": array for part, array in parts.items()})

    @classmethod
    def load(cls, folder: Path, name: str) -> Self:
        """Read what ``save`` wrote; the postings are memory-mapped."""
        vocabulary = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return cls(vocabulary, *load_arrays(folder, f"{name}_starts", f"{name}_items", f"{name}_scores"))


def _weighted_frequencies(fields: Sequence[FieldTerms], column: Mapping[str, int], keys: Ints, b: float) -> Floats:
    """Weighted frequency of each posting, float64[len(keys)]; ``keys`` are term · n + item of each, ascending."""
    total = np.zeros(len(keys), dtype=np.float64)
    for field in fields:
        n = len(field.rows)
        lengths = np.fromiter(map(len, field.rows), dtype=np.int64, count=n)
        n_terms = int(lengths.sum())
        if not n_terms:
            continue
        terms = np.fromiter((column[term] for row in field.rows for term in row), dtype=np.int64, count=n_terms)
        held_keys, times = np.unique(terms * n + np.repeat(np.arange(n), lengths), return_counts=True)
        norm = 1 - b + b * lengths * (np.count_nonzero(lengths) / n_terms)
        total[np.searchsorted(keys, held_keys)] += field.weight * times / norm[held_keys % n]
    return total
