"""Columns of every table in the lake: the canonical tables, their quarantines, and what the pipeline derives.

The canonical columns are declared in `resources.contracts`; only derived tables are declared here. Money is in the
shop's currency, times are UTC.
"""

from collections.abc import Mapping

import polars as pl

from resources.contracts import CONTRACTS, QUARANTINE_SCHEMA

__all__ = ["DESCRIPTIONS", "TABLES", "USER_FEATURES", "quarantine_of"]

_TS = pl.Datetime("us", "UTC")

_Column = tuple[pl.DataType, str]
"""Type, and what the column holds."""
_DAY: Mapping[str, _Column] = {"day": (pl.String(), "The day (UTC), such as 2026-01-30: the partition")}

_FEATURES: Mapping[str, _Column] = {
    name: (pl.Float64(), about)
    for name, about in {
        "days_since_first_seen": "Days since the first event or order in the history",
        "days_since_last_seen": "Days since the last event or order",
        "days_since_last_order": "Days since the last order",
        "views_7d": "Product views of the last 7 days",
        "views_30d": "Product views of the last 30 days",
        "carts_30d": "Products put in the cart in the last 30 days",
        "searches_30d": "Searches of the last 30 days",
        "sessions_30d": "Sessions of the last 30 days",
        "orders_in_history": "Orders in the history",
        "revenue_in_history": "Revenue of these orders",
        "avg_price_viewed": "Mean price of the products viewed",
        "n_categories": "Categories among the products viewed",
    }.items()
}
USER_FEATURES: tuple[str, ...] = tuple(_FEATURES)
"""Behaviour of a user strictly before an instant (``assets/tables/sql/user_features.sql``); null means never."""

_USER = (pl.String(), "The user")
_PRODUCT = (pl.String(), "The product")
_ATTRIBUTES: Mapping[str, _Column] = {
    name: (CONTRACTS["users"].columns[name], CONTRACTS["users"].descriptions[name])
    for name in ("numeric", "categorical")
}

