"""Bought together: which products share baskets more than their own sales explain.

Belongs here: the score of a pair, each product's partners, and the look-up for a product or a cart. What a basket is
(an order, an invoice) is decided by the basket table; counting is `assets.models.baskets.pair_counts`.

Score: s_ab = (w_ab / sqrt((w_a + λ)(w_b + λ)))^1.5, where w are the baskets that hold both or one, a basket counting
2^(-age / half-life) / its size. It is Ochiai's cosine, the geometric mean of lift and joint support, shrunk as if λ
more baskets held each item: a pair seen twice between rare items cannot outrank one that fifty baskets carry. The
exponent lets one strong tie of a cart count more than several weak ones, and each product of a cart counts by 1 / (1 +
its ties within the cart), so that four mugs do not outvote the tea.

A pair of a single basket counts too, at the end of the list: a small shop has little else (docs/decisions/0013).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.baskets.pair_counts import PairCounts, pair_counts
from assets.models.baskets.substitutes import Pairs, substitutes
from assets.models.popularity.items import decayed
from assets.models.ranked import Ranked, check_mask, check_positions, empty, top_k
from evaluation.arrays import Bools, Floats, Floats32, Ints, Ints32

__all__ = ["CoPurchase"]

SHRINKAGE = 0.5
"""λ: what is added to the weight of each item, in baskets of one item bought today."""
EXPONENT = 1.5
PARTNERS = 50
"""Kept of an item."""


class CoPurchase:
    """For each item its best partners and their scores in (0, 1), as compressed rows sorted by item."""

    def __init__(self, starts: Ints, partners: Ints32, scores: Floats32) -> None:
        """Use ``fit`` or ``load``."""
        self.n_items = len(starts) - 1
        self._starts, self._partners, self._scores = starts, partners, scores

    @property
    def n_pairs(self) -> int:
        """Partners of all items."""
        return len(self._partners)

    @classmethod
    def fit(
        cls,
        basket: NDArray[np.integer],
        item: NDArray[np.integer],
        n_items: int,
        *,
        age_days: NDArray[np.floating] | None = None,
        half_life_days: float = 90.0,
        viewed: PairCounts | None = None,
        max_basket: int = 50,
        shrinkage: float = SHRINKAGE,
    ) -> Self:
        """Count pairs of distinct items over baskets, score them and keep each item's ``PARTNERS`` best.

        Args:
            basket: int[m], any numbers that tell baskets apart.
            item: int[m] positions, repeats in a basket count once; rows of -1 (unknown) are ignored.
            n_items: Size of the catalogue.
            age_days: float[m] ≥ 0, days from the purchase to the as-of instant; 0 by default.
            half_life_days: Days after which a basket counts half.
            viewed: Pairs over sessions of the same time, by which substitutes are told and left out; none to keep all.
            max_basket: Items counted of one basket, at least 2: see `pair_counts`.
            shrinkage: λ, ≥ 0.

        Raises:
            ValueError: If an item is beyond the catalogue, lengths differ, or a setting is out of range.
        """
        if not shrinkage >= 0:
            raise ValueError(f"shrinkage is {shrinkage}: it must be at least 0.")
        weight = None if age_days is None else decayed(np.ones(len(age_days)), age_days, half_life_days)
        bought = pair_counts(basket, item, n_items, weight=weight, max_group=max_basket)
        apart = None if viewed is None else substitutes(viewed, bought)
        good = np.ones(len(bought.row), dtype=np.bool_)
        if apart is not None:
            good = ~np.isin(Pairs(bought.row, bought.column).keys(n_items), apart.keys(n_items))
        row, column = bought.row[good], bought.column[good]
        size = bought.item_weight + shrinkage
        cosine = bought.weight[good] / np.sqrt(size[row] * size[column])
        return cls._of_pairs(row, column, cosine**EXPONENT, n_items, PARTNERS)

    @classmethod
    def _of_pairs(
        cls,
        row: Ints,
        column: Ints,
        score: NDArray[np.floating],
        n_items: int,
        top_n: int | None = None,
    ) -> Self:
        """The ``top_n`` columns of each row by (-score, column)."""
        score = score.astype(np.float32)
        order = np.lexsort((column, -score, row))
        row, column, score = row[order], column[order], score[order]
        count = np.bincount(row, minlength=n_items)
        if top_n is not None:
            kept = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) < top_n
            column, score, count = column[kept], score[kept], np.minimum(count, top_n)
        return cls(np.concatenate(([0], np.cumsum(count))).astype(np.int64), column.astype(np.int32), score)

    def without_partners(self) -> Ints:
        """Items that have no partner, ascending."""
        return np.flatnonzero(np.diff(self._starts) == 0)

    def joined(self, row: Ints, column: Ints, score: NDArray[np.floating]) -> Self:
        """This model with further pairs, which it must not have yet: ``column`` a partner of ``row`` at ``score``."""
        rows = np.repeat(np.arange(self.n_items), np.diff(self._starts))
        return self._of_pairs(
            np.concatenate([rows, row]),
            np.concatenate([self._partners.astype(np.int64), column]),
            np.concatenate([self._scores, score]),
            self.n_items,
        )

    def related(self, items: Sequence[int], k: int, allowed: Bools | None = None) -> Ranked:
        """Partners of a product or of a whole cart; never what is in it.

        Args:
            items: Positions in the cart, in any order; repeats count once, -1 (unknown) is ignored.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.

        Returns:
            At most ``k`` items; the score in (0, 1) is Σ over the cart's distinct items of their scores, 0 for an item
            that is no partner, each over 1 + its ties within the cart, over the number of those items.

        Raises:
            ValueError: If an item is beyond the catalogue, the mask has another length, or ``k`` is below 1.
        """
        check_mask(allowed, self.n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        cart = np.unique(np.asarray(items, dtype=np.int64).reshape(-1))
        check_positions(cart, self.n_items)
        cart = cart[cart >= 0]
        partners, total = self.of_cart(cart)
        if not len(partners):
            return empty()
        good = ~np.isin(partners, cart)
        if allowed is not None:
            good &= allowed[partners]
        return top_k(partners[good], total[good], k)

    def partners(self, item: int, k: int) -> Ints32:
        """The ``k`` best partners of one product, best first: as ``related`` for a cart of it alone, without scores.

        Raises:
            ValueError: If ``item`` is not one of the catalogue's.
        """
        if not 0 <= item < self.n_items:
            raise ValueError(f"item is {item}, but positions run from 0 to {self.n_items - 1}.")
        best: Ints32 = self._partners[self._starts[item] : self._starts[item + 1]][:k]
        return best

    def of_cart(self, cart: NDArray[np.integer]) -> tuple[Ints, Floats]:
        """Partners of the distinct items of a cart, ascending, with their scores; some may be in the cart."""
        partners, scores, owner = self._rows_of(cart)
        within = np.isin(partners, cart)
        ties = np.bincount(owner[within], scores[within], len(cart))
        return self.weighted(cart, 1.0 / (1.0 + ties) / max(len(cart), 1))

    def weighted(self, items: NDArray[np.integer], weight: NDArray[np.floating]) -> tuple[Ints, Floats]:
        """Partners of distinct ``items``, ascending, and for each Σ weight · score over those whose partner it is."""
        partners, scores, owner = self._rows_of(items)
        distinct, place = np.unique(partners, return_inverse=True)
        total = np.bincount(place, np.asarray(weight, dtype=np.float64)[owner] * scores, len(distinct))
        return distinct.astype(np.int64), total.astype(np.float64)

    def _rows_of(self, items: NDArray[np.integer]) -> tuple[Ints32, Floats32, Ints]:
        """Partners and scores of all ``items``, one after the other, and the place of the item that each is of."""
        items = np.asarray(items, dtype=np.int64)
        begin, length = self._starts[items], self._starts[items + 1] - self._starts[items]
        at = np.arange(length.sum()) + np.repeat(begin - np.cumsum(length) + length, length)
        return self._partners[at], self._scores[at], np.repeat(np.arange(len(items)), length)

    def save(self, folder: Path) -> None:
        """Write ``starts.npy``, ``partners.npy`` and ``scores.npy``."""
        save_arrays(folder, starts=self._starts, partners=self._partners, scores=self._scores)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(*load_arrays(folder, "starts", "partners", "scores"))
