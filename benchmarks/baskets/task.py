"""The two tasks of the co-purchase benchmark, from a folder of orders.

Belongs here: reading sales and cutting them in time. The task of a window: what a customer's first basket in it holds,
given the baskets before the window; and one half of each of its baskets given the other half.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from evaluation.arrays import Floats, Ints

__all__ = ["WINDOW_DAYS", "Split", "Task", "sales", "split"]

WINDOW_DAYS = 30
SEED = 0


@dataclass(frozen=True, slots=True)
class Task:
    """Queries, one an entry: who asks, what is in the cart, and which items are wanted."""

    users: list[str | None]
    carts: list[list[int]]
    targets: list[set[int]]


@dataclass(frozen=True, slots=True)
class Split:
    """Basket lines before a window as arrays [lines], and the tasks of the window."""

    users: list[str | None]
    basket: Ints
    item: Ints
    age_days: Floats
    n_items: int
    past: Task
    """The next basket of each customer known before; carts are empty."""
    cart: Task
    """Half of each basket of two products or more; users as far as they are known."""


def sales(folder: Path) -> pl.DataFrame:
    """Distinct products of each order: order_id, user_id, product_id, ts.

    Args:
        folder: With ``orders.parquet`` in the form of the orders contract, or ``online_retail.parquet`` (UCI).

    Raises:
        SystemExit: If it has neither.
    """
    if (path := folder / "orders.parquet").exists():
        lines = pl.read_parquet(path).filter(pl.col("kind") == "sale")
    elif (path := folder / "online_retail.parquet").exists():
        lines = (
            pl.read_parquet(path)
            .filter(~pl.col("InvoiceNo").str.starts_with("C"), pl.col("UnitPrice") > 0, pl.col("Quantity") > 0)
            .select(
                pl.col("InvoiceNo").alias("order_id"),
                pl.col("CustomerID").cast(pl.String).alias("user_id"),
                pl.col("StockCode").alias("product_id"),
                pl.col("InvoiceDate").alias("ts"),
            )
        )
    else:
        raise SystemExit(f"{folder} has neither orders.parquet nor online_retail.parquet: pass the folder as DATA.")
    first = lines.group_by("order_id", "product_id").agg(pl.col("user_id").drop_nulls().min(), pl.col("ts").min())
    return first.sort("ts", "order_id", "product_id")


def split(lines: pl.DataFrame, windows_back: int) -> Split:
    """Cut ``windows_back`` windows before the end: 1 for the last 30 days as the window, 2 for the 30 before them."""
    cut = lines["ts"].max() - timedelta(days=WINDOW_DAYS * windows_back)  # type: ignore[operator]  # a datetime
    before = lines.filter(pl.col("ts") < cut)
    ids = before["product_id"].unique().sort()
    after = lines.filter(pl.col("ts") >= cut, pl.col("ts") <= cut + timedelta(days=WINDOW_DAYS))
    items = pl.DataFrame({"product_id": ids, "item": np.arange(len(ids))})
    before, after = (
        part.join(items, on="product_id", maintain_order="left").with_columns(
            pl.col("order_id").rank("dense").cast(pl.Int64).alias("basket")
        )
        for part in (before, after)
    )
    age = (pl.lit(cut) - pl.col("ts")).dt.total_microseconds() / (86_400 * 1e6)
    known = before["user_id"].drop_nulls().unique()
    baskets = after.group_by("basket").agg(pl.col("ts").min(), pl.col("user_id").min(), pl.col("item").sort())
    baskets = baskets.sort("ts", "basket")
    return Split(
        users=before["user_id"].to_list(),
        basket=before["basket"].to_numpy(),
        item=before["item"].to_numpy(),
        age_days=before.select(age).to_series().to_numpy(),
        n_items=len(ids),
        past=_next_baskets(baskets.filter(pl.col("user_id").is_in(known.implode()))),
        cart=_halves(baskets.filter(pl.col("item").list.len() >= 2), set(known)),
    )


def _next_baskets(baskets: pl.DataFrame) -> Task:
    first = baskets.unique("user_id", keep="first", maintain_order=True)
    return Task(first["user_id"].to_list(), [[]] * first.height, [set(items) for items in first["item"].to_list()])


def _halves(baskets: pl.DataFrame, known: set[str]) -> Task:
    rng = np.random.default_rng(SEED)
    task = Task([user if user in known else None for user in baskets["user_id"].to_list()], [], [])
    for items in baskets["item"].to_list():
        mixed = rng.permutation(items).tolist()
        task.carts.append(sorted(mixed[: len(mixed) // 2]))
        task.targets.append(set(mixed[len(mixed) // 2 :]))
    return task
