"""The catalogue as of a day: every product as last known, in the order that all item numbers refer to."""

import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import STATE
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.tables.point_in_time import latest_state
from resources.lake import Lake

__all__ = ["catalogue", "catalogue_as_of"]


def catalogue_as_of(lake: Lake, day: str) -> pl.DataFrame:
    """Products as last known at the end of ``day``, one row each, sorted by id, but those that have left the shop."""
    states = latest_state(lake.read("products", None, day), "product_id")
    return states.filter(~pl.col("removed").fill_null(False)).drop("day", "removed")


@daily_model(group="features", kinds={"polars"}, reads={"products": STATE})
def catalogue(at: AsOf) -> Built:
    """Every product as last known at the end of the day; its row numbers are the items of every model.

    Beside it what products can be filtered by and the numbers that name them.
    """
    products = Catalogue.build(catalogue_as_of(at.lake, at.day))
    for model in (products, ProductAttributes.build(products), ProductNumbers.build(products)):
        model.save(at.folder)
    preview = products.frame.head(5).select("product_id", "title", "price")
    return Built(
        len(products),
        {
            "in_stock": int(products.in_stock.sum()),
            "categories": len(products.category_names),
            "preview": preview.to_dicts(),
        },
    )
