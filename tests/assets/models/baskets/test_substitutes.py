"""Substitutes by hand."""

import numpy as np

from assets.models.baskets.pair_counts import PairCounts, pair_counts
from assets.models.baskets.substitutes import complements, substitutes


def counted(pairs: dict[tuple[int, int], int]) -> PairCounts:
    """Groups of two, as many of each pair as said."""
    groups = [pair for pair, n in pairs.items() for _ in range(n)]
    return pair_counts(np.repeat(np.arange(len(groups)), 2), np.array(groups).ravel(), 6)


def test_by_hand() -> None:
    """Half of the views lead to a purchase: 40 of (0, 1) to 20 and none to (2, 3)'s 40; (4, 5) is too rare to tell."""
    viewed = counted({(0, 1): 40, (2, 3): 40, (4, 5): 3})
    bought = counted({(0, 1): 30, (2, 4): 50})
    found = substitutes(viewed, bought)
    assert list(zip(found.row.tolist(), found.column.tolist(), strict=True)) == [(2, 3), (3, 2)]


def test_complements_by_hand() -> None:
    """Of 60 views of pairs 20 lead to a basket: 18 of (0, 1)'s 20 are more than chance, 1 of (4, 5)'s 2 is not."""
    viewed = counted({(0, 1): 20, (2, 3): 38, (4, 5): 2})
    bought = counted({(0, 1): 18, (2, 3): 1, (4, 5): 1, (1, 2): 9})
    found = complements(viewed, bought)
    assert list(zip(found.row.tolist(), found.column.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert not len(complements(viewed, counted({})).row)
    assert not len(complements(counted({}), bought).row)


def test_nothing_bought_together_says_nothing() -> None:
    """Without a rate there is nothing to fall short of."""
    assert not len(substitutes(counted({(0, 1): 90}), counted({(2, 3): 9})).row)
    assert not len(substitutes(counted({}), counted({(2, 3): 9})).row)
