"""Partners for products that no basket tells anything of yet, borrowed from products alike.

Belongs here: the loan. A new product's own neighbours would be its substitutes; what goes with it is what goes with
products like it, by their likeness and at half the score, so that what baskets do say comes first.
"""

from collections.abc import Callable

import numpy as np

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.ranked import Ranked
from evaluation.arrays import Floats, Ints

__all__ = ["NEIGHBOURS", "with_borrowed_partners"]

NEIGHBOURS = 10
"""Products alike that are looked at."""
LENDERS = 3
"""Of those, the nearest with partners lend them."""
DISCOUNT = 0.5
BORROWED = 20
"""Pairs that a product borrows at most, the strongest ones."""


def with_borrowed_partners(together: CoPurchase, nearest: Callable[[int, int], Ranked]) -> CoPurchase:
    """``together`` with pairs, in both directions, for each item that has no partner.

    Args:
        together: Partners by baskets.
        nearest: Item, k → the k items most alike with their similarity; those at or below 0 lend nothing.
    """
    cold_items = together.without_partners()
    cold = np.zeros(together.n_items, dtype=np.bool_)
    cold[cold_items] = True
    pairs: list[tuple[Ints, Ints, Floats]] = []
    for item in cold_items.tolist():
        near = nearest(item, NEIGHBOURS)
        good = ~cold[near.items] & (near.scores > 0)
        lenders, alike = near.items[good][:LENDERS], near.scores[good][:LENDERS].astype(np.float64)
        partners, score = together.weighted(lenders, DISCOUNT * alike * alike / alike.sum() if len(alike) else alike)
        # A lender is a product like this one, not one that goes with it.
        apart = ~np.isin(partners, lenders)
        partners, score = partners[apart], score[apart]
        best = np.lexsort((partners, -score))[:BORROWED]
        pairs.append((np.full(len(best), item, dtype=np.int64), partners[best], score[best]))
    if not pairs:
        return together
    item, partner, score = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    return together.joined(np.concatenate([item, partner]), np.concatenate([partner, item]), np.tile(score, 2))
