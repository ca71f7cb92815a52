"""Which categories each user has been after lately.

Belongs here: decayed shares per user and their look-up. Which products to show of a category is popularity's part.

Users are sorted 64-bit keys, their categories compressed rows: tens of bytes a user, mapped from disk, microseconds
a look-up.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.arrays.runs import run_starts
from assets.models.arrays.user_keys import find_key, kept_rows, user_keys
from assets.models.popularity.items import decayed
from evaluation.arrays import Floats32, Ints, Ints32

__all__ = ["CategoryAffinity"]

TOP_CATEGORIES = 20
"""Categories kept a user."""


class CategoryAffinity:
    """Per user the categories by share of decayed weight, largest first."""

    def __init__(self, keys: NDArray[np.uint64], starts: Ints, categories: Ints32, shares: Floats32) -> None:
        """Use ``fit`` or ``load``."""
        self._keys, self._starts, self._categories, self._shares = keys, starts, categories, shares

    def __len__(self) -> int:
        """How many users are known."""
        return len(self._keys)

    @classmethod
    def fit(
        cls,
        user_ids: Sequence[str],
        category: NDArray[np.integer],
        weight: NDArray[np.floating],
        age_days: NDArray[np.floating],
        half_life_days: float = 30.0,
    ) -> Self:
        """Share = Σ weight · 2^(-age / half-life) of the category, over the sum for the user.

        Args:
            user_ids: m ids, one a row.
            category: int32[m] index into the catalogue's ``category_names``; rows of -1 (none) are ignored.
            weight: float[m] ≥ 0.
            age_days: float[m] ≥ 0, days from the event to the as-of instant.
            half_life_days: Days after which a row counts half.

        Raises:
            ValueError: If lengths differ, or a weight or age is negative or not finite.
        """
        sizes = {len(user_ids), len(category), len(weight), len(age_days)}
        if len(sizes) > 1:
            raise ValueError(f"user_ids, category, weight and age_days have {sorted(sizes)} rows: give one each.")
        value = decayed(weight, age_days, half_life_days)
        kept = (np.asarray(category) >= 0) & (value > 0)
        key, category, value = user_keys(user_ids)[kept], np.asarray(category)[kept], value[kept]
        # By value too: float sums depend on their order, and the order of rows must not matter.
        order = np.lexsort((value, category, key))
        key, category, value = key[order], category[order], value[order]
        first = np.flatnonzero(run_starts(key, category))
        summed = np.add.reduceat(value, first) if len(first) else value
        key, category = key[first], category[first]
        keys, user, count = np.unique(key, return_inverse=True, return_counts=True)
        share = (summed / np.bincount(user, weights=summed, minlength=len(keys))[user]).astype(np.float32)
        order = np.lexsort((category, -share, user))
        rank = np.arange(len(user)) - np.repeat(np.cumsum(count) - count, count)
        order = order[rank < TOP_CATEGORIES]
        starts = np.concatenate(([0], np.cumsum(np.minimum(count, TOP_CATEGORIES)))).astype(np.int64)
        return cls(keys, starts, category[order].astype(np.int32), share[order])

    def categories(self, user_id: str, k: int) -> list[tuple[int, float]]:
        """The user's ``k`` first (category index, share in (0, 1]), by (-share, index); empty for a stranger.

        Shares are of all the user's weight, so they need not add up to 1 over the first ``k``.

        Raises:
            ValueError: If ``k`` is below 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 category.")
        row = find_key(self._keys, user_id)
        if row < 0:
            return []
        start, end = int(self._starts[row]), int(self._starts[row + 1])
        here = slice(start, min(end, start + k))
        return list(zip(self._categories[here].tolist(), self._shares[here].tolist(), strict=True))

    def without(self, users: NDArray[np.uint64]) -> Self:
        """The same without the users of these keys."""
        kept = ~np.isin(self._keys, users)
        starts, stays = kept_rows(self._starts, kept)
        return type(self)(self._keys[kept], starts, self._categories[stays], self._shares[stays])

    def save(self, folder: Path) -> None:
        """Write ``keys``, ``starts``, ``categories`` and ``shares`` as npy."""
        save_arrays(folder, keys=self._keys, starts=self._starts, categories=self._categories, shares=self._shares)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*load_arrays(folder, "keys", "starts", "categories", "shares"))
