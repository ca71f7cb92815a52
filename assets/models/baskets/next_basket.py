"""The next basket: what a customer buys again, what goes with it, and what goes with the cart so far.

Belongs here: customers' purchase histories and how they are weighed against the cart. What goes with what is
`assets.models.baskets.co_purchase`, which answers beside this model.

Personal frequency, weighed by recency, is the hardest baseline of next-basket recommendation (Hu et al. 2020, TIFU-KNN;
Li et al. 2023): a customer's score of a product is

    (ρ · own + κ (1 - ρ) · related) · trend

with ``own`` the product's share of the customer's decayed purchases, ``related`` that of the partners of those
purchases, ρ the share of this shop's basket lines that were bought by the customer before, so that a shop of sofas does
not offer the second sofa, and ``trend`` the product's recent sales over the best-seller's to the power of .35, so that
what is out of season or sold out waits. With a cart, the partners of the cart come first and this is added.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.arrays.runs import run_starts
from assets.models.arrays.user_keys import find_key, kept_rows, user_keys
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.popularity.items import decayed
from assets.models.ranked import Ranked, check_mask, check_positions, empty, top_k
from evaluation.arrays import Bools, Floats, Floats32, Ints, Ints32

__all__ = ["NextBasket"]

RELATED = 0.2
"""κ: weight of a partner's share, relative to that of a product bought before."""
PAST = 0.5
"""Weight of the customer's past beside a cart."""
TREND_EXPONENT = 0.35
LEAST_TREND = 1e-3
"""Recent sales, over the best-seller's, that a product without any counts as."""
WEIGHED = 200
"""Products weighed of a customer's history, those of the largest shares."""
FILE = "next_basket.json"


