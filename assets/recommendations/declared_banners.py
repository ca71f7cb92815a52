"""The banners that a shop declares: in its shop.toml, and in the table `banners`, by their ids."""

import polars as pl

from assets.daily.models import AsOf
from assets.models.banners.terms import Terms, terms_from
from resources.shop.banners import banners_json

__all__ = ["declared_banners"]

_AS_THEY_ARE = ("slots", "content", "max_impressions", "max_rewards", "prior_rate", "prior_weight")


def declared_banners(at: AsOf) -> dict[str, Terms]:
    """Banner → terms as of the day, sorted; where both places have one, shop.toml's count. Empty where none has any."""
    rows = at.lake.read("banners", None, at.day).sort("banner_id", "updated_at")
    latest = rows.unique("banner_id", keep="last", maintain_order=True)
    of_table = {
        row["banner_id"]: Terms(
            starts=row["starts"].date() if row["starts"] else None,
            ends=row["ends"].date() if row["ends"] else None,
            paused=bool(row["paused"]),
            **{name: row[name] for name in _AS_THEY_ARE},
        )
        for row in latest.filter(~pl.col("removed").fill_null(value=False)).iter_rows(named=True)
    }
    return dict(sorted((of_table | terms_from(banners_json(at.shop.banners))).items()))
