"""Updates of products that the running API was told, as states of the table `products`.

What belongs here: completing an update, which names a few fields, from what was known of the product before it. What
does not: keeping updates (`resources.store.product_updates`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from resources.contracts import CONTRACTS, validate
from resources.lake import Lake
from resources.store.product_updates import HIDDEN, FieldUpdate
from resources.tables import TABLES

__all__ = ["add_product_updates", "updated_states"]

_PRODUCTS = CONTRACTS["products"]


def updated_states(known: pl.DataFrame, updates: Sequence[FieldUpdate]) -> pl.DataFrame:
    """A state of each updated product, from its last update on.

    Args:
        known: Every state so far of these products, with the contract's columns.
        updates: Fields, any number a product. One that is older than the state which the others are put on is left
            out: the source knows better. Hidden is removed.

    Returns:
        The contract's columns, sorted by product. A product that has no state before needs a title; it is in stock
        unless it was told otherwise.
    """
    told: dict[str, list[FieldUpdate]] = {}
    for update in updates:
        told.setdefault(update.product_id, []).append(update)
    at = {product: max(update.updated_at for update in fields) for product, fields in told.items()}
    last = pl.DataFrame(
        {"product_id": list(at), "at": list(at.values())},
        schema={"product_id": pl.String, "at": _PRODUCTS.columns["updated_at"]},
    )
    before = known.join(last, on="product_id").filter(pl.col("updated_at") < pl.col("at")).drop("at")
    newest = before.sort("product_id", "updated_at").unique("product_id", keep="last", maintain_order=True)
    states = {row["product_id"]: row for row in newest.iter_rows(named=True)}
    rows = [_state(states.get(product), told[product], at[product]) for product in sorted(told)]
    named = [{name: row.get(name) for name in _PRODUCTS.columns} for row in rows if row.get("title")]
    return pl.DataFrame(named, schema=_PRODUCTS.columns, orient="row")


def _state(before: dict[str, Any] | None, fields: Sequence[FieldUpdate], at: datetime) -> dict[str, Any]:
    """What is known of a product after its updates."""
    state = {"in_stock": True, "product_id": fields[0].product_id} if before is None else dict(before)
    for one in fields:
        if before is None or one.updated_at > before["updated_at"]:
            state["removed" if one.field == HIDDEN else one.field] = one.value
    return state | {"updated_at": at}


def add_product_updates(lake: Lake, updates: Sequence[FieldUpdate]) -> int:
    """Merge the states of updated products into the lake's table; returns how many."""
    if not updates:
        return 0
    updated = pl.col("product_id").is_in(sorted({update.product_id for update in updates}))
    known = lake.scan("products", list(_PRODUCTS.columns)).filter(updated).collect(engine="streaming")
    made = validate(_PRODUCTS, updated_states(known, updates), origin="POST /v1/products").rows
    day = pl.col("updated_at").dt.strftime("%Y-%m-%d").alias("day")
    lake.merge("products", made.with_columns(day).select(list(TABLES["products"])), _PRODUCTS.key)
    return made.height
