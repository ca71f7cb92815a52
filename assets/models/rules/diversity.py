"""How alike products are, for answers that are not five times the same thing.

What belongs here: likeness by vectors and, where a release has none, by categories. The trade between relevance and
likeness is made in `assets.models.rules.picks`.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from assets.models.products.item_values import ItemValues
from evaluation.arrays import Floats32, Ints32

__all__ = ["CategoryLikeness", "Likeness", "VectorLikeness"]


class Likeness(Protocol):
    """A measure of how alike products are, 1 for the same."""

    def among(self, items: Ints32) -> Callable[[int], Floats32]:
        """For candidates int32[m]: a function from any product to its likeness to each of them, float32[m]."""
        ...


class VectorLikeness:
    """Cosine of the product vectors, in [-1, 1]."""

    def __init__(self, vectors: Floats32) -> None:
        """``vectors`` float32[n, d], rows of length 1."""
        self._vectors = vectors

    def among(self, items: Ints32) -> Callable[[int], Floats32]:
        """For candidates int32[m]: product → cosine to each, float32[m]; the candidates' rows are gathered once."""
        rows = self._vectors[items]
        return lambda item: np.asarray(rows @ self._vectors[item], dtype=np.float32)


class CategoryLikeness:
    """Jaccard index of the categories that hold two products, those above included, in [0, 1]; 0 without any."""

    def __init__(self, categories: ItemValues) -> None:
        """``categories`` of each product, with those above them."""
        self._categories = categories

    def among(self, items: Ints32) -> Callable[[int], Floats32]:
        """For candidates int32[m]: product → Jaccard index of its categories and those of each, float32[m]."""
        row, value = self._categories.rows(items)
        sizes = np.bincount(row, minlength=len(items))

        def to(item: int) -> Floats32:
            values = self._categories.of(item)
            held = np.zeros(self._categories.n_values, dtype=np.float64)
            held[values] = 1
            common = np.bincount(row, weights=held[value], minlength=len(items))
            return np.asarray(common / np.maximum(sizes + len(values) - common, 1), dtype=np.float32)

        return to
