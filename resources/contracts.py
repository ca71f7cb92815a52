"""The canonical tables, declared once: columns, types, nullability, keys and rules.

What belongs here: the shape of each canonical table and the one function that splits rows into those that keep
the contract and those that break it. What does not: where rows come from (`resources.sources`) and where they
are written (`resources.lake`). The tables are read side by side, so they stay in one file of some 300 lines.

All times are UTC with microseconds. A column of lists also accepts text, split on ``|``.
A value that cannot be read is quarantined as it stands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from resources.column_types import normalised, unreadable_values

__all__ = [
    "CONTRACTS",
    "EVENT_KINDS",
    "ORDER_KINDS",
    "QUARANTINE_SCHEMA",
    "Contract",
    "Validated",
    "validate",
]

EVENT_KINDS = ("visit", "view", "add_to_cart", "remove_from_cart", "search", "click")
ORDER_KINDS = ("sale", "return", "cancellation")
MAX_ID = 200
MAX_TEXT = 20_000
MAX_MONEY = 1e12
"""Largest price and amount of an order line: sums of money are decimals with 14 digits before the point."""


class Products(dy.Schema):
    """A product as last known at ``updated_at``; ``categories`` holds paths such as ``Home > Lighting``."""

    product_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    title = dy.String(nullable=False, min_length=1, max_length=MAX_TEXT)
    description = dy.String(nullable=True, max_length=MAX_TEXT)
    brand = dy.String(nullable=True, max_length=MAX_ID)
    categories = dy.List(dy.String(), nullable=True)
    tags = dy.List(dy.String(), nullable=True)
    price = dy.Float64(nullable=True, min=0, allow_inf=False, allow_nan=False)
    in_stock = dy.Bool(nullable=False)
    image_url = dy.String(nullable=True, max_length=2_000)
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")

    @dy.rule()
    def price_is_bounded(cls) -> pl.Expr:
        """A price beyond MAX_MONEY is a mistake, and would stop every sum that it is in."""
        return (pl.col("price") <= MAX_MONEY) | ~pl.col("price").is_finite()


class Events(dy.Schema):
    """A visit, view, cart change, search or click; ``surface`` names the module that showed the product."""

    event_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC")
    kind = dy.String(nullable=False)
    user_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID)
    session_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID)
    product_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID)
    query = dy.String(nullable=True, max_length=1_000)
    surface = dy.String(nullable=True, max_length=MAX_ID)
    release = dy.String(nullable=True, max_length=MAX_ID)

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        """Only the kinds of EVENT_KINDS."""
        return pl.col("kind").is_in(EVENT_KINDS)

    @dy.rule()
    def has_actor(cls) -> pl.Expr:
        """A user, a session or both."""
        return pl.col("user_id").is_not_null() | pl.col("session_id").is_not_null()

    @dy.rule()
    def has_subject(cls) -> pl.Expr:
        """A search names its query; every other kind but a visit names its product."""
        return (
            pl.when(pl.col("kind") == "search")
            .then(pl.col("query").is_not_null())
            .when(pl.col("kind") == "visit")
            .then(pl.lit(True))
            .otherwise(pl.col("product_id").is_not_null())
        )


class Orders(dy.Schema):
    """An order line; a return or cancellation is a row of its own kind with a positive quantity."""

    order_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    line = dy.Int32(primary_key=True, min=1)
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC")
    kind = dy.String(nullable=False)
    user_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID)
    product_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID)
    quantity = dy.Int32(nullable=False, min=1)
    unit_price = dy.Float64(nullable=False, min=0, allow_inf=False, allow_nan=False)

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        """Only the kinds of ORDER_KINDS."""
        return pl.col("kind").is_in(ORDER_KINDS)

    @dy.rule()
    def amount_is_bounded(cls) -> pl.Expr:
        """An amount beyond MAX_MONEY is a mistake, and would stop every sum that it is in."""
        price = pl.col("unit_price")
        return (pl.col("quantity") * price <= MAX_MONEY) | ~price.is_finite()


class Users(dy.Schema):
    """Declared attributes of a user as last known at ``updated_at``."""

    user_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")
    numeric = dy.List(dy.Struct({"name": dy.String(), "value": dy.Float64(nullable=True)}), nullable=False)
    categorical = dy.List(dy.Struct({"name": dy.String(), "value": dy.String(nullable=True)}), nullable=False)


class AdExposures(dy.Schema):
    """An exposure to an arm of a campaign (``control`` or a treatment); ``cost`` in the shop's currency.

    ``assigned_at`` is when the arm was drawn, where that is logged.
    """

    exposure_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC")
    user_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID)
    campaign_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID)
    arm = dy.String(nullable=False, min_length=1, max_length=MAX_ID)
    propensity = dy.Float64(nullable=True, min_exclusive=0, max_exclusive=1)
    cost = dy.Float64(nullable=False, min=0, allow_inf=False, allow_nan=False)
    assigned_at = dy.Datetime(nullable=True, time_unit="us", time_zone="UTC")


class BannerImpressions(dy.Schema):
    """A banner shown in a slot; ``propensity`` is the probability with which the policy chose it."""

    impression_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC")
    slot = dy.String(nullable=False, min_length=1, max_length=MAX_ID)
    position = dy.Int32(nullable=False, min=1)
    banner_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID)
    propensity = dy.Float64(nullable=False, min_exclusive=0, max=1)
    reward = dy.Float64(nullable=False, min=0, max=1)
    context = dy.String(nullable=True, max_length=2_000)


class Judgments(dy.Schema):
    """How well a product answers a query by people's judgment as of ``updated_at``: up to 1 not at all, 3 perfectly."""

    query = dy.String(primary_key=True, min_length=1, max_length=1_000)
    product_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID)
    relevance = dy.Float64(nullable=False, min=0, max=3, allow_inf=False, allow_nan=False)
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC")