class NextBasket:
    """Customers as sorted 64-bit keys, their histories as compressed rows by share."""

    def __init__(
        self,
        keys: NDArray[np.uint64],
        starts: Ints,
        items: Ints32,
        shares: Floats32,
        trend: Floats32,
        repeat_rate: float,
    ) -> None:
        """Use ``fit`` or ``load``."""
        self.repeat_rate = repeat_rate
        """ρ: share of the lines of customers' later baskets that they had bought before, in (0, 1)."""
        self._keys, self._starts, self._items, self._shares, self._trend = keys, starts, items, shares, trend

    def __len__(self) -> int:
        """How many customers are known."""
        return len(self._keys)

    @classmethod
    def fit(
        cls,
        user_ids: list[str | None],
        basket: NDArray[np.integer],
        item: NDArray[np.integer],
        age_days: NDArray[np.floating],
        n_items: int,
        *,
        half_life_days: float = 90.0,
        trend_half_life_days: float = 7.0,
    ) -> Self:
        """From basket lines, one product of one basket a row.

        Args:
            user_ids: m ids; none for a guest, who counts in the trend alone.
            basket: int[m], any numbers that tell baskets apart.
            item: int[m] positions, repeats in a basket count once; rows of -1 (unknown) are ignored.
            age_days: float[m] ≥ 0, days from the purchase to the as-of instant.
            n_items: Size of the catalogue.
            half_life_days: Days after which a purchase of a customer counts half.
            trend_half_life_days: Days after which a sale counts half for the trend.

        Raises:
            ValueError: If lengths differ, an item is beyond the catalogue, or an age or half-life is out of range.
        """
        if len({len(user_ids), len(basket), len(item), len(age_days)}) > 1:
            raise ValueError("user_ids, basket, item and age_days differ in length: give one each a row.")
        check_positions(item, n_items)
        value = decayed(np.ones(len(item)), age_days, half_life_days)
        sold = decayed(np.ones(len(item)), age_days, trend_half_life_days)
        order = np.lexsort((sold, item))
        order = order[np.asarray(item)[order] >= 0]
        recent = np.bincount(np.asarray(item)[order], sold[order], n_items)
        trend = np.maximum(recent / max(recent.max(initial=0.0), 1e-300), LEAST_TREND) ** TREND_EXPONENT
        named = [user_id is not None for user_id in user_ids]
        known = np.flatnonzero(np.array(named, dtype=np.bool_) & (np.asarray(item) >= 0))
        key = user_keys([str(user_ids[i]) for i in known.tolist()])
        order = np.lexsort((-value[known], np.asarray(basket)[known], np.asarray(item)[known], key))
        key, rows = key[order], known[order]
        once = run_starts(key, np.asarray(item)[rows], np.asarray(basket)[rows])
        key, rows = key[once], rows[once]
        items, lines = np.asarray(item)[rows], value[rows]
        first = np.flatnonzero(run_starts(key, items))
        repeat_rate = _repeat_rate(key, np.asarray(basket)[rows], np.asarray(age_days)[rows], len(first))
        summed = np.add.reduceat(lines, first) if len(first) else lines
        keys, user, count = np.unique(key[first], return_inverse=True, return_counts=True)
        share = (summed / np.bincount(user, weights=summed, minlength=len(keys))[user]).astype(np.float32)
        bought = items[first]
        order = np.lexsort((bought, -share, user))
        starts = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
        shares = share[order]
        return cls(keys, starts, bought[order].astype(np.int32), shares, trend.astype(np.float32), repeat_rate)

    def recommend(
        self,
        user_id: str | None,
        cart: Sequence[int],
        k: int,
        together: CoPurchase,
        allowed: Bools | None = None,
    ) -> Ranked:
        """What a customer with this cart buys next; products bought before may be in it, those of the cart never.

        Args:
            user_id: The customer; a stranger, or none, is answered by the cart alone.
            cart: Positions in the cart, in any order; -1 (unknown) is ignored.
            k: At least 1.
            together: Partners, of the same catalogue.
            allowed: bool[n_items] mask; None allows every item.

        Returns:
            At most ``k`` items, none for a stranger without a cart; scores above 0 say nothing across customers.

        Raises:
            ValueError: If an item is beyond the catalogue, the mask has another length, or ``k`` is below 1.
        """
        n_items = len(self._trend)
        check_mask(allowed, n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        held = np.unique(np.asarray(cart, dtype=np.int64).reshape(-1))
        check_positions(held, n_items)
        held = held[held >= 0]
        of_cart, past = _as_shares(*together.of_cart(held)), self._past(user_id, together)
        items = np.concatenate([of_cart[0], past[0]])
        scores = np.concatenate([of_cart[1], past[1] * (PAST if len(held) else 1.0)])
        distinct, place = np.unique(items, return_inverse=True)
        total = np.bincount(place, scores, len(distinct)).astype(np.float64)
        good = (total > 0) & ~np.isin(distinct, held)
        if allowed is not None:
            good &= allowed[distinct]
        return top_k(distinct[good], total[good], k) if good.any() else empty()

    def bought(self, user_id: str | None) -> Ints32:
        """All products that a customer bought, the likeliest to be bought again first; none for a stranger."""
        row = -1 if user_id is None else find_key(self._keys, user_id)
        return self._items[:0] if row < 0 else self._items[int(self._starts[row]) : int(self._starts[row + 1])]

    def _past(self, user_id: str | None, together: CoPurchase) -> tuple[Ints, Floats]:
        """Items and scores of what the customer bought and of what goes with it."""
        row = -1 if user_id is None else find_key(self._keys, user_id)
        if row < 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        start = int(self._starts[row])
        here = slice(start, min(int(self._starts[row + 1]), start + WEIGHED))
        bought, share = self._items[here].astype(np.int64), self._shares[here].astype(np.float64)
        partners, related = _as_shares(*together.weighted(bought, share))
        items = np.concatenate([bought, partners])
        scores = np.concatenate([self.repeat_rate * share, RELATED * (1 - self.repeat_rate) * related])
        return items, scores * self._trend[items] / (self.repeat_rate + RELATED * (1 - self.repeat_rate))

    def without(self, users: NDArray[np.uint64]) -> Self:
        """The same without the histories of these keys; the trend and the rate, which are sums over all, stay."""
        kept = ~np.isin(self._keys, users)
        starts, stays = kept_rows(self._starts, kept)
        items, shares = self._items[stays], self._shares[stays]
        return type(self)(self._keys[kept], starts, items, shares, self._trend, self.repeat_rate)

    def save(self, folder: Path) -> None:
        """Write one npy an array, and ``next_basket.json``."""
        save_arrays(folder, keys=self._keys, starts=self._starts, items=self._items)
        save_arrays(folder, shares=self._shares, trend=self._trend)
        (folder / FILE).write_text(json.dumps({"repeat_rate": self.repeat_rate}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        described = json.loads((folder / FILE).read_text(encoding="utf-8"))
        keys, starts, items, shares, trend = load_arrays(folder, "keys", "starts", "items", "shares", "trend")
        return cls(keys, starts, items, shares, trend, described["repeat_rate"])


def _repeat_rate(
    key: NDArray[np.uint64], basket: NDArray[np.integer], age: NDArray[np.floating], n_products: int
) -> float:
    """Lines beyond each customer's first of a product, over the lines beyond each customer's first basket.

    One line of ten is added as a prior, so that a shop's first repeat is not its law.
    """
    if not len(key):
        return 0.1
    _, user = np.unique(key, return_inverse=True)
    first = np.lexsort((basket, -age, user))
    starter = np.zeros(int(user.max()) + 1, dtype=np.int64)
    starts = first[run_starts(user[first])]
    starter[user[starts]] = basket[starts]
    later = int((basket != starter[user]).sum())
    return (len(key) - n_products + 1) / (later + 10)


def _as_shares(items: Ints, scores: Floats) -> tuple[Ints, Floats]:
    """Scores over their sum."""
    return items, scores / scores.sum() if len(scores) else scores
