"""A year of a real shop (UCI Online Retail) in one run: every row accounted for, and answers that make sense."""

import json
from collections.abc import Callable
from decimal import Decimal

import polars as pl
import pytest

from resources.settings import ROOT, Settings
from tests.integration.home import Pipeline

pytestmark = [pytest.mark.slow, pytest.mark.data]

FIRST, LAST = "2010-12-01", "2011-12-09"
ROWS = 541_909
REVENUE = Decimal("9747747.934")
"""Sum of quantity times price over all rows of the file; a few prices have a third decimal."""
HEART = "85123A"
"""WHITE HANGING HEART T-LIGHT HOLDER."""


@pytest.fixture(scope="module")
def year(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """All days in one run, then the models as of the last."""
    data = Settings.from_env().data / "online_retail"
    if not data.is_dir():
        pytest.skip(f"{data} is missing: put online_retail.parquet there, or set UPSHELF_DATA")
    pipeline = make_pipeline(ROOT / "shops" / "online_retail")
    pipeline.run(f"tables:{FIRST}:{LAST}", f"models:{LAST}")
    return pipeline


def money(quantity: float, price: float) -> Decimal:
    """Quantity times the price as both are written, without a float's rounding."""
    return Decimal(repr(quantity)) * Decimal(repr(price))


def test_every_row_and_penny_is_accounted_for(year: Pipeline) -> None:
    """Orders and quarantine are all rows; sales less cancellations and what was quarantined is the year's revenue."""
    orders, broken = year.lake.read("orders"), year.lake.read("quarantine_orders")
    assert orders.height + broken.height == ROWS
    assert broken.height == 1_338
    signed = orders.select(
        pl.when(pl.col("kind") == "sale").then(pl.col("quantity")).otherwise(-pl.col("quantity")), "unit_price"
    )
    total = sum(
        (
            money(q, p)
            for q, p in signed.group_by("quantity", "unit_price")
            .len()
            .select(pl.col("quantity") * pl.col("len"), "unit_price")
            .iter_rows()
        ),
        Decimal(0),
    )
    for row in map(json.loads, broken["row"]):
        # The shop's query turns the sign of a cancellation, and of nothing else.
        sign = -1 if row["kind"] == "cancellation" else 1
        total += money(sign * float(row["quantity"]), float(row["unit_price"]))
    assert total == REVENUE
    assert round(total, 2) == Decimal("9747747.93")


def test_all_days_are_there(year: Pipeline) -> None:
    """374 calendar days, 305 of them with orders; the products of the whole year."""
    assert len(year.lake.read("orders")["day"].unique()) == 305
    assert year.lake.read("products")["product_id"].n_unique() == 4_070


def test_modules_without_data_say_why(year: Pipeline) -> None:
    """The shop has no events, ads, banners or categories."""
    release = year.champion()
    missing = {
        "search_model",
        "similar_model",
        "session_model",
        "category_recommendations",
        "banner_priors",
        "segments",
        "uplift_model",
        "roi_simulation",
    }
    assert set(release.unavailable) == missing
    assert "ad_exposures" in release.unavailable["segments"]
    assert "banner" in release.unavailable["banner_priors"]
    assert release.manifest.as_of == LAST


def test_companions_of_the_hanging_heart_make_sense(year: Pipeline) -> None:
    """Bought with it and like it: other hearts, hanging things and T-light holders, by title."""
    release = year.champion()
    item = release.catalogue.position(HEART)
    titles = release.catalogue.frame["title"]
    assert "HEART" in titles[item]
    assert release.co_purchase is not None
    assert release.hnsw_index is not None
    together = [titles[i] for i in release.co_purchase.related([item], 10).items.tolist()]
    alike = [titles[i] for i in release.hnsw_index.similar(item, 10).items.tolist()]
    wanted = ("HEART", "HANGING", "T-LIGHT", "TLIGHT", "CANDLE")
    assert sum(any(word in title.upper() for word in wanted) for title in together) >= 5, together
    assert sum("HEART" in title.upper() or "T-LIGHT" in title.upper() for title in alike) >= 8, alike
