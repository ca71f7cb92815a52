"""Item-kNN (Sarwar et al. 2001), plain: the baseline that a recommender has to beat.

Belongs here: cosine of co-occurrence, without decay, weights or gates. It is measured and not served.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import Ranked, check_positions, empty, top_k
from evaluation.arrays import Floats32, Ints, Ints32

__all__ = ["ItemKnn"]

NEIGHBOURS = 100
"""Nearest items kept of each."""


class ItemKnn:
    """For each item its nearest items, as compressed rows."""

    def __init__(self, starts: Ints, near: Ints32, cosines: Floats32) -> None:
        """Use ``fit``."""
        self._starts, self._near, self._cosines = starts, near, cosines

    @classmethod
    def fit(cls, group: NDArray[np.integer], item: NDArray[np.integer], n_items: int) -> Self:
        """Cosine of the groups (sessions, baskets, customers) that hold each item, 0 or 1 each.

        Args:
            group: int[m], any numbers that tell groups apart.
            item: int[m] positions, none unknown; repeats in a group count once.
            n_items: Size of the catalogue.

        Raises:
            ValueError: If an item is beyond the catalogue.
        """
        from scipy import sparse

        check_positions(item, n_items)
        names, row = np.unique(group, return_inverse=True)
        held = sparse.csr_matrix((np.ones(len(item)), (row, item)), shape=(len(names), n_items))
        held.data[:] = 1
        size = np.sqrt(np.bincount(held.indices, minlength=n_items))
        shared = (held.T @ held).tocoo()
        apart = shared.row != shared.col
        one, other = shared.row[apart].astype(np.int64), shared.col[apart].astype(np.int64)
        cosine = (shared.data[apart] / (size[one] * size[other])).astype(np.float32)
        order = np.lexsort((other, -cosine, one))
        count = np.bincount(one, minlength=n_items)
        order = order[np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count) < NEIGHBOURS]
        starts = np.concatenate(([0], np.cumsum(np.minimum(count, NEIGHBOURS)))).astype(np.int64)
        return cls(starts, other[order].astype(np.int32), cosine[order])

    def recommend(self, items: Sequence[int], k: int) -> Ranked:
        """The ``k`` items with the largest sum of cosines to distinct ``items``, which are left out."""
        rows = [slice(self._starts[i], self._starts[i + 1]) for i in items]
        if not sum(row.stop - row.start for row in rows):
            return empty()
        distinct, place = np.unique(np.concatenate([self._near[row] for row in rows]), return_inverse=True)
        total = np.bincount(place, np.concatenate([self._cosines[row] for row in rows]), len(distinct)).astype(
            np.float64
        )
        good = ~np.isin(distinct, np.asarray(items))
        return top_k(distinct[good], total[good], k)