@dataclass(frozen=True, slots=True)
class Contract:
    """A canonical table: its schema, its time column, and whether it is a log or the latest state of a thing.

    A log is replaced day by day (``replace_partition``); the state of a thing (``is_state``) is merged by key, so
    that an earlier state that the source no longer holds stays readable.
    """

    name: str
    schema: type[dy.Schema]
    time: str
    is_state: bool = False

    @property
    def key(self) -> list[str]:
        """Names of the key columns."""
        return list(self.schema.primary_key())

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """Column names and their Polars types, in declared order."""
        return {name: column.dtype for name, column in self.schema.columns().items()}

    def empty(self) -> pl.DataFrame:
        """A frame with the contract's columns and no rows."""
        return pl.DataFrame(schema=self.columns)


CONTRACTS: Mapping[str, Contract] = {
    c.name: c
    for c in (
        Contract("products", Products, "updated_at", is_state=True),
        Contract("events", Events, "ts"),
        Contract("orders", Orders, "ts"),
        Contract("users", Users, "updated_at", is_state=True),
        Contract("ad_exposures", AdExposures, "ts"),
        Contract("banner_impressions", BannerImpressions, "ts"),
        Contract("judgments", Judgments, "updated_at", is_state=True),
    )
}

QUARANTINE_SCHEMA: Mapping[str, pl.DataType] = {
    "table": pl.String(),
    "rules": pl.List(pl.String()),
    "origin": pl.String(),
    "ts": pl.Datetime("us", "UTC"),
    "row": pl.String(),
}
"""Columns of the quarantine: ``rules`` that the row broke, its ``origin``, and the row itself as JSON."""


@dataclass(frozen=True, slots=True)
class Validated:
    """Rows that keep the contract, sorted by key, and rows that do not (columns: QUARANTINE_SCHEMA)."""

    rows: pl.DataFrame
    quarantined: pl.DataFrame


