"""Features: sessions, baskets, product statistics, user profiles and the uplift frame, each a daily table.

What belongs here: which statement reads which window. What does not: the statements (`assets.sql`).
"""

from collections.abc import Mapping
from datetime import date, timedelta

import dagster as dg
import polars as pl

from assets.partitions import EVERY_EARLIER_DAY, SAME_DAY, SHOP, daily_asset, days_before, trailing, window
from assets.point_in_time import outcome_window, products_for_features, with_attributes
from assets.sql import statement
from resources.engine import Engine, Relation
from resources.ingest import CHUNK_DAYS, midnight
from resources.lake import Lake
from resources.shop import Shop
from resources.tables import TABLES

__all__ = ["FEATURE_ASSETS"]


def _described(rows: int, version: int | None, inputs: Mapping[str, Relation]) -> dg.MaterializeResult:
    """Say what was read and written."""
    read = {name: files.version for name, files in inputs.items() if not isinstance(files, pl.DataFrame)}
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(rows),
        "delta_versions_read": dg.MetadataValue.json(read),
    }
    if version is not None:
        metadata["delta_version"] = dg.MetadataValue.int(version)
    if missing := sorted(name for name, at in read.items() if at is None):
        metadata["skipped"] = dg.MetadataValue.text(f"no rows of {', '.join(missing)} have ever been read")
    return dg.MaterializeResult(metadata=metadata)


def _write(lake: Lake, table: str, frame: pl.DataFrame, first: date, last: date) -> int:
    """Replace the days of ``table``; returns the version written."""
    return lake.replace_partition(table, frame.select(list(TABLES[table])), str(first), str(last))


def _tables_read(lake: Lake, *tables: str) -> dict[str, Relation]:
    """The present versions of those ``tables`` that exist: a shop need not have every one."""
    found = {table: lake.files(table) for table in tables}
    return {table: files for table, files in found.items() if files.version is not None}


def _transform(
    context: dg.AssetExecutionContext, lake: Lake, engine: Engine, table: str, inputs: tuple[str, ...]
) -> dg.MaterializeResult:
    """Run ``<table>.sql`` over the same days of ``inputs`` and write its rows, a month at a time."""
    start, last = window(context.partition_keys)
    rows, version = 0, None
    relations: dict[str, Relation] = {}
    while start <= last:
        end = min(start + timedelta(days=CHUNK_DAYS - 1), last)
        relations = {name: lake.files(name, str(start), str(end)) for name in inputs}
        frame = engine.query(statement(table), relations)
        version = _write(lake, table, frame, start, end)
        rows += frame.height
        start = end + timedelta(days=1)
    return _described(rows, version, relations)


@daily_asset(
    group_name="features",
    kinds={"duckdb", "deltalake"},
    deps=[dg.AssetDep("events", partition_mapping=SAME_DAY)],
)
def sessions(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], engine: dg.ResourceParam[Engine]
) -> dg.MaterializeResult:
    """Product interactions in session order; a session ends after 30 idle minutes or at UTC midnight."""
    return _transform(context, lake, engine, "sessions", ("events",))


@daily_asset(
    group_name="features",
    kinds={"duckdb", "deltalake"},
    deps=[dg.AssetDep("orders", partition_mapping=SAME_DAY)],
)
def baskets(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], engine: dg.ResourceParam[Engine]
) -> dg.MaterializeResult:
    """What was bought together: one row a product of an order."""
    return _transform(context, lake, engine, "baskets", ("orders",))


@daily_asset(
    group_name="features",
    kinds={"duckdb", "deltalake"},
    deps=[dg.AssetDep(table, partition_mapping=SAME_DAY) for table in ("events", "orders")],
)
def product_stats(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], engine: dg.ResourceParam[Engine]
) -> dg.MaterializeResult:
    """A product's day: views, clicks, carts, units sold and returned, revenue."""
    return _transform(context, lake, engine, "product_stats", ("events", "orders"))


@daily_asset(
    group_name="features",
    kinds={"duckdb", "deltalake"},
    deps=[dg.AssetDep(table, partition_mapping=SAME_DAY) for table in ("events", "orders")],
)
def searches(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], engine: dg.ResourceParam[Engine]
) -> dg.MaterializeResult:
    """What each search led to: the products that its shopper then clicked, put in the cart or bought."""
    return _transform(context, lake, engine, "searches", ("events", "orders"))


