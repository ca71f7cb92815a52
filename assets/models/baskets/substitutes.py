"""Substitutes: products that are looked at together and not bought together; complements, that are bought together.

Belongs here: telling the two apart by what sessions and baskets say of both. What a list does with them is the list's
choice (`assets.models.baskets.co_purchase` leaves substitutes out).

Shoppers compare substitutes in one session and buy one of them; complements they look at together and buy together
(McAuley, Pandey and Leskovec 2015 learn the two from the same behaviours). So each pair viewed together has an
expected number of shared baskets, at the rate of all pairs that are viewed together; a pair that falls short of it
by more than chance allows (Poisson) is a pair of substitutes, and one that exceeds it by more a pair of complements.
"""

from typing import NamedTuple

import numpy as np

from assets.models.baskets.pair_counts import PairCounts
from evaluation.arrays import Floats, Ints

__all__ = ["Pairs", "complements", "substitutes"]

LEVEL = 0.05
"""Largest probability of so few, or so many, shared baskets by chance."""


class Pairs(NamedTuple):
    """Pairs of items in both directions, by (row, column)."""

    row: Ints
    column: Ints

    def keys(self, n_items: int) -> Ints:
        """``row · n_items + column``, ascending."""
        return self.row * n_items + self.column


def substitutes(viewed: PairCounts, bought: PairCounts) -> Pairs:
    """Pairs whose shared baskets are significantly fewer than their shared sessions lead to expect.

    Args:
        viewed: Counts over sessions.
        bought: Counts over baskets of the same items and time.

    Returns:
        None at all where nothing is viewed, or nothing is bought together.
    """
    from scipy.special import gammaincc

    both, expected = _shared_baskets(viewed, bought)
    # Q(c + 1, μ) is the probability of at most c events of a Poisson variable of mean μ.
    short = gammaincc(both + 1.0, expected) < LEVEL
    return Pairs(viewed.row[short], viewed.column[short])


def complements(viewed: PairCounts, bought: PairCounts) -> Pairs:
    """Pairs viewed together whose shared baskets are significantly more than their shared sessions lead to expect.

    Args:
        viewed: Counts over sessions.
        bought: Counts over baskets of the same items and time.
    """
    from scipy.special import gammainc

    both, expected = _shared_baskets(viewed, bought)
    # P(c, μ) is the probability of at least c events; of none at all it is 1.
    more = (both > 0) & (gammainc(np.maximum(both, 1), expected) < LEVEL)
    return Pairs(viewed.row[more], viewed.column[more])


def _shared_baskets(viewed: PairCounts, bought: PairCounts) -> tuple[Ints, Floats]:
    """Baskets that hold both of each pair viewed together, and how many are expected at the rate of all such pairs."""
    n_items = len(viewed.item_weight)
    key = Pairs(viewed.row, viewed.column).keys(n_items)
    known = Pairs(bought.row, bought.column).keys(n_items)
    place = np.searchsorted(known, key)
    both = np.zeros(len(key), dtype=np.int64)
    hit = place < len(known)
    hit[hit] = known[place[hit]] == key[hit]
    both[hit] = bought.together[place[hit]]
    return both, both.sum() / max(int(viewed.together.sum()), 1) * viewed.together
