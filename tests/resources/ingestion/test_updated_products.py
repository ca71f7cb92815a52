"""Updates that the API was told, as states in the lake."""

from datetime import timedelta

import polars as pl

from resources.ingestion.ingest import midnight
from resources.ingestion.updated_products import add_product_updates
from resources.lake import Lake
from resources.store.product_updates import FieldUpdate
from tests.resources.ingestion.ingested import FIRST, Rows, frame, product, read_days

HOUR = timedelta(hours=1)
START = midnight(FIRST)


def told(product_id: str, field: str, value: object, hours: float) -> FieldUpdate:
    """An update from so many hours of the first day on."""
    return FieldUpdate(product_id, field, value, START + hours * HOUR, START + 23 * HOUR)


def states(lake: Lake) -> list[tuple[object, ...]]:
    """What the lake has of each state."""
    columns = ("product_id", "updated_at", "title", "price", "in_stock", "removed")
    hours = ((pl.col("updated_at") - START).dt.total_hours()).alias("updated_at")
    return lake.read("products").sort("product_id", "updated_at").with_columns(hours).select(columns).rows()


def test_an_update_is_completed_from_the_state_before_it(lake: Lake) -> None:
    """The source's state of hour 10 stands between two updates of p: that of hour 9 is older and not taken over."""
    rows = [product("p", START), product("p", START + 10 * HOUR, "LED lamp"), product("p", START + 20 * HOUR, "lamp")]
    read_days(lake, Rows(products=frame("products", rows)), (FIRST, FIRST), table="products")
    updates = [told("p", "price", 5.0, 12), told("p", "in_stock", False, 9), told("p", "hidden", True, 11)]
    for _ in range(2):  # a day may be read again
        assert add_product_updates(lake, updates) == 1
        assert states(lake) == [
            ("p", 0, "lamp", None, True, None),
            ("p", 10, "LED lamp", None, True, None),
            ("p", 12, "LED lamp", 5.0, True, True),
            ("p", 20, "lamp", None, True, None),
        ]


def test_a_new_product_needs_a_title(lake: Lake) -> None:
    """It is in stock unless it was told otherwise; what has none waits for the source."""
    updates = [told("n", "title", "Clock", 1), told("n", "price", 3, 2), told("m", "price", 3, 2)]
    assert add_product_updates(lake, updates) == 1
    assert states(lake) == [("n", 2, "Clock", 3.0, True, None)]
    assert add_product_updates(lake, []) == 0
