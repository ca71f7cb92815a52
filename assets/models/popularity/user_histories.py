"""What each user looked at and bought lately, and which products are bought again at all.

Belongs here: the last products of a user with their times, as they were logged. What to show of them is serving's part;
a customer's whole history of purchases, weighed, is `assets.models.baskets.next_basket`.

Users are sorted 64-bit keys, their histories compressed rows: at most 40 rows of 11 bytes a user, mapped from disk.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.arrays.runs import run_starts
from assets.models.arrays.user_keys import find_key, kept_rows, user_keys
from assets.models.ranked import check_positions
from evaluation.arrays import Floats32, Ints, Ints32

__all__ = ["KINDS", "PURCHASE", "Act", "UserHistories"]

KINDS = ("view", "click", "add_to_cart", "purchase")
"""Kinds of acts by their numbers, the least telling first."""
PURCHASE = KINDS.index("purchase")
MOST = 20
"""Products kept a user, of those looked at and of those bought: each counts once, by its latest act."""
PRIOR_BUYERS = 10
"""Buyers who did not come back that each product is taken to have had besides, so that one who did is no rule."""
_MOST_TIMES = 65_535


class Act(NamedTuple):
    """The latest act of a user on a product."""

    item: int
    """Position in the catalogue."""
    kind: str
    """One of `KINDS`."""
    at: int
    """Seconds since 1970 UTC."""
    times: int
    """How often in all: baskets that held it, or views, clicks and additions to the cart together."""


class UserHistories:
    """Per user the last products looked at and the last bought, by time; per product how often buyers come back."""

    def __init__(
        self,
        keys: NDArray[np.uint64],
        starts: Ints,
        items: Ints32,
        kinds: NDArray[np.int8],
        seconds: NDArray[np.uint32],
        times: NDArray[np.uint16],
        again: Floats32,
    ) -> None:
        """Use ``fit`` or ``load``."""
        self.again = again
        """float32[n_items], in [0, 1): share of a product's buyers who bought it again, shrunk to 0."""
        self._keys, self._starts, self._items = keys, starts, items
        self._kinds, self._seconds, self._times = kinds, seconds, times

    def __len__(self) -> int:
        """How many users are known."""
        return len(self._keys)

    @classmethod
    def fit(
        cls,
        user_ids: Sequence[str],
        item: NDArray[np.integer],
        kind: NDArray[np.integer],
        seconds: NDArray[np.integer],
        n_items: int,
    ) -> Self:
        """Keep each user's last `MOST` products of either sort, and count who bought what more than once.

        Args:
            user_ids: m ids, one a row; of a purchase one row a basket and product.
            item: int[m] positions; rows of -1 (unknown) are ignored.
            kind: int[m], numbers of `KINDS`.
            seconds: int[m] since 1970 UTC, below 2³².
            n_items: Size of the catalogue.

        Raises:
            ValueError: If lengths differ, or an item, kind or time is out of range.
        """
        sizes = {len(user_ids), len(item), len(kind), len(seconds)}
        if len(sizes) > 1:
            raise ValueError(f"user_ids, item, kind and seconds have {sorted(sizes)} rows: give one each.")
        check_positions(item, n_items)
        if len(kind) and not (kind.min() >= 0 and kind.max() < len(KINDS)):
            raise ValueError(f"kind holds {kind.min()} to {kind.max()}: give numbers of {', '.join(KINDS)}.")
        if len(seconds) and not (seconds.min() >= 0 and seconds.max() < 2**32):
            raise ValueError(f"seconds hold {seconds.min()} to {seconds.max()}: give seconds since 1970, below 2³².")
        known = np.asarray(item) >= 0
        key, item = user_keys(user_ids)[known], np.asarray(item)[known]
        kind, seconds = np.asarray(kind)[known], np.asarray(seconds)[known]
        # The latest act of each user, sort and product comes last of its run.
        order = np.lexsort((kind, seconds, item, kind == PURCHASE, key))
        key, item, kind, seconds = key[order], item[order], kind[order], seconds[order]
        bought = kind == PURCHASE
        last = np.roll(run_starts(key, item, bought), -1)
        times = np.diff(np.flatnonzero(last), prepend=-1)
        key, item, kind, seconds, bought = key[last], item[last], kind[last], seconds[last], bought[last]
        again = _bought_again(item[bought], times[bought], n_items)
        # Newest first within each user and sort, to keep the first ones.
        order = np.lexsort((item, -seconds.astype(np.int64), bought, key))
        order = order[_rank(key[order], bought[order]) < MOST]
        order = order[np.lexsort((item[order], kind[order], seconds[order], key[order]))]
        keys, count = np.unique(key[order], return_counts=True)
        return cls(
            keys,
            np.concatenate(([0], np.cumsum(count))).astype(np.int64),
            item[order].astype(np.int32),
            kind[order].astype(np.int8),
            seconds[order].astype(np.uint32),
            np.minimum(times[order], _MOST_TIMES).astype(np.uint16),
            again,
        )

    def of(self, user_id: str) -> list[Act]:
        """A user's acts, oldest first; empty for a stranger."""
        row = find_key(self._keys, user_id)
        if row < 0:
            return []
        here = slice(int(self._starts[row]), int(self._starts[row + 1]))
        columns = (self._items[here], self._kinds[here], self._seconds[here], self._times[here])
        return [
            Act(item, KINDS[kind], at, times)
            for item, kind, at, times in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def without(self, users: NDArray[np.uint64]) -> Self:
        """The same without the users of these keys; what is bought again, sums over all, stays."""
        kept = ~np.isin(self._keys, users)
        starts, stays = kept_rows(self._starts, kept)
        rows = (self._items[stays], self._kinds[stays], self._seconds[stays], self._times[stays])
        return type(self)(self._keys[kept], starts, *rows, self.again)

    def save(self, folder: Path) -> None:
        """Write one npy an array."""
        save_arrays(folder, keys=self._keys, starts=self._starts, items=self._items, kinds=self._kinds)
        save_arrays(folder, seconds=self._seconds, times=self._times, again=self.again)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*load_arrays(folder, "keys", "starts", "items", "kinds", "seconds", "times", "again"))


def _rank(key: NDArray[np.uint64], bought: NDArray[np.bool_]) -> Ints:
    """Place from 0 of each row within its user and sort; rows of one lie together."""
    first = np.flatnonzero(run_starts(key, bought))
    return np.arange(len(key)) - np.repeat(first, np.diff(first, append=len(key)))


def _bought_again(item: NDArray[np.integer], baskets: NDArray[np.integer], n_items: int) -> Floats32:
    """R / (n + m) of each product: of n buyers r have more than one basket of it."""
    buyers = np.bincount(item, minlength=n_items)
    came_back = np.bincount(item, baskets > 1, minlength=n_items)
    share: Floats32 = (came_back / (buyers + PRIOR_BUYERS)).astype(np.float32)
    return share