def _user_features(lake: Lake, engine: Engine, units: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """Features of ``units`` [unit_id, user_id, ts, since, …] from the logs of the days ``first`` to ``last``."""
    return engine.query(
        statement("user_features"),
        {
            "units": units,
            "events": lake.files("events", first, last),
            "orders": lake.files("orders", first, last),
            "products": products_for_features(lake.read("products", None, last)),
        },
    )


@daily_asset(
    group_name="features",
    kinds={"duckdb", "polars", "deltalake"},
    deps=[
        dg.AssetDep(table, partition_mapping=trailing(SHOP.campaign.history_days))
        for table in ("events", "orders", "ad_exposures")
    ]
    + [dg.AssetDep(table, partition_mapping=EVERY_EARLIER_DAY) for table in ("users", "products")],
)
def user_profiles(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    engine: dg.ResourceParam[Engine],
) -> dg.MaterializeResult:
    """Every user who was active in the history window or has declared attributes, as known at the end of the day."""
    read = _tables_read(lake, "events", "orders", "ad_exposures", "users", "products")
    rows, version = 0, None
    for day in sorted(context.partition_keys):
        until = midnight(date.fromisoformat(day) + timedelta(days=1))
        since = days_before(day, shop.campaign.history_days - 1)
        users = lake.read("users", None, day)
        relations: dict[str, Relation] = {
            "events": lake.files("events", since, day),
            "orders": lake.files("orders", since, day),
            "exposures": lake.files("ad_exposures", since, day),
            "users": users.select("user_id"),
        }
        known = engine.query(statement("known_users"), relations)
        units = known.select(
            pl.col("user_id").alias("unit_id"),
            "user_id",
            pl.lit(until).dt.cast_time_unit("us").alias("ts"),
            pl.lit(until - timedelta(days=shop.campaign.history_days)).dt.cast_time_unit("us").alias("since"),
        )
        features = _user_features(lake, engine, units, since, day)
        profiles = with_attributes(units.join(features, on="unit_id"), users)
        # Day by day: every day has all users, so a long history would not fit in memory at once.
        frame, on = profiles.with_columns(pl.lit(day).alias("day")).sort("user_id"), date.fromisoformat(day)
        version = _write(lake, "user_profiles", frame, on, on)
        rows += frame.height
        if len(context.partition_keys) > 1:
            context.log.info(f"user_profiles as of {day}: {profiles.height:,} users")
    return _described(rows, version, read)


@daily_asset(
    group_name="features",
    kinds={"duckdb", "polars", "deltalake"},
    deps=[
        dg.AssetDep(table, partition_mapping=trailing(SHOP.campaign.history_days + SHOP.campaign.attribution_days + 1))
        for table in ("events", "orders", "ad_exposures")
    ]
    + [dg.AssetDep(table, partition_mapping=EVERY_EARLIER_DAY) for table in ("users", "products")],
)
def ad_frame(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    engine: dg.ResourceParam[Engine],
) -> dg.MaterializeResult:
    """The uplift frame: exposures whose attribution window ended with the partition's day.

    Point in time: features are what was known strictly before the exposure, outcomes are what happened from it to the
    end of the attribution window. An exposure whose window is not over is in no partition yet.
    """
    first, last = window(context.partition_keys)
    campaign = shop.campaign
    read = _tables_read(lake, "events", "orders", "ad_exposures", "users", "products")
    exposed = [days_before(str(day), campaign.attribution_days) for day in (first, last)]
    since = days_before(exposed[0], campaign.history_days)
    units = outcome_window(lake.read("ad_exposures", exposed[0], exposed[1]), campaign)
    features = _user_features(lake, engine, units, since, exposed[1])
    outcomes = engine.query(
        statement("exposure_outcomes"),
        {
            "units": units,
            "events": lake.files("events", exposed[0], str(last)),
            "orders": lake.files("orders", exposed[0], str(last)),
        },
    )
    joined = units.join(features, on="unit_id").join(outcomes, on="unit_id")
    frame = with_attributes(joined, lake.read("users", None, exposed[1])).with_columns(
        pl.col(campaign.outcome).alias("outcome"),
        pl.col(f"{campaign.outcome}_at").alias("responded_at"),
        pl.max_horizontal("known_at", "attributes_at").alias("known_at"),
        (pl.col("ts").dt.date() + pl.duration(days=campaign.attribution_days)).dt.strftime("%Y-%m-%d").alias("day"),
    )
    version = _write(lake, "ad_frame", frame.sort("day", "exposure_id"), first, last)
    return _described(frame.height, version, read)


FEATURE_ASSETS = [sessions, baskets, product_stats, searches, user_profiles, ad_frame]