_DERIVED: Mapping[str, Mapping[str, _Column]] = {
    "robots": {
        "visitor": (pl.String(), "A session (`s/…`), or a user without one (`u/…`)"),
        "looks": (pl.Int64(), "Views and clicks of products on the day"),
        "products": (pl.Int64(), "Products that were looked at"),
        "reason": (
            pl.String(),
            "declared, many, quick, repeated, wide or visits: what people do not do",
        ),
    },
    "sessions": {
        "session_id": (pl.String(), "The session: the shop's own, or events of a user without a long break"),
        "position": (
            pl.Int32(),
            "Number of the event in the session, which may have begun on the day before",
        ),
        "user_id": (pl.String(), "Who, if known"),
        "ts": (_TS, "When"),
        "kind": (pl.String(), "Kind of the event"),
        "product_id": _PRODUCT,
    },
    "baskets": {
        "basket_id": (pl.String(), "The order"),
        "user_id": (pl.String(), "Who, if known"),
        "ts": (_TS, "When it was placed"),
        "product_id": _PRODUCT,
        "quantity": (pl.Float64(), "How much was bought: pieces, kilograms or metres"),
        "revenue": (pl.Float64(), "Paid for it; what came back is in the table returns"),
    },
    "returns": {
        "order_id": (pl.String(), "The order: the one that it was bought in, or one of its own"),
        "user_id": (pl.String(), "Who, if known"),
        "ts": (_TS, "When it was sent back or cancelled"),
        "product_id": _PRODUCT,
        "quantity": (pl.Float64(), "How much was sent back or cancelled"),
    },
    "searches": {
        "search_id": (pl.String(), "The event of the search"),
        "ts": (_TS, "When"),
        "query": (pl.String(), "What was searched for"),
        "product_id": (pl.String(), "A product that it led to; null where it led to none"),
        "gain": (pl.Int32(), "1 clicked, 2 put in the cart, 3 bought"),
    },
    "product_stats": {
        "product_id": _PRODUCT,
        "views": (pl.Int64(), "People who viewed it on the day: users, and sessions of nobody"),
        "clicks": (pl.Int64(), "People who clicked it"),
        "carts": (pl.Int64(), "People who put it in a cart"),
        "units_sold": (pl.Float64(), "How much was sold: pieces, kilograms or metres"),
        "orders": (pl.Int64(), "Orders that hold it"),
        "buyers": (pl.Int64(), "Users who bought it, and orders of nobody that hold it"),
        "revenue": (pl.Float64(), "Of what was sold"),
        "units_returned": (pl.Float64(), "How much was sent back or cancelled"),
        "refunds": (pl.Float64(), "Paid back for them"),
    },
    "user_profiles": {"user_id": _USER, **_FEATURES, **_ATTRIBUTES},
    "ad_frame": {
        "exposure_id": (pl.String(), "The exposure"),
        "user_id": _USER,
        "campaign_id": (pl.String(), "In which campaign"),
        "ts": (_TS, "When the contact was made, or withheld"),
        "arm": (pl.String(), "The arm as the shop names it"),
        "treatment": (pl.Int8(), "1 contacted, 0 control"),
        "propensity": (pl.Float64(), "Probability with which the arm was drawn, if logged"),
        "cost": (pl.Float64(), "Of the contact"),
        "outcome": (pl.Int8(), "1 if the user responded within the attribution window"),
        "revenue": (pl.Float64(), "Within the attribution window, net of what was sent back within it"),
        "refunds": (pl.Float64(), "Of what was bought and sent back within the attribution window"),
        "assigned_at": (_TS, "When the arm was drawn, if logged"),
        "known_at": (_TS, "The latest record behind the features; null where there is none"),
        "responded_at": (_TS, "The first response; null where there is none"),
        **_FEATURES,
        **_ATTRIBUTES,
    },
    "product_embeddings": {
        "text_hash": (pl.String(), "Of the product's text and the encoder"),
        "vector": (pl.List(pl.Float32()), "Its embedding, as many numbers of length 1 as the model gives"),
    },
    "uplift_scores": {
        "user_id": _USER,
        "uplift": (pl.Float64(), "What a contact adds to the chance of a response"),
        "lower": (pl.Float64(), "Lower end of the effect's 95 % interval"),
        "upper": (pl.Float64(), "Upper end of the effect's 95 % interval"),
        "p_control": (pl.Float64(), "Chance of a response without a contact"),
        "p_treated": (pl.Float64(), "Chance of a response with a contact"),
        "segment": (pl.String(), "persuadable, sure_thing, lost_cause or sleeping_dog"),
        "campaign": (pl.String(), "Of several campaigns the one that they are of; null where there is one"),
    },
}
_QUARANTINE = {
    "table": "The table that the row was for",
    "rules": "The rules that it breaks",
    "origin": "Where it came from",
    "ts": "Its time, if it has one",
    "row": "The row itself, as JSON",
}


def quarantine_of(table: str) -> str:
    """Name of the table that holds the rows of ``table`` which break its contract."""
    return f"quarantine_{table}"


_COLUMNS: Mapping[str, Mapping[str, _Column]] = {
    **{
        name: {**_DAY, **{column: (kind, of.descriptions[column]) for column, kind in of.columns.items()}}
        for name, of in CONTRACTS.items()
    },
    **{
        quarantine_of(name): {
            **_DAY,
            **{column: (kind, _QUARANTINE[column]) for column, kind in QUARANTINE_SCHEMA.items()},
        }
        for name in CONTRACTS
    },
    **{name: {**_DAY, **columns} for name, columns in _DERIVED.items()},
}
TABLES: Mapping[str, Mapping[str, pl.DataType]] = {
    table: {name: kind for name, (kind, _) in columns.items()} for table, columns in _COLUMNS.items()
}
"""Table → its columns in order; ``day`` is the partition column."""
DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    table: {name: about for name, (_, about) in columns.items()} for table, columns in _COLUMNS.items()
}
"""Table → column → what it holds."""
