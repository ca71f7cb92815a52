"""Which products shoppers take for alike, from a span of days: for the nightly adapter and for its trial.

What belongs here: which rows teach. What does not: learning (`assets.models.search.similar.alike_pairs`) and the
decision whether what was learnt is served (`assets.search.similar_report`).
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

from assets.models.products.catalogue import Catalogue
from assets.models.products.kinds import ProductKinds
from assets.models.search.similar.alike_pairs import AlikePairs, Shopping, fit_similar_adapter
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from assets.search.clicks import searches_of
from assets.tables.interactions import basket_rows, session_rows
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable

__all__ = ["SimilarInputs"]

MIN_PAIRS = 200
"""Fewer are not learnt from: a map of 384 × 384 numbers would learn them by heart."""
MIN_SEARCHES = 2
"""Searches of a query that must have found a product for it to count as the query's."""


class SimilarInputs(NamedTuple):
    """What a day's similar items are learnt from."""

    lake: Lake
    products: Catalogue
    vectors: VectorIndex
    kinds: ProductKinds

    @classmethod
    def of_day(cls, lake: Lake, models: ModelStore, day: str) -> "SimilarInputs":
        """Load the day's catalogue and vectors.

        Raises:
            Unavailable: If one of them cannot be had.
        """
        products = Catalogue.load(models.require("catalogue", day))
        return cls(lake, products, VectorIndex.load(models.require("hnsw_index", day)), ProductKinds(products))

    def pairs(self, first: str, last: str) -> AlikePairs:
        """Pairs that were viewed in turn or found by one query on the days ``first`` to ``last``."""
        seen, bought = (rows(self.lake, self.products, first, last) for rows in (session_rows, basket_rows))
        found: dict[str, Counter[int]] = {}
        for search in searches_of(self.lake, self.products, first, last):
            found.setdefault(search.query, Counter()).update(search.gains.keys())
        rows = [
            (number, item)
            for number, (_, items) in enumerate(sorted(found.items()))
            for item, times in sorted(items.items())
            if times >= MIN_SEARCHES
        ]
        query, item = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        shopping = Shopping(len(self.products), seen.group, seen.item, query, item, bought.group, bought.item)
        return AlikePairs.of(shopping, self.kinds)

    def learn(self, pairs: AlikePairs) -> QueryAdapter:
        """The adapter of some pairs.

        Raises:
            Unavailable: If they are too few.
        """
        if len(pairs.item) < MIN_PAIRS:
            told = f"shoppers went from one product to another of its kind in {len(pairs.item)} ways"
            raise Unavailable(f"{told}; {MIN_PAIRS} are learnt from")
        return fit_similar_adapter(self.vectors, pairs)
