"""The canonical tables, declared once: columns, types, nullability, keys and rules.

What belongs here: the shape of each canonical table. What does not: which rows keep to it
(`resources.contracts.validation`), where rows come from (`resources.sources`) and where they are written
(`resources.lake`). All times are UTC with microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

__all__ = ["CONTRACTS", "EVENT_KINDS", "MAX_ID", "ORDER_KINDS", "Contract"]

EVENT_KINDS = ("visit", "view", "add_to_cart", "remove_from_cart", "search", "click")
ORDER_KINDS = ("sale", "return", "cancellation")
MAX_ID = 200
MAX_TEXT = 20_000
MAX_MONEY = 1e12
"""Largest price and amount of an order line: sums of money are decimals with 14 digits before the point."""
MIN_QUANTITY, MAX_QUANTITY = 1e-6, 1e10
"""Smallest and largest quantity of an order line: their sums are decimals with 6 digits after the point."""


class Products(dy.Schema):
    """A product as last known at ``updated_at``; ``categories`` holds paths such as ``Home > Lighting``."""

    product_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The product")
    title = dy.String(nullable=False, min_length=1, max_length=MAX_TEXT, description="What it is called")
    description = dy.String(nullable=True, max_length=MAX_TEXT, description="What is written about it")
    brand = dy.String(nullable=True, max_length=MAX_ID, description="Who makes it")
    categories = dy.List(dy.String(), nullable=True, description="Paths such as `Home > Lighting`")
    tags = dy.List(dy.String(), nullable=True, description="Words, or `name:value` attributes")
    price = dy.Float64(
        nullable=True, min=0, allow_inf=False, allow_nan=False, description="In the shop's currency; unknown where null"
    )
    in_stock = dy.Bool(nullable=False, description="Whether it can be bought now")
    removed = dy.Bool(nullable=True, description="Whether it has left the shop: then it is in no list, and not found")
    replaced_by = dy.String(
        nullable=True, min_length=1, max_length=MAX_ID, description="The product that takes its place, and its history"
    )
    image_url = dy.String(nullable=True, max_length=2_000, description="Address of its picture")
    created_at = dy.Datetime(
        nullable=True,
        time_unit="us",
        time_zone="UTC",
        description="Since when it is offered; where null, since its first state",
    )
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC", description="From when on this is so")

    @dy.rule()
    def price_is_bounded(cls) -> pl.Expr:
        """A price beyond MAX_MONEY is a mistake, and would stop every sum that it is in."""
        return (pl.col("price") <= MAX_MONEY) | ~pl.col("price").is_finite()


class Events(dy.Schema):
    """A visit, view, cart change, search or click; ``surface`` names the module that showed the product."""

    event_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The event")
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC", description="When it happened")
    kind = dy.String(nullable=False, description="visit, view, add_to_cart, remove_from_cart, search or click")
    user_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID, description="Who, if known")
    session_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID, description="In which visit, if known")
    product_id = dy.String(
        nullable=True, min_length=1, max_length=MAX_ID, description="What it was about; null for a visit or search"
    )
    query = dy.String(nullable=True, max_length=1_000, description="What was searched for")
    surface = dy.String(
        nullable=True, max_length=MAX_ID, description="Which list showed the product: search, similar …"
    )
    release = dy.String(nullable=True, max_length=MAX_ID, description="Version of the release that answered")
    agent = dy.String(nullable=True, max_length=2_000, description="What the browser calls itself (User-Agent)")

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

    order_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The order")
    line = dy.Int32(primary_key=True, min=1, description="Number of the line in the order, from 1")
    ts = dy.Datetime(
        nullable=False, time_unit="us", time_zone="UTC", description="When it was placed, sent back or cancelled"
    )
    kind = dy.String(nullable=False, description="sale, return or cancellation")
    user_id = dy.String(nullable=True, min_length=1, max_length=MAX_ID, description="Who, if known")
    product_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID, description="What")
    quantity = dy.Float64(
        nullable=False,
        allow_inf=False,
        allow_nan=False,
        description="Pieces, kilograms or metres, above 0",
    )
    unit_price = dy.Float64(
        nullable=False,
        min=0,
        allow_inf=False,
        allow_nan=False,
        description="Of one piece, kilogram or metre, in the shop's currency",
    )

    @dy.rule()
    def kind_is_known(cls) -> pl.Expr:
        """Only the kinds of ORDER_KINDS."""
        return pl.col("kind").is_in(ORDER_KINDS)

    @dy.rule()
    def amount_is_bounded(cls) -> pl.Expr:
        """An amount beyond MAX_MONEY is a mistake, and would stop every sum that it is in."""
        quantity, price = pl.col("quantity"), pl.col("unit_price")
        return (quantity * price <= MAX_MONEY) | ~(quantity.is_finite() & price.is_finite())

    @dy.rule()
    def quantity_is_not_negative(cls) -> pl.Expr:
        """The kind says that a line is a return, not the sign."""
        return (pl.col("quantity") >= 0) | ~pl.col("quantity").is_finite()

    @dy.rule()
    def quantity_is_not_zero(cls) -> pl.Expr:
        """Nothing was bought; what a subtraction of floats leaves of nothing counts as 0."""
        return (pl.col("quantity") < 0) | (pl.col("quantity") >= MIN_QUANTITY)

    @dy.rule()
    def quantity_is_bounded(cls) -> pl.Expr:
        """A quantity beyond MAX_QUANTITY is a mistake, and would stop every sum that it is in."""
        return (pl.col("quantity") <= MAX_QUANTITY) | ~pl.col("quantity").is_finite()


class Users(dy.Schema):
    """Declared attributes of a user as last known at ``updated_at``."""

    user_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The user")
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC", description="From when on this is so")
    numeric = dy.List(
        dy.Struct({"name": dy.String(), "value": dy.Float64(nullable=True)}),
        nullable=False,
        description="Declared attributes that are numbers",
    )
    categorical = dy.List(
        dy.Struct({"name": dy.String(), "value": dy.String(nullable=True)}),
        nullable=False,
        description="Declared attributes that are words",
    )


class AdExposures(dy.Schema):
    """An exposure to an arm of a campaign (``control`` or a treatment); ``cost`` in the shop's currency.

    ``assigned_at`` is when the arm was drawn, where that is logged.
    """

    exposure_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The exposure")
    ts = dy.Datetime(
        nullable=False, time_unit="us", time_zone="UTC", description="When the contact was made, or withheld"
    )
    user_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID, description="Who")
    campaign_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID, description="In which campaign")
    arm = dy.String(nullable=False, min_length=1, max_length=MAX_ID, description="`control`, or the treatment")
    propensity = dy.Float64(
        nullable=True,
        min_exclusive=0,
        max_exclusive=1,
        description="Probability with which the arm was drawn, if logged",
    )
    cost = dy.Float64(
        nullable=False, min=0, allow_inf=False, allow_nan=False, description="Of the contact, in the shop's currency"
    )
    assigned_at = dy.Datetime(
        nullable=True, time_unit="us", time_zone="UTC", description="When the arm was drawn, if logged"
    )


class BannerImpressions(dy.Schema):
    """A banner shown in a slot; ``propensity`` is the probability with which the policy chose it."""

    impression_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The impression")
    ts = dy.Datetime(nullable=False, time_unit="us", time_zone="UTC", description="When it was shown")
    slot = dy.String(nullable=False, min_length=1, max_length=MAX_ID, description="Place on the page")
    position = dy.Int32(nullable=False, min=1, description="Number within the slot, from 1")
    banner_id = dy.String(nullable=False, min_length=1, max_length=MAX_ID, description="Which banner")
    propensity = dy.Float64(nullable=False, min_exclusive=0, max=1, description="Probability with which it was chosen")
    reward = dy.Float64(nullable=False, min=0, max=1, description="What came of it, 0 to 1, such as 1 for a click")
    context = dy.String(nullable=True, max_length=2_000, description="What was known then, as JSON")
    policy = dy.String(nullable=True, max_length=MAX_ID, description="By which policy it was chosen, if logged")
    release = dy.String(nullable=True, max_length=MAX_ID, description="Of which release, if logged")
    context_hash = dy.String(
        nullable=True, max_length=MAX_ID, description="The same for equal contexts, whoever the user, if logged"
    )


class Banners(dy.Schema):
    """A banner on the terms of ``updated_at``, as ``[banners.<id>]`` of a shop.toml has them, which comes first."""

    banner_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The banner")
    slots = dy.List(dy.String(), nullable=False, description="Where it may be shown")
    content = dy.String(nullable=True, max_length=2_000, description="What the storefront shows, such as an address")
    starts = dy.Datetime(nullable=True, time_unit="us", time_zone="UTC", description="First day, UTC")
    ends = dy.Datetime(nullable=True, time_unit="us", time_zone="UTC", description="Last day, UTC, inclusive")
    paused = dy.Bool(nullable=True, description="Whether it is not shown for the time being")
    removed = dy.Bool(nullable=True, description="Whether the shop does not have it any more")
    max_impressions = dy.Int64(nullable=True, min=1, description="Shown so often at most, in all slots together")
    max_rewards = dy.Int64(nullable=True, min=1, description="Shown until it has earned so many rewards")
    prior_rate = dy.Float64(
        nullable=True, min_exclusive=0, max_exclusive=1, description="Reward expected of an impression before any"
    )
    prior_weight = dy.Int64(nullable=True, min=1, description="Impressions that this expectation is worth")
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC", description="From when on this is so")

    @dy.rule()
    def has_a_slot(cls) -> pl.Expr:
        """One at least, each with a name of at most MAX_ID characters."""
        slots = pl.col("slots")
        return (slots.list.len() > 0) & (slots.list.eval(pl.element().str.len_chars()).list.max() <= MAX_ID)

    @dy.rule()
    def ends_after_its_start(cls) -> pl.Expr:
        """On the same day or later."""
        return (pl.col("ends").dt.date() >= pl.col("starts").dt.date()).fill_null(value=True)


class Judgments(dy.Schema):
    """How well a product answers a query by people's judgment as of ``updated_at``: up to 1 not at all, 3 perfectly."""

    query = dy.String(primary_key=True, min_length=1, max_length=1_000, description="What is searched for")
    product_id = dy.String(primary_key=True, min_length=1, max_length=MAX_ID, description="The product")
    relevance = dy.Float64(
        nullable=False, min=0, max=3, allow_inf=False, allow_nan=False, description="Up to 1 not at all, 3 perfectly"
    )
    updated_at = dy.Datetime(primary_key=True, time_unit="us", time_zone="UTC", description="From when on this is so")


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

    @property
    def descriptions(self) -> dict[str, str]:
        """Column → what it holds."""
        return {name: column.description or "" for name, column in self.schema.columns().items()}

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
        Contract("banners", Banners, "updated_at", is_state=True),
    )
}
