"""The one variant of each product that a search shows: the best match, in stock if it can be.

What belongs here: what a variant is worth beside its siblings in one search. Which products are variants is
`assets.models.search.similar.variants`.
"""

import numpy as np

from evaluation.arrays import Bools, Floats, Ints32
from serving.release.snapshot import Snapshot
from serving.search.pool import Pool, sort_key
from serving.search.requests import SortName

__all__ = ["one_of_each"]

STOCK_SHARE = 0.15
"""What being in stock counts beside the best match in words: less than the colour that was searched for."""
POPULAR_SHARE = 0.01
_FIRST = 100.0


def one_of_each(snapshot: Snapshot, pool: Pool, shown: Bools, sort: SortName, pinned: set[int]) -> Bools:
    """bool[n]: of the products ``shown`` (bool[n]) one of each group of variants.

    By relevance it is what the query names, or else the best in words and meaning, of equal ones what is in stock, then
    the most popular. In another order it is the first one in stock in that order. What the shop has pinned goes first.
    """
    if not snapshot.variants.has_any:
        return shown
    items = np.flatnonzero(shown).astype(np.int32)
    worth = np.zeros(shown.size, dtype=np.float64)
    worth[items] = _matching(snapshot, pool, items) if sort == "relevance" else _sorted(snapshot, sort, items)
    worth[pool.read.begins] += _FIRST
    worth[pool.read.numbered] += 2 * _FIRST
    worth[sorted(pinned)] += 3 * _FIRST
    return snapshot.variants.one_of_each(shown, worth)


def _matching(snapshot: Snapshot, pool: Pool, items: Ints32) -> Floats:
    """float64[m] of ascending ``items`` by words, meaning, stock and popularity."""
    popularity = snapshot.release.popularity.score
    worth = POPULAR_SHARE * np.log1p(popularity[items]) / max(float(np.log1p(popularity.max(initial=0))), 1e-6)
    worth = worth + STOCK_SHARE * snapshot.release.catalogue.in_stock[items]
    found = pool.found
    if found.words is not None:
        worth += found.words[items] / max(float(found.words.max(initial=0)), 1e-6)
    _, places, near = np.intersect1d(items, found.near.items, assume_unique=True, return_indices=True)
    worth[places] += found.near.scores[near]
    return np.asarray(worth, dtype=np.float64)


def _sorted(snapshot: Snapshot, sort: SortName, items: Ints32) -> Floats:
    """float64[m] of ``items``: what is in stock before what is not, then by place in the order."""
    key = sort_key(snapshot, sort, items)
    known = np.isfinite(key)
    low, high = (key[known].min(), key[known].max()) if known.any() else (0.0, 0.0)
    worth = np.where(known, 1 - (np.where(known, key, low) - low) / max(high - low, 1e-9) / 2, 0.0)
    return np.asarray(worth + 2 * snapshot.release.catalogue.in_stock[items], dtype=np.float64)
