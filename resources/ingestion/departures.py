"""Products that a full feed no longer holds: they leave the shop, and come back when it holds them again.

A product leaves, and comes back, by a state of its own, so that the days before keep it as it was.
"""

from datetime import datetime, timedelta

import polars as pl

__all__ = ["departures"]


def departures(known: pl.DataFrame, offered: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """States to add so that the products not ``removed`` are those of a full feed.

    Args:
        known: Every state so far, with the contract's columns.
        offered: What the feed holds now, with the contract's columns.
        at: When the feed was read; a state that is newer is followed by a microsecond.

    Returns:
        The contract's columns: a last state of each product that left (``removed`` true) or came back (false).
    """
    newest = known.sort("product_id", "updated_at").unique("product_id", keep="last", maintain_order=True)
    away = pl.col("removed").fill_null(False)
    after = pl.max_horizontal(pl.lit(at), pl.col("updated_at") + timedelta(microseconds=1)).alias("updated_at")
    gone = newest.filter(~away).join(offered, on="product_id", how="anti", maintain_order="left")
    now = offered.sort("product_id", "updated_at").unique("product_id", keep="last", maintain_order=True)
    back = now.drop("updated_at").join(newest.filter(away).select("product_id", "updated_at"), on="product_id")
    return pl.concat(
        [
            gone.with_columns(after, pl.lit(True).alias("removed")).select(offered.columns),
            back.filter(~away).with_columns(after, pl.lit(False).alias("removed")).select(offered.columns),
        ]
    )
