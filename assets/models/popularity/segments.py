"""What is popular among users of one kind: those of one region, channel or other declared attribute.

Belongs here: decayed shares by segment and each user's segment. What is popular in the whole shop, which answers for
everybody else, is `assets.models.popularity.items`.

A segment's share of a product is shrunk towards the shop's: (w_sp + m · p_p) / (w_s + m), where w are decayed weights,
p the shop's share and m the prior's weight, so that a segment of three users has the shop's list and not theirs.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.arrays.user_keys import find_key, user_keys
from assets.models.popularity.items import decayed
from assets.models.ranked import Ranked, check_mask, check_positions, empty, top_k
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["SEGMENTS", "SegmentPopularity"]

SEGMENTS = "segments"
"""Its folder within that of popularity, of which it is a part: a shop may do without."""

PRIOR_WEIGHT = 200.0
"""m: in units of the fitted weight, such as views."""
FILE = "segments.json"


class SegmentPopularity:
    """Shares float32[n_segments, n_items], and users as sorted 64-bit keys with the number of their segment."""

    def __init__(self, keys: NDArray[np.uint64], segment: Ints32, shares: Floats32, names: list[str]) -> None:
        """Use ``fit`` or ``load``."""
        self.names = names
        self._keys, self._segment, self._shares = keys, segment, shares

    @classmethod
    def fit(
        cls,
        segment_of_user: dict[str, str],
        user_ids: Sequence[str],
        item: NDArray[np.integer],
        weight: NDArray[np.floating],
        age_days: NDArray[np.floating],
        n_items: int,
        half_life_days: float = 7.0,
    ) -> Self:
        """Share = shrunk Σ weight · 2^(-age / half-life) of the segment's users.

        Args:
            segment_of_user: User → name of the segment; interactions of other users count in the prior alone.
            user_ids: m ids, one a row.
            item: int[m] positions; rows of -1 (unknown) are ignored.
            weight: float[m] ≥ 0.
            age_days: float[m] ≥ 0, days from the event to the as-of instant.
            n_items: Size of the catalogue.
            half_life_days: Days after which a row counts half.

        Raises:
            ValueError: If lengths differ, an item is beyond the catalogue, or a weight or age is bad.
        """
        if len({len(user_ids), len(item), len(weight), len(age_days)}) > 1:
            raise ValueError("user_ids, item, weight and age_days differ in length: give one each a row.")
        check_positions(item, n_items)
        names = sorted(set(segment_of_user.values()))
        number = {name: place for place, name in enumerate(names)}
        row = np.array([number.get(segment_of_user.get(u, ""), -1) for u in user_ids], dtype=np.int64)
        value, item = decayed(weight, age_days, half_life_days), np.asarray(item, dtype=np.int64)
        # Float sums depend on their order: sort first, so that the same rows in any order give the same bits.
        order = np.lexsort((value, item, row))
        order = order[item[order] >= 0]
        row, item, value = row[order], item[order], value[order]
        every = np.bincount(item, value, n_items)
        prior = every / max(every.sum(), 1e-300)
        known = row >= 0
        cell = np.bincount(row[known] * n_items + item[known], value[known], len(names) * n_items)
        table = cell.reshape(len(names), n_items)
        shares = (table + PRIOR_WEIGHT * prior) / (table.sum(axis=1, keepdims=True) + PRIOR_WEIGHT)
        users = list(segment_of_user)
        keys = user_keys(users)
        at = np.argsort(keys)
        segment = np.array([number[segment_of_user[u]] for u in users], dtype=np.int32)
        return cls(keys[at], segment[at], shares.astype(np.float32), names)

    def segment(self, user_id: str) -> str | None:
        """Name of the user's segment, none for a stranger."""
        row = find_key(self._keys, user_id)
        return None if row < 0 else self.names[int(self._segment[row])]

    def top(self, user_id: str, k: int, allowed: Bools | None = None) -> Ranked:
        """The ``k`` most popular items of the user's segment, scores in (0, 1]; none for a stranger.

        Raises:
            ValueError: If ``k`` is below 1 or the mask has another length than the catalogue.
        """
        check_mask(allowed, self._shares.shape[1])
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        row = find_key(self._keys, user_id)
        if row < 0:
            return empty()
        shares = self._shares[int(self._segment[row])]
        items = np.flatnonzero(shares > 0 if allowed is None else (shares > 0) & allowed)
        return top_k(items, shares[items], k)

    def without(self, users: NDArray[np.uint64]) -> Self:
        """The same without the users of these keys; the shares of their segments, which are sums, stay."""
        kept = ~np.isin(self._keys, users)
        return type(self)(self._keys[kept], self._segment[kept], self._shares, self.names)

    def save(self, folder: Path) -> None:
        """Write ``keys``, ``segment`` and ``shares`` as npy and ``segments.json``."""
        save_arrays(folder, keys=self._keys, segment=self._segment, shares=self._shares)
        (folder / FILE).write_text(json.dumps(self.names), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        keys, segment, shares = load_arrays(folder, "keys", "segment", "shares")
        return cls(keys, segment, shares, json.loads((folder / FILE).read_text(encoding="utf-8")))
