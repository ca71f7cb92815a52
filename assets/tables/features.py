"""Features: sessions, baskets, product statistics, user profiles and the uplift frame, each a daily table.

What belongs here: which statement reads which window. What does not: the statements (`assets.tables.sql`).
"""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from assets.daily.partitions import days_before
from assets.daily.tables import Span, Written, daily_table
from assets.daily.windows import (
    BREADTH,
    BREADTH_DAYS,
    HISTORY,
    HISTORY_AND_OUTCOMES,
    SAME_DAY,
    STATE,
    VISIT_DAYS,
    VISITS,
)
from assets.tables.checks import ANSWERED, IDS_JOIN, ROBOTS, answered_check, ids_join_check, robots_check
from assets.tables.lineage import column_lineage
from assets.tables.point_in_time import products_for_features, units_of, with_attributes
from assets.tables.sql import statement
from resources.contracts.overlap import overlaps
from resources.engine import Engine, Relation
from resources.ingestion.ingest import CHUNK_DAYS, midnight
from resources.lake import TableFiles
from resources.shop import Robots

__all__ = [
    "FEATURE_TABLES",
    "ad_frame",
    "baskets",
    "product_stats",
    "returns",
    "robot_limits",
    "robots",
    "searches",
    "sessions",
    "user_profiles",
]

_SQL = {"duckdb", "deltalake"}
_SQL_AND_POLARS = {*_SQL, "polars"}


def _transform(span: Span, *inputs: str, days: int = 1, **frames: pl.DataFrame) -> Written:
    """Run ``<table>.sql`` over ``inputs`` and ``frames``, and write its rows, a month at a time.

    It reads the days that are written, and with ``days`` above 1 those before them, as many as end with the first.
    """
    start, rows = span.first, 0
    while start <= span.last:
        end = min(start + timedelta(days=CHUNK_DAYS - 1), span.last)
        since = days_before(str(start), days - 1)
        relations: dict[str, Relation] = {name: span.lake.files(name, since, str(end)) for name in inputs}
        relations |= frames
        frame = span.engine.query(statement(span.table), relations).filter(pl.col("day") >= str(start))
        span.write(frame, start, end)
        rows += frame.height
        start = end + timedelta(days=1)
    return Written(rows, {"dagster/column_lineage": column_lineage(span.table, span.table)})


def robot_limits(said: Robots) -> dict[str, pl.DataFrame]:
    """What ``robots.sql`` is given beside the log: the shop's limits, and the agents and users that it knows."""
    limits = {
        name: [getattr(said, name)]
        for name in ("max_looks", "quick_looks", "quick_seconds", "max_repeats", "max_products", "max_visits")
    }
    return {
        "limits": pl.DataFrame(limits),
        "robot_agents": pl.DataFrame({"word": [word.lower() for word in said.agents]}, schema={"word": pl.String}),
        "robot_users": pl.DataFrame({"user_id": list(dict.fromkeys(said.users))}, schema={"user_id": pl.String}),
    }


@daily_table(group="features", kinds=_SQL, reads={"events": BREADTH}, checks=(ROBOTS,))
def robots(span: Span) -> Written:
    """Visitors taken for robots, a visitor being a session, or a user without one: nothing is learnt of them."""
    written = _transform(span, "events", days=BREADTH_DAYS, **robot_limits(span.shop.robots))
    events = span.lake.read("events", str(span.first), str(span.last), columns=["day", "user_id", "session_id"])
    found = span.lake.read("robots", str(span.first), str(span.last))
    return replace(written, checks=[robots_check(found, events)])


@daily_table(group="features", kinds=_SQL, reads={"events": VISITS, "robots": VISITS})
def sessions(span: Span) -> Written:
    """Product interactions of people in session order; a session ends after idle minutes, not at midnight."""
    limits = pl.DataFrame({"idle_minutes": [span.shop.sessions.idle_minutes]}, schema={"idle_minutes": pl.Int64})
    return _transform(span, "events", "robots", days=VISIT_DAYS, limits=limits)


@daily_table(group="features", kinds=_SQL, reads={"orders": SAME_DAY})
def baskets(span: Span) -> Written:
    """What was bought together: one row a product of an order."""
    return _transform(span, "orders")


@daily_table(group="features", kinds=_SQL, reads={"orders": SAME_DAY})
def returns(span: Span) -> Written:
    """What was sent back or cancelled: one row a product of an order."""
    return _transform(span, "orders")


@daily_table(group="features", kinds=_SQL, reads={"events": SAME_DAY, "orders": SAME_DAY, "robots": SAME_DAY})
def product_stats(span: Span) -> Written:
    """A product's day: how many people saw, clicked and put it in a cart, how much was sold and returned, revenue."""
    return _transform(span, "events", "orders", "robots")


@daily_table(
    group="features",
    kinds=_SQL,
    reads={"events": SAME_DAY, "orders": SAME_DAY, "robots": SAME_DAY},
    checks=(ANSWERED,),
)
def searches(span: Span) -> Written:
    """What each search led to: the products that its shopper then clicked, put in the cart or bought."""
    written = _transform(span, "events", "orders", "robots")
    rows = span.lake.read("searches", str(span.first), str(span.last), columns=["search_id", "product_id"])
    return replace(written, checks=[answered_check(rows)])


