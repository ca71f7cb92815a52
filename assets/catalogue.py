"""The catalogue as of a day: every product as last known, in the order that all item numbers refer to."""

from pathlib import Path

import dagster as dg
import polars as pl

from assets.daily_models import Metadata, build_each_day
from assets.models.catalogue import Catalogue
from assets.models.product_attributes import ProductAttributes
from assets.models.search.product_numbers import ProductNumbers
from assets.partitions import EVERY_EARLIER_DAY, daily_asset
from assets.point_in_time import latest_state
from resources.lake import Lake
from resources.model_store import ModelStore

__all__ = ["CATALOGUE_ASSETS", "catalogue_as_of"]


def catalogue_as_of(lake: Lake, day: str) -> pl.DataFrame:
    """Products as last known at the end of ``day``, one row each, sorted by id."""
    return latest_state(lake.read("products", None, day), "product_id").drop("day")


@daily_asset(
    group_name="features",
    kinds={"polars"},
    deps=[dg.AssetDep("products", partition_mapping=EVERY_EARLIER_DAY)],
)
def catalogue(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], models: dg.ResourceParam[ModelStore]
) -> dg.MaterializeResult:
    """Every product as last known at the end of the day; its row numbers are the items of every model.

    Beside it what products can be filtered by and the numbers that name them.
    """

    def build(day: str, folder: Path) -> Metadata:
        products = Catalogue.build(catalogue_as_of(lake, day))
        for model in (products, ProductAttributes.build(products), ProductNumbers.build(products)):
            model.save(folder)
        preview = products.frame.head(5).select("product_id", "title", "price")
        return {
            "dagster/row_count": dg.MetadataValue.int(len(products)),
            "in_stock": dg.MetadataValue.int(int(products.in_stock.sum())),
            "categories": dg.MetadataValue.int(len(products.category_names)),
            "preview": dg.MetadataValue.json(preview.to_dicts()),
        }

    return build_each_day(context, models, build)


CATALOGUE_ASSETS = [catalogue]
