"""Caps: how many products of one brand, category or other value an answer may hold.

What belongs here: counting what an answer holds, and which products would still fit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assets.models.products.item_values import ItemValues
from evaluation.arrays import Bools, Ints, Ints32

__all__ = ["Cap", "CapCounts"]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``at_most`` products of each value; a product without a value is not counted."""

    name: str
    at_most: int
    values: ItemValues


class CapCounts:
    """How many products of each value one answer holds so far."""

    def __init__(self, caps: Sequence[Cap]) -> None:
        """Start with an empty answer."""
        self._caps = caps
        self._counts: list[Ints] = [np.zeros(cap.values.n_values, dtype=np.int64) for cap in caps]

    def fits(self, item: int) -> bool:
        """Whether the answer may hold this product besides what it has."""
        return all(
            bool((counts[cap.values.of(item)] < cap.at_most).all())
            for cap, counts in zip(self._caps, self._counts, strict=True)
        )

    def among(self, items: Ints32) -> Callable[[], Bools]:
        """For candidates int32[m]: a function that tells which would fit now, each by itself, bool[m]."""
        held = [cap.values.rows(items) for cap in self._caps]

        def fit() -> Bools:
            good = np.ones(len(items), dtype=np.bool_)
            for cap, counts, (row, value) in zip(self._caps, self._counts, held, strict=True):
                good[row[counts[value] >= cap.at_most]] = False
            return good

        return fit

    def add(self, item: int) -> bool:
        """Count a product; tells whether that filled any value, so that other products no longer fit."""
        filled = False
        for cap, counts in zip(self._caps, self._counts, strict=True):
            values = cap.values.of(item)
            counts[values] += 1
            filled = filled or bool((counts[values] >= cap.at_most).any())
        return filled
