"""Columns of every table in the lake: the canonical tables, their quarantines, and what the pipeline derives.

The canonical columns are declared in `resources.contracts`; only derived tables are declared here. Money is in the
shop's currency, times are UTC.
"""

from collections.abc import Mapping

import polars as pl

from resources.contracts import CONTRACTS, QUARANTINE_SCHEMA

__all__ = ["TABLES", "USER_FEATURES", "quarantine_of"]

_TS = pl.Datetime("us", "UTC")
_DAY = {"day": pl.String()}

USER_FEATURES: tuple[str, ...] = (
    "days_since_first_seen",
    "days_since_last_seen",
    "days_since_last_order",
    "views_7d",
    "views_30d",
    "carts_30d",
    "searches_30d",
    "sessions_30d",
    "orders_90d",
    "revenue_90d",
    "avg_price_viewed",
    "n_categories",
)
"""Behaviour of a user strictly before an instant (``assets/sql/user_features.sql``); null means never."""

_FEATURES = dict.fromkeys(USER_FEATURES, pl.Float64())
_ATTRIBUTES = {c: CONTRACTS["users"].columns[c] for c in ("numeric", "categorical")}

_DERIVED: Mapping[str, Mapping[str, pl.DataType]] = {
    "sessions": {
        "session_id": pl.String(),
        "position": pl.Int32(),
        "user_id": pl.String(),
        "ts": _TS,
        "kind": pl.String(),
        "product_id": pl.String(),
    },
    "baskets": {
        "basket_id": pl.String(),
        "user_id": pl.String(),
        "ts": _TS,
        "product_id": pl.String(),
        "quantity": pl.Int64(),
        "revenue": pl.Float64(),
    },
    "searches": {
        "search_id": pl.String(),
        "ts": _TS,
        "query": pl.String(),
        "product_id": pl.String(),
        "gain": pl.Int32(),
    },
    "product_stats": {
        "product_id": pl.String(),
        **dict.fromkeys(("views", "clicks", "carts", "units_sold", "orders"), pl.Int64()),
        "revenue": pl.Float64(),
        "units_returned": pl.Int64(),
        "refunds": pl.Float64(),
    },
    "user_profiles": {"user_id": pl.String(), **_FEATURES, **_ATTRIBUTES},
    "ad_frame": {
        "exposure_id": pl.String(),
        "user_id": pl.String(),
        "campaign_id": pl.String(),
        "ts": _TS,
        "arm": pl.String(),
        "treatment": pl.Int8(),
        "propensity": pl.Float64(),
        "cost": pl.Float64(),
        "outcome": pl.Int8(),
        "revenue": pl.Float64(),
        # When the arm was drawn, the latest record behind the features, the first response; null where there is none.
        **dict.fromkeys(("assigned_at", "known_at", "responded_at"), _TS),
        **_FEATURES,
        **_ATTRIBUTES,
    },
    "product_embeddings": {"text_hash": pl.String(), "vector": pl.List(pl.Float32())},
    "uplift_scores": {
        "user_id": pl.String(),
        **dict.fromkeys(("uplift", "lower", "upper", "p_control", "p_treated"), pl.Float64()),
        "segment": pl.String(),
    },
}


def quarantine_of(table: str) -> str:
    """Name of the table that holds the rows of ``table`` which break its contract."""
    return f"quarantine_{table}"


TABLES: Mapping[str, Mapping[str, pl.DataType]] = {
    **{name: {**_DAY, **contract.columns} for name, contract in CONTRACTS.items()},
    **{quarantine_of(name): {**_DAY, **QUARANTINE_SCHEMA} for name in CONTRACTS},
    **{name: {**_DAY, **columns} for name, columns in _DERIVED.items()},
}
"""Table → its columns in order; ``day`` is the partition column."""
