"""The catalogue as of a day: every product as last known, in the order that all item numbers refer to."""

from collections.abc import Collection, Mapping

import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import STATE
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.tables.point_in_time import first_known, latest_state
from resources.lake import Lake

__all__ = ["catalogue", "catalogue_as_of", "offered_products", "successors"]


def catalogue_as_of(lake: Lake, day: str) -> pl.DataFrame:
    """Products as last known at the end of ``day``, one row each, sorted by id, but those that have left the shop.

    A product has left when it is removed, or when another has taken its place. ``created_at`` is when it was first
    heard of where the shop does not say.
    """
    return offered_products(lake.read("products", None, day))[0]


def offered_products(states: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """The products of the shop, and for those that were replaced the one of them that is in their place now."""
    latest = (
        latest_state(states, "product_id")
        .drop("created_at")
        .join(first_known(states), on="product_id")
        .drop("since_ever")
    )
    stays = latest.filter(~pl.col("removed").fill_null(False))
    named = latest.drop_nulls("replaced_by").select("product_id", "replaced_by").iter_rows()
    replaced = successors(dict(named), set(stays["product_id"]))
    offered = stays.filter(~pl.col("product_id").is_in(list(replaced))).sort("product_id")
    kept = [name for name in states.columns if name not in ("day", "removed", "replaced_by")]
    return offered.select(kept), replaced


def successors(replaced_by: Mapping[str, str], offered: Collection[str]) -> dict[str, str]:
    """Product → the last one of the chain of replacements that begins with it, of those whose chain ends in the shop.

    A chain that comes back to itself, or ends in none of the products ``offered``, replaces nothing.
    """
    found = {}
    for product in replaced_by:
        last, seen = product, {product}
        while (after := replaced_by.get(last)) is not None and after not in seen:
            last = after
            seen.add(last)
        if replaced_by.get(last) is None and last in offered:
            found[product] = last
    return found


@daily_model(group="features", kinds={"polars"}, reads={"products": STATE})
def catalogue(at: AsOf) -> Built:
    """Every product as last known at the end of the day; its row numbers are the items of every model.

    Beside it what products can be filtered by and the numbers that name them.
    """
    products = Catalogue.build(*offered_products(at.lake.read("products", None, at.day)))
    for model in (products, ProductAttributes.build(products), ProductNumbers.build(products)):
        model.save(at.folder)
    preview = products.frame.head(5).select("product_id", "title", "price")
    return Built(
        len(products),
        {
            "replaced": len(products.replaced),
            "in_stock": int(products.in_stock.sum()),
            "categories": len(products.category_names),
            "preview": preview.to_dicts(),
        },
    )
