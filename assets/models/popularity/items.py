"""Popularity with a half-life: what sells now, over all or within a category. The end of every fallback chain.

Belongs here: decayed counts and their top-k. Whose counts (views, orders, with which weight) is the caller's choice.
"""

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.ranked import Ranked, check_mask, check_positions, top_k
from evaluation.arrays import Bools, Floats, Floats32, Ints32

__all__ = ["Popularity", "decayed"]

FIRST_LOOK = 1_024
"""Items of the popularity order that a masked query looks at first; it doubles until the answer is full."""


def decayed(weight: NDArray[np.floating], age_days: NDArray[np.floating], half_life_days: float) -> Floats:
    """``weight · 2^(-age / half-life)``, float64[m].

    Raises:
        ValueError: If a weight or age is negative or not finite, or the half-life is not above 0.
    """
    if not half_life_days > 0:
        raise ValueError(f"half_life_days is {half_life_days}: it must be above 0.")
    for name, values in (("weight", weight), ("age_days", age_days)):
        if len(values) and not (np.isfinite(values).all() and float(values.min()) >= 0):
            raise ValueError(f"{name} holds a negative or non-finite value: drop rows from after the as-of instant.")
    return np.asarray(weight, dtype=np.float64) * np.exp2(-np.asarray(age_days, dtype=np.float64) / half_life_days)


class Popularity:
    """Sum of decayed weights per item; every item has a place, those never seen at the end in item order."""

    def __init__(self, score: Floats32, order: Ints32) -> None:
        """Use ``fit`` or ``load``. ``order`` is the items by (-score, item)."""
        self.score = score
        self._order = order

    @classmethod
    def fit(
        cls,
        item: NDArray[np.integer],
        weight: NDArray[np.floating],
        age_days: NDArray[np.floating],
        n_items: int,
        half_life_days: float = 7.0,
    ) -> Self:
        """Score = Σ weight · 2^(-age / half-life).

        Args:
            item: int[m] positions; rows of -1 (unknown) are ignored.
            weight: float[m] ≥ 0, such as 1 per view and 5 per sale.
            age_days: float[m] ≥ 0, days from the event to the as-of instant.
            n_items: Size of the catalogue.
            half_life_days: Days after which a row counts half.

        Raises:
            ValueError: If an item is beyond the catalogue, a weight or age is bad, or lengths differ.
        """
        if not len(item) == len(weight) == len(age_days):
            raise ValueError(f"item, weight and age_days have {len(item)}, {len(weight)}, {len(age_days)} rows.")
        check_positions(item, n_items)
        known = item >= 0
        item, value = item[known], decayed(weight, age_days, half_life_days)[known]
        # Float sums depend on their order: sort first, so that the same rows in any order give the same bits.
        order = np.lexsort((value, item))
        total = np.bincount(item[order], weights=value[order], minlength=n_items).astype(np.float32)
        return cls(total, _by_score(total))

    def with_head_start(self, start: Floats32) -> "Popularity":
        """A model whose scores have ``start`` float32[n_items] ≥ 0 added, such as `head_starts` gives."""
        total = self.score + start
        return Popularity(total, _by_score(total))

    def top(self, k: int, members: Ints32 | None = None, allowed: Bools | None = None) -> Ranked:
        """The ``k`` most popular items, scores ≥ 0 in units of the fitted weight.

        Args:
            k: At least 1.
            members: Rank only these positions (a category's); None ranks the catalogue. Unknown ones are ignored.
            allowed: bool[n_items] mask; None allows every item.

        Raises:
            ValueError: If ``k`` is below 1 or the mask has another length than the catalogue.
        """
        n_items = len(self.score)
        check_mask(allowed, n_items)
        if members is not None:
            members = np.unique(members[(members >= 0) & (members < n_items)])
            members = members if allowed is None else members[allowed[members]]
            return top_k(members, self.score[members], k)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        if allowed is None:
            items = self._order[:k]
            return Ranked(items.copy(), self.score[items])
        look = max(FIRST_LOOK, 4 * k)
        while True:
            head = self._order[:look]
            items = head[allowed[head]][:k]
            if len(items) == k or look >= n_items:
                return Ranked(items, self.score[items])
            look *= 2

    def save(self, folder: Path) -> None:
        """Write ``score.npy`` and ``order.npy``."""
        save_arrays(folder, score=self.score, order=self._order)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*load_arrays(folder, "score", "order"))


def _by_score(score: Floats32) -> Ints32:
    return np.lexsort((np.arange(len(score)), -score)).astype(np.int32)
