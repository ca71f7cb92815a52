"""Interaction tables as the arrays that recommenders are fitted on.

What belongs here: which rows, with which weight and age. What does not: fitting (`assets.models`).
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.popularity.user_histories import KINDS, PURCHASE
from assets.models.products.catalogue import Catalogue, ancestors
from assets.tables.kept import kept_baskets, kept_share
from assets.tables.point_in_time import first_known, latest_state
from evaluation.arrays import Floats, Ints, Ints32
from resources.ingestion.ingest import midnight
from resources.lake import Lake
from resources.shop import EventWeights

__all__ = [
    "Interactions",
    "age_days",
    "arrival_days",
    "basket_rows",
    "known_days",
    "popularity_rows",
    "session_rows",
    "user_category_rows",
    "user_history_rows",
    "user_rows",
    "user_segments",
]


class Interactions(NamedTuple):
    """Rows of interaction: ``group`` int64[m] (session or basket number), ``item`` int32[m], ``ts`` int64[m] (µs)."""

    group: Ints
    item: Ints32
    ts: Ints
    user: pl.Series
    """Ids, null for a guest."""


def _with_items(frame: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Add the column ``item`` and drop rows of products that the catalogue does not hold.

    What was replaced counts for the product in its place.
    """
    positions = catalogue.frame.select("product_id").with_row_index("item").with_columns(pl.col("item").cast(pl.Int32))
    frame = frame.with_columns(pl.col("product_id").replace(catalogue.replaced))
    return frame.join(positions, on="product_id", how="inner", maintain_order="left")


def _grouped(frame: pl.DataFrame, key: str) -> Interactions:
    number = frame[key].rank("dense").cast(pl.Int64) if frame.height else pl.Series([], dtype=pl.Int64)
    return Interactions(
        (number - 1).to_numpy().astype(np.int64),
        frame["item"].to_numpy().astype(np.int32),
        frame["ts"].dt.epoch("us").to_numpy().astype(np.int64),
        frame["user_id"],
    )


def session_rows(lake: Lake, catalogue: Catalogue, first: str, last: str) -> Interactions:
    """Session interactions of the days ``first`` to ``last``, in session order."""
    rows = _with_items(lake.read("sessions", first, last), catalogue)
    return _grouped(rows.sort("session_id", "position"), "session_id")


def basket_rows(lake: Lake, catalogue: Catalogue, first: str, last: str) -> Interactions:
    """Products of the baskets of the days ``first`` to ``last`` that were not sent back by then."""
    rows = _with_items(kept_baskets(lake, first, last), catalogue)
    return _grouped(rows.sort("basket_id", "product_id"), "basket_id")


def _age_days(day: pl.Expr, as_of: str) -> pl.Expr:
    """Whole days from a ``day`` column to ``as_of``."""
    return (pl.lit(date.fromisoformat(as_of)) - day.str.to_date()).dt.total_days().cast(pl.Float64)


def age_days(ts: Ints, as_of: str) -> Floats:
    """Days from instants in µs to the end of the day ``as_of``: float64[m]."""
    return np.asarray((_end_of(as_of).timestamp() * 1e6 - ts) / (86_400 * 1e6), dtype=np.float64)


def _end_of(day: str) -> datetime:
    return midnight(date.fromisoformat(day) + timedelta(days=1))


def popularity_rows(
    lake: Lake, catalogue: Catalogue, first: str, as_of: str, weights: EventWeights
) -> tuple[Ints32, Floats, Floats]:
    """``(item, weight, age_days)`` of the product statistics of the days ``first`` to ``as_of``.

    A buyer of a day counts as far as what was sold then has not been sent back by ``as_of``.
    """
    rows = _with_items(lake.read("product_stats", first, as_of), catalogue).sort("item", "day")
    share = kept_share(pl.col("units_sold"), pl.col("units_returned"), ["item"])
    # Days that were written before buyers were counted have orders.
    rows = rows.with_columns((pl.col("buyers").fill_null(pl.col("orders")) * share).alias("kept"))
    counted = (
        ("views", weights.view),
        ("clicks", weights.click),
        ("carts", weights.add_to_cart),
        ("kept", weights.purchase),
    )
    weight = pl.sum_horizontal(pl.col(column).cast(pl.Float64) * w for column, w in counted)
    rows = rows.select("item", weight.alias("weight"), _age_days(pl.col("day"), as_of).alias("age"))
    return rows["item"].to_numpy(), rows["weight"].to_numpy(), rows["age"].to_numpy()


def known_days(lake: Lake, catalogue: Catalogue, as_of: str) -> Floats:
    """Days since each product was first heard of: float64[n_items] ≥ 0, 0 where that is not known."""
    came = _first_states(lake, catalogue, as_of)
    return came["age"].fill_null(0.0).clip(0).to_numpy().astype(np.float64)


