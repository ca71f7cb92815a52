"""How alike products are, for answers that are not five times the same thing.

What belongs here: likeness by vectors and, where a release has none, by categories. The trade between relevance and
likeness is made in `assets.models.rules.rule_picks`.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from assets.models.item_values import ItemValues
from assets.models.ranked import FloatArray, IntArray

__all__ = ["CategoryLikeness", "Likeness", "VectorLikeness"]


class Likeness(Protocol):
    """A measure of how alike products are, 1 for the same."""

    def among(self, items: IntArray) -> Callable[[int], FloatArray]:
        """For candidates int32[m]: a function from any product to its likeness to each of them, float32[m]."""
        ...


class VectorLikeness:
    """Cosine of the product vectors, in [-1, 1]."""

    def __init__(self, vectors: FloatArray) -> None:
        """``vectors`` float32[n, d], rows of length 1."""
        self._vectors = vectors

    def among(self, items: IntArray) -> Callable[[int], FloatArray]:
        """As `Likeness.among`; the candidates' rows are gathered once."""
        rows = self._vectors[items]
        return lambda item: np.asarray(rows @ self._vectors[item], dtype=np.float32)


class CategoryLikeness:
    """Jaccard index of the categories that hold two products, those above included, in [0, 1]; 0 without any."""

    def __init__(self, categories: ItemValues) -> None:
        """``categories`` of each product, with those above them."""
        self._categories = categories

    def among(self, items: IntArray) -> Callable[[int], FloatArray]:
        """As `Likeness.among`."""
        row, value = self._categories.rows(items)
        sizes = np.bincount(row, minlength=len(items))

        def to(item: int) -> FloatArray:
            own = self._categories.of(item)
            held = np.zeros(self._categories.n_values, dtype=np.float64)
            held[own] = 1
            common = np.bincount(row, weights=held[value], minlength=len(items))
            return np.asarray(common / np.maximum(sizes + len(own) - common, 1), dtype=np.float32)

        return to
