"""No feature knows what came after its exposure, and the check that says so catches a planted leak."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.tables.point_in_time import outcome_window, products_for_features
from assets.tables.sql import statement
from resources.engine import Engine
from resources.lake import Lake
from resources.shop import Shop
from resources.tables import USER_FEATURES
from tests.integration.home import TINY, Pipeline

LAST = "2026-01-12"
SHOP = Shop.load(TINY / "shop.toml")
DAYS = SHOP.campaign.attribution_days

Statement = Callable[[str], str]


def features_of(exposures: pl.DataFrame, lake: Lake, sql: str) -> pl.DataFrame:
    """Features of ``exposures`` from all that ``lake`` holds, also of the days after them."""
    return Engine().query(
        sql,
        {
            "units": outcome_window(exposures, SHOP.campaign),
            "events": lake.files("events"),
            "orders": lake.files("orders"),
            "products": products_for_features(lake.read("products")),
        },
    )


@pytest.fixture(scope="module")
def exposures(finished: Pipeline) -> pl.DataFrame:
    """Exposures of one day, so that "after" is one instant for the whole lake: the first of them."""
    return finished.lake.read("ad_exposures", "2026-01-06", "2026-01-06")


@pytest.fixture(scope="module")
def rewritten(finished: Pipeline, exposures: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake with another future: what follows the last exposure is gone, and at each exposure's own instant its user
    views, searches and buys, and goes on to do so for three days; every product has become dearer.
    """
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    until = exposures["ts"].max()
    product = finished.lake.read("products")["product_id"][0]
    after = pl.concat(
        exposures.select("user_id", (pl.col("ts") + timedelta(hours=hours)).alias("ts")) for hours in (0, 1, 30, 70)
    )
    numbered = after.with_row_index("n").with_columns(pl.col("ts").dt.strftime("%Y-%m-%d").alias("day"))
    events = finished.lake.read("events").filter(pl.col("ts") < until)
    planted = [
        numbered.select(
            "day",
            pl.format(f"{kind}-{{}}", "n").alias("event_id"),
            "ts",
            pl.lit(kind).alias("kind"),
            "user_id",
            pl.format("later-{}", "n").alias("session_id"),
            pl.lit(product).alias("product_id"),
            pl.lit("lamp").alias("query"),
            pl.lit(None, dtype=pl.String).alias("surface"),
            pl.lit(None, dtype=pl.String).alias("release"),
            pl.lit(None, dtype=pl.String).alias("agent"),
        )
        for kind in ("view", "search", "add_to_cart")
    ]
    orders = finished.lake.read("orders").filter(pl.col("ts") < until)
    bought = numbered.select(
        "day",
        pl.format("later-{}", "n").alias("order_id"),
        pl.lit(1, dtype=pl.Int32).alias("line"),
        "ts",
        pl.lit("sale").alias("kind"),
        "user_id",
        pl.lit(product).alias("product_id"),
        pl.lit(3.0).alias("quantity"),
        pl.lit(99.0).alias("unit_price"),
    )
    products = finished.lake.read("products")
    dearer = (
        products.unique("product_id")
        .with_columns(pl.lit(until).alias("updated_at"), pl.col("price") * 7, pl.lit(["Elsewhere"]).alias("categories"))
        .with_columns(pl.lit("2026-01-06").alias("day"))
    )
    for table, frame in (
        ("events", pl.concat([events, *planted]).sort("ts")),
        ("orders", pl.concat([orders, bought]).sort("ts")),
        ("products", pl.concat([products.filter(pl.col("updated_at") < until), dearer])),
    ):
        lake.replace_partition(table, frame, "2026-01-01", "2026-12-31")
    return lake


def test_features_are_the_same_whatever_comes_after(
    finished: Pipeline, exposures: pl.DataFrame, rewritten: Lake
) -> None:
    """The features of a day's exposures to the last bit, from the lake and from one with another future."""
    sql = statement("user_features")
    here = features_of(exposures, finished.lake, sql)
    assert here.height > 50
    assert here.filter(pl.col("views_7d") > 0).height > 20
    assert_frame_equal(features_of(exposures, rewritten, sql), here, check_exact=True)


