"""What shoppers searched for and what they found, as search learns from it and is judged by it.

What belongs here: which rows, and what is known of products on a day. What does not: learning (`assets.models`) and
measuring (`assets.search.report`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.products.catalogue import Catalogue
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.recommendations.fitting import plain_popularity
from assets.tables.interactions import known_days
from evaluation.arrays import Floats32
from resources.lake import Lake
from resources.shop import Shop

__all__ = ["Search", "frequent_queries", "judged", "product_priors", "searches_of"]

TOP_GAIN = 3.0


class Search(NamedTuple):
    """One search of one shopper."""

    query: str
    """Lower case, single spaces; as typed, not corrected."""
    gains: dict[int, float]
    """Item found → 1 clicked, 2 put in the cart, 3 bought; empty where nothing was found."""


def searches_of(lake: Lake, catalogue: Catalogue, first: str, last: str) -> list[Search]:
    """Searches of the days ``first`` to ``last`` by their id; unknown products are left out."""
    rows = lake.read("searches", first, last).sort("search_id", "product_id")
    rows = rows.with_columns(item=pl.Series(catalogue.positions(rows["product_id"].fill_null("").to_list())))
    grouped = rows.group_by("search_id", maintain_order=True).agg(pl.col("query").first(), "item", "gain")
    return [
        Search(
            " ".join(query.lower().split()),
            {item: float(gain) for item, gain in zip(items, gains, strict=True) if item >= 0 and gain > 0},
        )
        for query, items, gains in grouped.select("query", "item", "gain").iter_rows()
    ]


def frequent_queries(searches: Iterable[Search], limit: int) -> list[str]:
    """The ``limit`` most frequent queries that found something, the most frequent first, then by their text."""
    counts = Counter(search.query for search in searches if search.gains)
    return sorted(counts, key=lambda query: (-counts[query], query))[:limit]


def judged(
    searches: Sequence[Search], corrected: Callable[[str], str], vector: Callable[[str], Floats32], limit: int
) -> list[JudgedQuery]:
    """Weak judgments of the most frequent queries: an item's share of what the query's searches found.

    Args:
        searches: Any searches.
        corrected: The query as search corrects it.
        vector: Vector float32[d] of a corrected query.
        limit: Most queries.

    Returns:
        One row a corrected query, the gain of its best item being 3 and that of others in proportion.
    """
    wanted = {query: corrected(query) for query in frequent_queries(searches, limit)}
    found: dict[str, Counter[int]] = {}
    for search in searches:
        if search.query in wanted:
            found.setdefault(wanted[search.query], Counter()).update(search.gains)
    told = []
    for query, total in sorted(found.items()):
        if total:
            scale = TOP_GAIN / max(total.values())
            told.append(JudgedQuery(query, vector(query), {item: scale * w for item, w in total.items()}))
    return told


def product_priors(shop: Shop, lake: Lake, catalogue: Catalogue, first: str, as_of: str) -> Floats32:
    """float32[n, 2]: logarithm of 1 + decayed popularity in ``first`` to ``as_of``, and days since first known."""
    popular = plain_popularity(shop, lake, catalogue, first, as_of).score
    return np.stack([np.log1p(popular), known_days(lake, catalogue, as_of)], axis=1).astype(np.float32)
