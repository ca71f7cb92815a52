"""What each known user bought, for shops that do not show it again.

Belongs here: the look-up by user. Which days count is the caller's choice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.mapped import load_mapped
from assets.models.ranked import IntArray, check_positions
from assets.models.user_key import find_key, user_keys

__all__ = ["Purchases"]

ARRAYS = ("keys", "starts", "bought")


class Purchases:
    """Sorted 64-bit user keys, each with a compressed row of items."""

    def __init__(self, keys: NDArray[np.uint64], starts: NDArray[np.int64], bought: IntArray) -> None:
        """Use ``fit`` or ``load``."""
        self._keys, self._starts, self._bought = keys, starts, bought

    def __len__(self) -> int:
        """How many users are known."""
        return len(self._keys)

    @classmethod
    def fit(cls, user_ids: Sequence[str], item: NDArray[np.integer], n_items: int) -> Self:
        """From one row a purchase, in any order; repeats count once, rows of item -1 (unknown) are ignored.

        Raises:
            ValueError: If an item is beyond the catalogue or lengths differ.
        """
        if len(user_ids) != len(item):
            raise ValueError(f"user_ids and item have {len(user_ids)} and {len(item)} rows: give one user a row.")
        check_positions(item, n_items)
        keys, items = user_keys(user_ids)[item >= 0], item[item >= 0].astype(np.int32)
        order = np.lexsort((items, keys))
        keys, items = keys[order], items[order]
        first = np.ones(len(keys), dtype=np.bool_)
        first[1:] = (keys[1:] != keys[:-1]) | (items[1:] != items[:-1])
        users, counts = np.unique(keys[first], return_counts=True)
        return cls(users, np.concatenate(([0], np.cumsum(counts))).astype(np.int64), items[first])

    def items(self, user_id: str) -> IntArray:
        """Positions of what the user bought, ascending; empty for a stranger."""
        row = find_key(self._keys, user_id)
        return self._bought[:0] if row < 0 else self._bought[self._starts[row] : self._starts[row + 1]]

    def save(self, folder: Path) -> None:
        """Write ``keys``, ``starts`` and ``bought`` as npy."""
        for name in ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, f"_{name}"))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*(load_mapped(folder / f"{name}.npy") for name in ARRAYS))
