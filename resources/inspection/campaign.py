"""Who of a campaign's sampled exposures has responded.

What belongs here: the sample's outcomes. What does not: whether the experiment is valid or large enough, which are
measures, and the uplift frame, which the pipeline makes of all rows.
"""

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from resources.ingestion.ingest import midnight
from resources.inspection.table import Inspected
from resources.shop import Shop

__all__ = ["responses"]


def responses(shop: Shop, tables: Mapping[str, Inspected]) -> pl.DataFrame | None:
    """``treated`` and ``responded`` of each user whose attribution window is over; none where nobody's is."""
    campaign, exposures = shop.campaign, tables["ad_exposures"].rows
    log = tables.get("orders" if campaign.outcome == "purchase" else "events")
    if log is None or log.rows.is_empty() or exposures.is_empty():
        return None
    window = timedelta(days=campaign.attribution_days)
    oldest, newest = log.rows.select(pl.col("ts").min().alias("oldest"), pl.col("ts").max().alias("newest")).row(0)
    until = newest + timedelta(days=1) if shop.end_day is None else midnight(shop.end_day)
    watched = pl.col("ts") + window <= until
    if not log.is_whole:
        watched &= pl.col("ts") >= oldest
    if campaign.campaigns:
        exposures = exposures.filter(pl.col("campaign_id").is_in(campaign.campaigns))
    if named := [*campaign.arms, *([campaign.treatment] if campaign.treatment else [])]:
        exposures = exposures.filter(pl.col("arm").is_in([campaign.control, *named]))
    firsts = exposures.sort("ts", "exposure_id").unique("user_id", keep="first", maintain_order=True).filter(watched)
    since = pl.col("at") - pl.col("ts")
    looked = log.rows.rename({"ts": "at"}).join(firsts.select("user_id", "ts"), on="user_id")
    within = looked.filter((since >= timedelta(0)) & (since < window))
    responded = _buyers(within) if campaign.outcome == "purchase" else within["user_id"].unique()
    users = firsts.select(
        (pl.col("arm") != campaign.control).alias("treated"),
        pl.col("user_id").is_in(responded.implode()).alias("responded"),
    )
    return users if users.height else None


def _buyers(orders: pl.DataFrame) -> pl.Series:
    """Users who kept something: of a product more was sold to them than sent back or cancelled, as the night has it."""
    quantity, is_sale = pl.col("quantity").cast(pl.Decimal(18, 6)), pl.col("kind") == "sale"
    kept = pl.when(is_sale).then(quantity).otherwise(-quantity).sum()
    return orders.group_by("user_id", "product_id").agg(kept).filter(pl.col("quantity") > 0)["user_id"].unique()
