"""Products that leave the shop, by a feed of the whole catalogue that no longer holds them."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from resources.ingestion.ingest import midnight
from resources.ingestion.ingested import Ingested, ShrinkGuard
from resources.lake import Lake
from tests.resources.ingestion.ingested import DAY, FIRST, Rows, frame, product, read_days


def read_feed(lake: Lake, source: Rows, day: date, guard: ShrinkGuard | None = None) -> Ingested:
    """Ingest a full feed of products on ``day``."""
    return read_days(lake, source, (day, day), table="products", guard=guard, full=True)


def offered(lake: Lake, day: date) -> list[str]:
    """Products that have not left the shop, as of a day."""
    states = lake.read("products", None, str(day)).sort("product_id", "updated_at")
    return states.unique("product_id", keep="last").filter(~pl.col("removed").fill_null(False))["product_id"].to_list()


def test_a_product_leaves_a_full_feed_and_comes_back(lake: Lake) -> None:
    """Though its row keeps an old date; the days before keep what was then offered."""
    long_ago = datetime(2020, 5, 1, tzinfo=UTC)
    everything = frame("products", [product(key, long_ago) for key in "abc"])
    source = Rows(products=everything)
    assert read_feed(lake, source, FIRST).removed == 0
    source.tables["products"] = everything.filter(pl.col("product_id") != "b")
    assert read_feed(lake, source, FIRST + DAY).removed == 1
    assert read_feed(lake, source, FIRST + 2 * DAY).removed == 0
    source.tables["products"] = everything
    read_feed(lake, source, FIRST + 3 * DAY)
    days = [sorted(offered(lake, FIRST + n * DAY)) for n in range(4)]
    assert days == [["a", "b", "c"], ["a", "c"], ["a", "c"], ["a", "b", "c"]]


@pytest.mark.parametrize(("kept", "removed"), [(30, 10), (15, 0), (0, 0)])
def test_half_an_export_retires_nothing(lake: Lake, kept: int, removed: int) -> None:
    """Of 40 products 30 are left: 10 have gone. With 15 or none left the export is the likelier cause, and is told."""
    everything = frame("products", [product(f"p{i:02d}", midnight(FIRST)) for i in range(40)])
    source = Rows(products=everything)
    read_feed(lake, source, FIRST)
    source.tables["products"] = everything.head(kept)
    report = read_feed(lake, source, FIRST + DAY)
    assert report.removed == removed
    assert report.shrunk == ({} if removed else {str(FIRST + DAY): (40, kept)})
    accepted = read_feed(lake, source, FIRST + DAY, ShrinkGuard(accepted=frozenset({"all"})))
    assert accepted.removed == 40 - kept - removed


def test_a_lake_of_before_has_no_column_of_departures(lake: Lake) -> None:
    """Its products are read as they were, and new states are written beside them."""
    old = frame("products", [product("a", midnight(FIRST))]).with_columns(pl.lit(str(FIRST)).alias("day"))
    lake.replace_partition("products", old.drop("removed"), str(FIRST), str(FIRST))
    source = Rows(products=frame("products", [product("b", midnight(FIRST + DAY))]))
    read_days(lake, source, (FIRST + DAY, FIRST + DAY), table="products")
    assert lake.read("products").sort("product_id").select("product_id", "removed").rows() == [("a", None), ("b", None)]
