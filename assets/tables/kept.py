"""What is left of sales when what was sent back or cancelled is taken off: only what people kept says what they like.

A return takes off the newest sales before it. Belongs here: which sale a return is of. What does not: what a sale that
was kept counts (`assets.tables.interactions`).
"""

from collections.abc import Sequence

import polars as pl

from resources.lake import Lake

__all__ = ["kept_baskets", "kept_share"]

_NOTHING = 5e-7
"""Quantities have six digits after the point."""


def kept_baskets(lake: Lake, first: str, last: str) -> pl.DataFrame:
    """Rows of `baskets` of the days ``first`` to ``last`` without products that were wholly sent back by ``last``.

    A return is of the order that it names, if that has the product; else of its user's sales of the product; one that
    names neither is of anybody's. Returns of what was bought before ``first`` take nothing off.
    """
    bought, back = lake.read("baskets", first, last), lake.read("returns", first, last)
    if back.is_empty():
        return bought
    lines = bought.with_row_index("line").with_columns(pl.col("quantity").alias("left"))
    of_order = [pl.col("basket_id").alias("order_id"), pl.col("product_id")]
    orders = lines.select(of_order).unique()
    own = back.join(orders, on=["order_id", "product_id"], how="semi")
    other = back.join(orders, on=["order_id", "product_id"], how="anti")
    # Of an order all is known, whenever it was written down.
    own = own.with_columns(pl.lit(lines["ts"].max()).alias("ts"))
    left = _taken_off(lines.with_columns(of_order), own, ["order_id", "product_id"])
    left = _taken_off(left, other.drop_nulls("user_id"), ["user_id", "product_id"])
    left = _taken_off(left, other.filter(pl.col("user_id").is_null()), ["product_id"])
    return left.filter(pl.col("left") > _NOTHING).sort("line").select(bought.columns)


def kept_share(sold: pl.Expr, returned: pl.Expr, key: Sequence[str]) -> pl.Expr:
    """Of each row's quantity ``sold`` the share, 0 to 1, that rows from it on do not send back; 0 where none was sold.

    Rows are in the order of time, those of one ``key`` are of one thing, and in a row the sale comes first. A return
    takes off the newest sales before it: with B the balance, which never falls below 0, and M(t) the least of B from t
    on, M(t) - min(B(t-1), M(t)) is left of the sale of row t.
    """
    total = (sold - returned).cum_sum().over(key)
    balance = total - pl.min_horizontal(pl.lit(0.0), total.cum_min().over(key))
    least = balance.cum_min(reverse=True).over(key)
    before = balance.shift(1, fill_value=0.0).over(key)
    left = least - pl.min_horizontal(before, least)
    return pl.when(sold > 0).then((left / sold).clip(0.0, 1.0)).otherwise(0.0)


def _taken_off(lines: pl.DataFrame, back: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """``lines`` with what is ``left`` of each after the returns of the same ``key``."""
    if back.is_empty():
        return lines
    returned = back.select(*key, "ts", pl.col("quantity").alias("returned"))
    rows = pl.concat([lines, returned], how="diagonal").sort("ts", "line", nulls_last=True, maintain_order=True)
    share = kept_share(pl.col("left").fill_null(0.0), pl.col("returned").fill_null(0.0), key)
    return rows.with_columns(pl.col("left") * share).drop_nulls("line").select(lines.columns)
