"""Bought together: which products share baskets far more often than chance.

Belongs here: pair counts over baskets, their score and the look-up for a product or a cart. What a basket is
(an order, an invoice) is decided by the basket table.

Why normalised PMI (Bouma 2009) with shrinkage: plain lift and PMI favour pairs of rare items seen together twice;
confidence and raw counts favour what everybody buys. NPMI is bounded by 1 and cares for surprise relative to
frequency, and c / (c + λ) takes back what a small count c cannot carry. A log-likelihood gate on lift was the
alternative: it needs a threshold that moves with the number of baskets, where λ is in baskets and stays.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.mapped import load_mapped
from assets.models.ranked import BoolArray, FloatArray, IntArray, Ranked, check_mask, check_positions, empty, top_k

__all__ = ["CoPurchase"]

MIN_SUPPORT = 2
"""Baskets that must hold both items: one basket is an anecdote."""
SHRINKAGE_BASKETS = 20.0
"""λ: shared baskets at which a pair has half of its NPMI."""
ARRAYS = ("starts", "partners", "scores")


class CoPurchase:
    """For each item its best partners and their scores in (0, 1), as compressed rows sorted by item."""

    def __init__(self, starts: NDArray[np.int64], partners: IntArray, scores: FloatArray) -> None:
        """Use ``fit`` or ``load``."""
        self.n_items = len(starts) - 1
        self._starts, self._partners, self._scores = starts, partners, scores

    @classmethod
    def fit(
        cls,
        basket: NDArray[np.integer],
        item: NDArray[np.integer],
        n_items: int,
        top_n: int = 50,
        max_basket: int = 50,
        shrinkage: float = SHRINKAGE_BASKETS,
    ) -> Self:
        """Count pairs of distinct items over baskets and keep each item's ``top_n`` partners.

        Args:
            basket: int64[m], any numbers that tell baskets apart.
            item: int32[m] positions, repeats in a basket count once; rows of -1 (unknown) are ignored.
            n_items: Size of the catalogue.
            top_n: Partners kept an item.
            max_basket: Items counted of one basket. A wholesale order of hundreds says little of each pair and
                costs the square of its size; which of its items stay is drawn by a hash of (basket, item).
            shrinkage: λ in baskets, ≥ 0.

        Raises:
            ValueError: If an item is beyond the catalogue, lengths differ, or a setting is out of range.
        """
        if len(basket) != len(item):
            raise ValueError(f"basket and item have {len(basket)} and {len(item)} rows: give one basket a row.")
        if top_n < 1 or max_basket < 2 or not shrinkage >= 0:
            raise ValueError(
                f"top_n {top_n}, max_basket {max_basket}, shrinkage {shrinkage}: they must be at least 1, 2 and 0."
            )
        check_positions(item, n_items)
        row, column, count, alone, n_baskets = _pair_counts(*_capped(basket, item, max_basket), n_items)
        score = _npmi(count, alone[row], alone[column], n_baskets) * count / (count + shrinkage)
        good = (count >= MIN_SUPPORT) & (score > 0)
        row, column, score = row[good], column[good], score[good].astype(np.float32)
        order = np.lexsort((column, -score, row))
        row, column, score = row[order], column[order], score[order]
        ends = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=n_items))))
        kept = np.arange(len(row)) - ends[row] < top_n
        starts = np.concatenate(([0], np.cumsum(np.bincount(row[kept], minlength=n_items)))).astype(np.int64)
        return cls(starts, column[kept].astype(np.int32), score[kept])

    def related(self, items: Sequence[int], k: int, allowed: BoolArray | None = None) -> Ranked:
        """Partners of a product or of a whole cart; never what is in it.

        Args:
            items: Positions in the cart, in any order; repeats count once, -1 (unknown) is ignored.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.

        Returns:
            At most ``k`` items; the score in (0, 1) is the mean over the cart's distinct items, 0 for an item
            that is no partner.

        Raises:
            ValueError: If an item is beyond the catalogue, the mask has another length, or ``k`` is below 1.
        """
        check_mask(allowed, self.n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        cart = np.unique(np.asarray(items, dtype=np.int64).reshape(-1))
        check_positions(cart, self.n_items)
        cart = cart[cart >= 0]
        if not len(cart):
            return empty()
        rows = [slice(self._starts[i], self._starts[i + 1]) for i in cart]
        partners, place = np.unique(np.concatenate([self._partners[r] for r in rows]), return_inverse=True)
        scores = np.concatenate([self._scores[r] for r in rows])
        total = np.bincount(place, weights=scores, minlength=len(partners)) / len(cart)
        good = ~np.isin(partners, cart)
        if allowed is not None:
            good &= allowed[partners]
        return top_k(partners[good], total[good], k)

    def save(self, folder: Path) -> None:
        """Write ``starts.npy``, ``partners.npy`` and ``scores.npy``."""
        for name in ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, f"_{name}"))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*(load_mapped(folder / f"{name}.npy") for name in ARRAYS))


def _capped(
    basket: NDArray[np.integer], item: NDArray[np.integer], max_basket: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct (basket, item) rows, baskets numbered from 0, at most ``max_basket`` items in each."""
    known = item >= 0
    basket, item = np.asarray(basket, dtype=np.int64)[known], np.asarray(item, dtype=np.int64)[known]
    order = np.lexsort((item, basket))
    basket, item = basket[order], item[order]
    first = np.ones(len(basket), dtype=np.bool_)
    first[1:] = (basket[1:] != basket[:-1]) | (item[1:] != item[:-1])
    basket, item = basket[first], item[first]
    order = np.lexsort((item, _mixed(basket, item), basket))
    basket, item = basket[order], item[order]
    _, start, number, size = np.unique(basket, return_index=True, return_inverse=True, return_counts=True)
    kept = np.arange(len(basket)) - np.repeat(start, size) < max_basket
    return number[kept].astype(np.int64), item[kept]


def _mixed(basket: NDArray[np.int64], item: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A hash of (basket, item) by splitmix64's finaliser: a draw that depends on nothing but the row."""
    h = basket.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + item.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        h = (h ^ (h >> np.uint64(shift))) * np.uint64(factor)
    return h ^ (h >> np.uint64(31))


def _pair_counts(
    basket: NDArray[np.int64], item: NDArray[np.int64], n_items: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]:
    """Both directions of each pair of distinct items, its shared baskets, each item's baskets, all baskets."""
    from scipy import sparse

    n_baskets = int(basket.max()) + 1 if len(basket) else 0
    ones = np.ones(len(item), dtype=np.int64)
    incidence = sparse.csr_matrix((ones, (basket, item)), shape=(n_baskets, n_items))
    pairs = (incidence.T @ incidence).tocoo()
    apart = pairs.row != pairs.col
    row, column, count = (np.asarray(a, dtype=np.int64)[apart] for a in (pairs.row, pairs.col, pairs.data))
    return row, column, count, np.bincount(item, minlength=n_items).astype(np.int64), n_baskets


def _npmi(
    both: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64], n_baskets: int
) -> NDArray[np.float64]:
    """ln(p_ab / (p_a p_b)) / -ln p_ab in (-1, 1]; a pair that is in every basket says nothing: 0."""
    everywhere = both == n_baskets
    surprise = np.log(both * float(max(n_baskets, 1)) / (one.astype(np.float64) * other))
    rarity = -np.log(np.where(everywhere, 1, both) / float(max(n_baskets, 2)))
    return np.where(everywhere, 0.0, surprise / rarity)
