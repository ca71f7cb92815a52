"""Learning which products shoppers take for alike: pairs that they looked at in turn, or found by one query.

Belongs here: which pairs teach, how much each counts, and the adapter learnt from them. The lists it serves are
`assets.models.search.similar.items`.
"""

from math import ceil
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.baskets.pair_counts import pair_counts
from assets.models.baskets.substitutes import complements
from assets.models.products.kinds import ProductKinds
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from evaluation.arrays import Bools, Floats, Ints

__all__ = ["AlikePairs", "Shopping", "fit_similar_adapter"]

MAX_PAIRS = 100_000
"""Pairs learnt from, those that count most: a bound on the night's time."""
LEARNT_PAIRS = 120_000
"""Pairs seen in all, passes included."""
SESSION_STEPS = 5
"""What a session counts at most, in steps from one product to the next: a robot teaches no more than a shopper."""


class Shopping(NamedTuple):
    """What shoppers did in a span of days, as rows of (group, item), the rows of a group together."""

    n_items: int
    session: NDArray[np.integer]
    viewed: NDArray[np.integer]
    """In session order."""
    query: NDArray[np.integer]
    found: NDArray[np.integer]
    """Products that one query's searches found."""
    basket: NDArray[np.integer]
    bought: NDArray[np.integer]


class AlikePairs(NamedTuple):
    """Pairs of distinct items that shoppers took for alike, in both directions."""

    item: Ints
    other: Ints
    weight: Floats

    @classmethod
    def of(cls, shopping: Shopping, kinds: ProductKinds) -> Self:
        """Pairs of one kind that were looked at one after the other, or found by one query, and are no complements.

        A step of a session of n steps counts min(1, ``SESSION_STEPS`` / n), a query that found n products 1 / n to each
        pair of them; a pair counts the root of its sum, so that the shop's favourites do not decide alone.
        """
        n = shopping.n_items
        searched = pair_counts(shopping.query, shopping.found, n)
        row, column, step = _steps(shopping.session, shopping.viewed)
        keys = np.concatenate([row * n + column, column * n + row, searched.row * n + searched.column])
        key, place = np.unique(keys, return_inverse=True)
        weight = np.sqrt(np.bincount(place, np.concatenate([step, step, searched.weight]), len(key)))
        good = kinds.same(key // n, key % n) if len(key) else np.zeros(0, dtype=np.bool_)
        viewed = pair_counts(shopping.session, shopping.viewed, n)
        along = complements(viewed, pair_counts(shopping.basket, shopping.bought, n))
        good &= ~np.isin(key, along.keys(n))
        return cls(key[good] // n, key[good] % n, weight[good])

    def without(self, items: Bools) -> Self:
        """The pairs that hold none of ``items`` (bool[n])."""
        kept = ~(items[self.item] | items[self.other])
        return type(self)(self.item[kept], self.other[kept], self.weight[kept])

    def holds(self, n_items: int) -> Bools:
        """bool[n]: which items a pair holds."""
        held = np.zeros(n_items, dtype=np.bool_)
        held[self.item] = True
        return held

    def strongest(self, limit: int) -> Self:
        """At most ``limit`` pairs, those with the largest weights, in their order."""
        best = np.sort(np.lexsort((np.arange(len(self.weight)), -self.weight))[:limit])
        return type(self)(self.item[best], self.other[best], self.weight[best])


def fit_similar_adapter(vectors: VectorIndex, pairs: AlikePairs) -> QueryAdapter:
    """Adapter that brings each item's vector, as a query, to those of its pairs; the item itself is no wrong answer.

    Raises:
        ValueError: If there is no pair.
    """
    n = len(vectors.vectors)
    known = np.sort(np.concatenate([pairs.item * n + pairs.other, np.arange(n) * (n + 1)]))
    chosen = pairs.strongest(MAX_PAIRS)
    epochs = ceil(LEARNT_PAIRS / max(len(chosen.item), 1))
    return QueryAdapter.fit(
        vectors.vectors, vectors.vectors, chosen.item, chosen.other, chosen.weight, epochs=epochs, spared=known
    )


def _steps(session: NDArray[np.integer], item: NDArray[np.integer]) -> tuple[Ints, Ints, Floats]:
    """Each distinct step of a session from an item to another: from, to, and what it counts."""
    on = np.flatnonzero((session[1:] == session[:-1]) & (item[1:] != item[:-1]))
    steps = np.unique(
        np.stack([session[on].astype(np.int64), item[on].astype(np.int64), item[on + 1].astype(np.int64)]), axis=1
    )
    _, place, count = np.unique(steps[0], return_inverse=True, return_counts=True)
    return steps[1], steps[2], np.minimum(1.0, SESSION_STEPS / np.maximum(count, 1))[place]
