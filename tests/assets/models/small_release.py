"""A release of three modules over six products, for tests of what is done with releases."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.manifest import REPORTS
from assets.models.popularity.items import Popularity
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers

N = 6
ABOUT: dict[str, Any] = {
    "shop": "test",
    "as_of": "2026-01-30",
    "currency": "EUR",
    "unavailable": {"segments": "the shop has no ad_exposures"},
    "tables": {"events": 3},
    "metrics": {"hit_rate": 0.5},
    "economics": {"margin": 0.5},
}


def write_modules(folder: Path) -> None:
    """Catalogue, popularity (p0 first) and co-purchase (p0 with p1, p2 with p3) of six products."""
    products = pl.DataFrame(
        [
            {
                "product_id": f"p{i}",
                "title": f"lamp {i}",
                "categories": ["Home"],
                "price": 1.0,
                "in_stock": True,
            }
            for i in range(N)
        ]
    ).with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("description", "brand", "image_url")),
        pl.lit([], dtype=pl.List(pl.String)).alias("tags"),
    )
    weights, ages = np.arange(N, 0, -1).astype(np.float32), np.zeros(N, dtype=np.float32)
    basket, item = np.repeat(np.arange(20), 2).astype(np.int64), np.tile([0, 1, 2, 3], 10).astype(np.int32)
    models: dict[str, Any] = {
        "catalogue": Catalogue.build(products),
        "popularity": Popularity.fit(np.arange(N, dtype=np.int32), weights, ages, N),
        "co_purchase": CoPurchase.fit(basket, item, N),
    }
    for name, model in models.items():
        (folder / name).mkdir(parents=True)
        model.save(folder / name)
    for beside in (ProductAttributes, ProductNumbers):
        beside.build(models["catalogue"]).save(folder / "catalogue")
    (folder / REPORTS / "ranking").mkdir(parents=True)
    (folder / REPORTS / "ranking" / "ranking.json").write_text("{}")