def _user_features(
    engine: Engine, units: pl.DataFrame, events: TableFiles, orders: TableFiles, products: pl.DataFrame
) -> pl.DataFrame:
    """Features of ``units`` [unit_id, user_id, ts, since, …] from logs, and products as known on the last day."""
    logs = {"events": events, "orders": orders}
    return engine.query(
        statement("user_features"), {"units": units, "products": products_for_features(products), **logs}
    )


_OF_USERS = {"events": HISTORY, "orders": HISTORY, "ad_exposures": HISTORY, "users": STATE, "products": STATE}


@daily_table(group="features", kinds=_SQL_AND_POLARS, reads=_OF_USERS, checks=(IDS_JOIN,))
def user_profiles(span: Span) -> Written:
    """Every user who was active in the history window or has declared attributes, as known at the end of the day."""
    history_days = HISTORY.days(span.shop)
    began, ends = days_before(str(span.first), history_days - 1), str(span.last)
    logs = {table: span.lake.files(table, began, ends) for table in ("events", "orders", "ad_exposures")}
    all_users, all_products = (span.lake.read(table, None, ends) for table in ("users", "products"))
    rows = 0
    for day in span.days:
        on = date.fromisoformat(day)
        until = midnight(on + timedelta(days=1))
        since = days_before(day, history_days - 1)
        events, orders, exposures = (files.between(since, day) for files in logs.values())
        users, products = (state.filter(pl.col("day") <= day) for state in (all_users, all_products))
        seen = {"events": events, "orders": orders, "exposures": exposures}
        units = span.engine.query(statement("known_users"), {"users": users.select("user_id"), **seen}).select(
            pl.col("user_id").alias("unit_id"),
            "user_id",
            pl.lit(until).dt.cast_time_unit("us").alias("ts"),
            pl.lit(until - timedelta(days=history_days)).dt.cast_time_unit("us").alias("since"),
        )
        features = _user_features(span.engine, units, events, orders, products)
        profiles = with_attributes(units.join(features, on="unit_id"), users)
        # Day by day: every day has all users, so a long history would not fit in memory at once.
        span.write(profiles.with_columns(pl.lit(day).alias("day")).sort("user_id"), on, on)
        rows += profiles.height
        if len(span.days) > 1:
            span.log(f"user_profiles as of {day}: {profiles.height:,} users")
    metadata = {"dagster/column_lineage": column_lineage("user_features", span.table)}
    return Written(rows, metadata, [ids_join_check(overlaps(_ids_of(span)))])


def _ids_of(span: Span) -> dict[str, pl.DataFrame]:
    """The ids of each table as known on the last day; of events, which are many, those of that day alone."""
    day = span.days[-1]
    since = HISTORY.first(span.shop, day)
    both = ["user_id", "product_id"]
    return {
        "events": span.lake.read("events", day, day, columns=both),
        "orders": span.lake.read("orders", since, day, columns=both),
        "ad_exposures": span.lake.read("ad_exposures", since, day, columns=["user_id"]),
        "users": span.lake.read("users", None, day, columns=["user_id"]),
        "products": span.lake.read("products", None, day, columns=["product_id"]),
    }


@daily_table(
    group="features",
    kinds=_SQL_AND_POLARS,
    reads={name: HISTORY_AND_OUTCOMES if window is HISTORY else window for name, window in _OF_USERS.items()},
)
def ad_frame(span: Span) -> Written:
    """The uplift frame: exposures whose attribution window ended with the partition's day.

    Point in time: features are what was known strictly before the exposure, outcomes are what happened from it to the
    end of the attribution window. An exposure whose window is not over is in no partition yet. Of several campaigns
    each has its own rows, by its own arms, outcome and window; features are computed once for all.
    """
    campaigns, lake = [of.campaign for of in span.shop.by_campaign.values()], span.lake
    exposed = [
        days_before(str(span.first), max(campaign.attribution_days for campaign in campaigns)),
        days_before(str(span.last), min(campaign.attribution_days for campaign in campaigns)),
    ]
    since = days_before(exposed[0], HISTORY.days(span.shop))
    units = units_of(lake.read("ad_exposures", exposed[0], exposed[1]), span.shop, str(span.first), str(span.last))
    events, orders = (lake.files(table, since, exposed[1]) for table in ("events", "orders"))
    features = _user_features(span.engine, units, events, orders, lake.read("products", None, exposed[1]))
    outcomes = span.engine.query(
        statement("exposure_outcomes"),
        {
            "units": units,
            "events": lake.files("events", exposed[0], str(span.last)),
            "orders": lake.files("orders", exposed[0], str(span.last)),
        },
    )
    is_visit = pl.col("response") == "visit"
    joined = units.join(features, on="unit_id").join(outcomes, on="unit_id")
    frame = with_attributes(joined, lake.read("users", None, exposed[1])).with_columns(
        pl.when(is_visit).then("visit").otherwise("purchase").alias("outcome"),
        pl.when(is_visit).then("visit_at").otherwise("purchase_at").alias("responded_at"),
        pl.max_horizontal("known_at", "attributes_at").alias("known_at"),
    )
    span.write(frame.sort("day", "exposure_id"), span.first, span.last)
    return Written(frame.height, {"dagster/column_lineage": column_lineage("user_features", span.table)})


FEATURE_TABLES = (robots, sessions, baskets, returns, product_stats, searches, user_profiles, ad_frame)
