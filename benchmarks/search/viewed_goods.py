"""A catalogue with titles of one's own, and shoppers who look at and buy its products at random, popular ones more.

What belongs here: what similar items need beside vectors, so that they are timed with all that they do when served.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.products.catalogue import Catalogue
from assets.models.search.similar.items import SimilarItems
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from assets.models.sessions.knn import SessionKnn

__all__ = ["ViewedGoods", "goods_of", "viewed_goods"]

SESSIONS, CLICKS = 100_000, 6
PRODUCTS_PER_BRAND = 50


class ViewedGoods(NamedTuple):
    """Similar items with co-views and complements, also with an adapter, and products that shoppers look at."""

    plain: SimilarItems
    adapted: SimilarItems
    """Any adapter takes as long as this one, which changes nothing."""
    viewed: list[int]


def goods_of(titles: Sequence[str], rng: np.random.Generator) -> Catalogue:
    """Products of one category with these titles."""
    n = len(titles)
    return Catalogue.build(
        pl.DataFrame(
            {
                "product_id": [f"p{i:07d}" for i in range(n)],
                "title": list(titles),
                "brand": [f"brand {b}" for b in rng.integers(0, n // PRODUCTS_PER_BRAND + 1, n)],
                "categories": [["Goods"]] * n,
                "price": np.ones(n),
                "in_stock": [True] * n,
            }
        )
    )


def viewed_goods(goods: Catalogue, vectors: VectorIndex, queries: int, rng: np.random.Generator) -> ViewedGoods:
    """``queries`` products that were viewed, with the models that answer what is like them."""
    n = len(goods)
    item = (n * rng.beta(0.6, 3, SESSIONS * CLICKS)).astype(np.int32)
    session = np.repeat(np.arange(SESSIONS), CLICKS)
    knn, pairs = SessionKnn.fit(session, item, np.arange(len(item)), n), CoPurchase.fit(session, item, n)
    plain = SimilarItems(goods, vectors, knn, pairs)
    adapter = QueryAdapter(np.eye(vectors.vectors.shape[1], dtype=np.float32))
    return ViewedGoods(plain, plain.with_models(knn, adapter), rng.choice(item, queries).tolist())