def validate(contract: Contract, frame: pl.DataFrame, *, origin: str) -> Validated:
    """Split ``frame`` into rows that keep ``contract`` and rows that break it.

    Of several rows with one key on one day the first in the order of all columns stays, and the others break the
    rule ``primary_key``. Missing nullable columns are filled with nulls; columns that the contract lacks are ignored.

    Args:
        contract: The canonical table.
        frame: Rows as a source yields them, in any order.
        origin: Where the rows came from, for the quarantine.

    Raises:
        ValueError: If a column that may not be null is missing altogether, or has a type that no cast can change.
    """
    columns = contract.columns
    missing = [c for c in columns if c not in frame.columns]
    required = [c for c in missing if not contract.schema.columns()[c].nullable]
    if required:
        raise ValueError(
            f"{origin}: the query for '{contract.name}' yields no column {', '.join(map(repr, required))}, which the "
            f"contract requires; it yields {frame.columns}. Add the column to the query."
        )
    frame = frame.with_columns(pl.lit(None, dtype=columns[c]).alias(c) for c in missing)
    frame = frame.select(list(columns)).with_columns(unreadable_values(frame.schema, columns).alias("rules"))
    unreadable = _as_quarantine(contract, frame.filter(pl.col("rules").list.len() > 0), origin)
    frame = frame.filter(pl.col("rules").list.len() == 0).select(
        normalised(c, dtype, frame.schema[c]) for c, dtype in columns.items()
    )
    try:
        good, failure = contract.schema.filter(frame, cast=True)
    except pl.exceptions.InvalidOperationError as error:
        raise ValueError(
            f"{origin}: a column of the query for '{contract.name}' has a type that cannot become the contract's: "
            f"{error}. Cast it in the query; the contract wants {columns}."
        ) from error
    details = failure.details().rename({c: f"rule:{c}" for c in failure.details().columns if c not in columns})
    if details.is_empty():
        return Validated(good.sort(contract.key), unreadable)
    details = _mark_rules(details, [c for c in details.columns if c.startswith("rule:")])
    # Within a day only: else what is kept of a day would depend on which other days were read along with it.
    day = pl.col(contract.time).cast(columns[contract.time]).dt.date()
    identity = pl.struct(*contract.key, day.alias("on"))
    others = pl.col("rules").list.eval(pl.element().filter(pl.element() != "primary_key"))
    details = details.with_columns(pl.when(identity.is_unique()).then(others).otherwise("rules").alias("rules"))
    only_key = others.list.len() == 0
    repeated = details.filter(only_key).sort(list(columns), nulls_last=True)
    firsts = repeated.filter(identity.is_first_distinct())
    rest = repeated.filter(~identity.is_first_distinct())
    kept = contract.schema.cast(firsts.select(list(columns)))
    # A key that also stands in a good row (the repeat differed only in a broken row) is not possible here: the
    # library marks every row of a repeated key, so `firsts` and `good` share no key.
    rows = pl.concat([pl.DataFrame(good), pl.DataFrame(kept)]).sort(*contract.key, contract.time)
    broken = pl.concat([details.filter(~only_key), rest])
    quarantined = pl.concat([unreadable, _as_quarantine(contract, broken, origin)])
    return Validated(rows, quarantined.sort("row", "rules"))


def _mark_rules(details: pl.DataFrame, rule_columns: list[str]) -> pl.DataFrame:
    """Gather the names of the broken rules of each row into the list column ``rules``."""
    names = [
        pl.when(pl.col(c).cast(pl.String) == "invalid").then(pl.lit(c.removeprefix("rule:"))) for c in rule_columns
    ]
    return details.with_columns(pl.concat_list(names).list.drop_nulls().alias("rules")).drop(rule_columns)


def _as_quarantine(contract: Contract, broken: pl.DataFrame, origin: str) -> pl.DataFrame:
    """Rows of the quarantine table, sorted so that the same input gives the same table."""
    columns = list(contract.columns)
    when = pl.col(contract.time)
    as_time = when if isinstance(broken.schema[contract.time], pl.Datetime) else pl.lit(None)
    rows = [json.dumps(r, default=str, sort_keys=True) for r in broken.select(columns).iter_rows(named=True)]
    return (
        broken.select(
            pl.lit(contract.name).alias("table"),
            "rules",
            pl.lit(origin).alias("origin"),
            as_time.cast(pl.Datetime("us", "UTC")).alias("ts"),
            pl.Series("row", rows, dtype=pl.String),
        )
        .sort("row")
        .select(list(QUARANTINE_SCHEMA))
    )