def arrival_days(lake: Lake, catalogue: Catalogue, as_of: str) -> Floats:
    """The same of products that came later than the shop's first: infinite for those of its first day, or unknown."""
    came = _first_states(lake, catalogue, as_of)
    days = came.select(
        pl.when("since_ever").then(float("inf")).otherwise(pl.col("age")).fill_null(float("inf")).clip(0)
    )
    return days.to_series().to_numpy().astype(np.float64)


def _first_states(lake: Lake, catalogue: Catalogue, as_of: str) -> pl.DataFrame:
    """``product_id``, ``age`` in days at the end of ``as_of``, and ``since_ever``; null where it is not known."""
    first = first_known(lake.read("products", None, as_of))
    came = catalogue.frame.select("product_id").join(first, on="product_id", how="left", maintain_order="left")
    age = (pl.lit(_end_of(as_of)).dt.cast_time_unit("us") - pl.col("created_at")).dt.total_seconds() / 86_400
    return came.select("product_id", age.alias("age"), "since_ever")


def user_segments(lake: Lake, attribute: str, as_of: str) -> dict[str, str]:
    """User → value of a categorical attribute, as last known at the end of ``as_of``, of those who have one."""
    users = latest_state(lake.read("users", None, as_of), "user_id")
    named = users.select("user_id", "categorical").explode("categorical").unnest("categorical")
    held = named.filter(pl.col("name") == attribute).drop_nulls("value").sort("user_id")
    return dict(zip(held["user_id"].to_list(), held["value"].to_list(), strict=True))


def user_category_rows(lake: Lake, catalogue: Catalogue, first: str, as_of: str, weights: EventWeights) -> pl.DataFrame:
    """``user_id, category`` (index of the name), ``weight, age_days`` of known users' views, carts and purchases.

    Each interaction counts for the most specific categories of its product.
    """
    paths = catalogue.frame.select("product_id", pl.col("categories").alias("path")).explode("path").drop_nulls()
    # As the catalogue names them, however a path is spaced.
    written = [(path, above[-1]) for path in paths["path"].unique() if (above := ancestors(path))]
    spelt = pl.DataFrame(written, schema={"path": pl.String, "name": pl.String}, orient="row")
    leaves = paths.join(spelt, on="path").select("product_id", "name").unique()
    names = pl.DataFrame(
        {"name": catalogue.category_names, "category": np.arange(len(catalogue.category_names), dtype=np.int32)},
        schema_overrides={"name": pl.String},
    )
    return (
        user_rows(lake, first, as_of, weights)
        .with_columns(pl.col("product_id").replace(catalogue.replaced))
        .join(leaves.join(names, on="name"), on="product_id")
        .select("user_id", "category", "weight", "age_days")
        .sort("user_id", "category", "age_days", "weight")
    )


def user_history_rows(lake: Lake, catalogue: Catalogue, first: str, as_of: str) -> pl.DataFrame:
    """``user_id, item, kind, seconds`` (since 1970) of known users' views, clicks, carts and purchases that they kept.

    ``kind`` is a number of `assets.models.popularity.user_histories.KINDS`.
    """
    number = {name: place for place, name in enumerate(KINDS)}
    viewed = lake.read("sessions", first, as_of).select(
        "user_id", "product_id", "ts", pl.col("kind").replace_strict(number, return_dtype=pl.Int8)
    )
    bought = kept_baskets(lake, first, as_of).select(
        "user_id", "product_id", "ts", pl.lit(PURCHASE, dtype=pl.Int8).alias("kind")
    )
    rows = _with_items(pl.concat([viewed, bought]).drop_nulls("user_id"), catalogue)
    return rows.select("user_id", "item", "kind", pl.col("ts").dt.epoch("s").alias("seconds"))


def user_rows(lake: Lake, first: str, as_of: str, weights: EventWeights) -> pl.DataFrame:
    """``user_id, product_id, weight, age_days`` of known users' views, carts and purchases that they kept."""
    of_kind = {"view": weights.view, "click": weights.click, "add_to_cart": weights.add_to_cart}
    viewed = lake.read("sessions", first, as_of).select(
        "user_id", "product_id", "ts", pl.col("kind").replace_strict(of_kind, default=0.0).alias("weight")
    )
    bought = kept_baskets(lake, first, as_of).select(
        "user_id", "product_id", "ts", pl.lit(weights.purchase, dtype=pl.Float64).alias("weight")
    )
    age = (pl.lit(_end_of(as_of)).dt.cast_time_unit("us") - pl.col("ts")).dt.total_seconds() / 86_400
    rows = pl.concat([viewed, bought]).drop_nulls("user_id")
    return rows.select("user_id", "product_id", "weight", age.alias("age_days"))