def test_the_pipeline_writes_these_features(finished: Pipeline, exposures: pl.DataFrame) -> None:
    """What stands in ad_frame is what the statement gives, so the test above speaks of the pipeline."""
    here = features_of(exposures, finished.lake, statement("user_features")).sort("unit_id")
    stored = finished.lake.read("ad_frame").filter(pl.col("exposure_id").is_in(exposures["exposure_id"].to_list()))
    stored = stored.sort("exposure_id").select(
        pl.format("2026-01-06/{}", "exposure_id").alias("unit_id"), *USER_FEATURES
    )
    assert_frame_equal(here.select(stored.columns), stored, check_exact=True)


@pytest.mark.parametrize(
    ("written", "leaking"),
    [
        ("e.ts < u.ts AND", "e.ts <= u.ts AND"),
        ("e.ts < u.ts AND", "e.ts < u.until AND"),
        ("o.ts < u.ts AND", "o.ts <= u.ts AND"),
        ("o.ts < u.ts AND", "o.ts < u.until AND"),
        ("e.ts >= p.known_from AND (e.ts < p.known_until OR p.known_until IS NULL)", "p.known_until IS NULL"),
    ],
)
def test_a_planted_leak_is_caught(
    finished: Pipeline, exposures: pl.DataFrame, rewritten: Lake, written: str, leaking: str
) -> None:
    """A statement that reads the exposure's own instant, its outcome window or a later price fails the check above."""
    sql = statement("user_features")
    assert written in sql
    altered = sql.replace(written, leaking)
    with pytest.raises(AssertionError, match="are different"):
        assert_frame_equal(
            features_of(exposures, rewritten, altered), features_of(exposures, finished.lake, altered), check_exact=True
        )


def test_outcomes_are_of_the_attribution_window_alone(finished: Pipeline) -> None:
    """Each row's outcome and revenue, computed anew from the orders between exposure and end of window."""
    frame = finished.lake.read("ad_frame")
    orders = finished.lake.read("orders").select("user_id", "ts", "kind", "product_id", "quantity", "unit_price")
    is_sale, amount = pl.col("kind") == "sale", pl.col("quantity") * pl.col("unit_price")
    inside = (
        frame.select("exposure_id", "user_id", pl.col("ts").alias("exposed"))
        .join(orders, on="user_id")
        .filter((pl.col("ts") >= pl.col("exposed")) & (pl.col("ts") < pl.col("exposed") + timedelta(days=DAYS)))
        .group_by("exposure_id", "product_id")
        .agg(
            sold=pl.col("quantity").filter(is_sale).sum(),
            back=pl.col("quantity").filter(~is_sale).sum(),
            paid=amount.filter(is_sale).sum() - amount.filter(~is_sale).sum(),
        )
        .filter(pl.col("sold") > pl.col("back"))
        .group_by("exposure_id")
        .agg(pl.col("paid").clip(lower_bound=0).sum().alias("spent"))
    )
    both = frame.join(inside, on="exposure_id", how="left").with_columns(pl.col("spent").fill_null(0.0))
    assert both.filter(pl.col("outcome") == 1).height > 50
    assert both.filter((pl.col("outcome") == 1) != (pl.col("spent") > 0)).is_empty()
    assert both.filter((pl.col("revenue") - pl.col("spent")).abs() > 1e-6).is_empty()


def test_an_exposure_without_its_full_window_is_absent(finished: Pipeline) -> None:
    """Of the exposures those up to the last day less the window are in the frame, each on the day its window ended."""
    exposed = finished.lake.read("ad_exposures")
    frame = finished.lake.read("ad_frame")
    newest = (date.fromisoformat(LAST) - timedelta(days=DAYS)).isoformat()
    assert sorted(frame["exposure_id"]) == sorted(exposed.filter(pl.col("day") <= newest)["exposure_id"])
    ended = (frame["ts"] + timedelta(days=DAYS)).dt.strftime("%Y-%m-%d")
    assert (frame["day"] == ended).all()


def test_a_run_that_ends_within_the_windows_leaves_them_out(
    make_pipeline: Callable[..., Pipeline], finished: Pipeline
) -> None:
    """After the run of the first six days, only exposures of the days 1 to 3 have a row."""
    pipeline = make_pipeline()
    shutil.copytree(finished.home / "lake", pipeline.home / "lake")
    shutil.rmtree(Path(pipeline.lake.uri("ad_frame")))
    pipeline.run("features:2026-01-01:2026-01-06")
    frame = pipeline.lake.read("ad_frame")
    assert frame["ts"].dt.strftime("%Y-%m-%d").unique().sort().to_list() == ["2026-01-03"]
    assert frame.height == pipeline.lake.read("ad_exposures", None, "2026-01-03").height
