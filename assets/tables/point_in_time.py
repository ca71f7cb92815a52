"""Frames of units for point-in-time features: who, at which instant, with what known before it.

What belongs here: the small row-wise joins around the feature statements. What does not: aggregation
(`assets.tables.sql`).
"""

from datetime import timedelta

import polars as pl

from resources.shop import Campaign, Shop

__all__ = ["first_known", "latest_state", "outcome_window", "products_for_features", "units_of", "with_attributes"]


def outcome_window(exposures: pl.DataFrame, campaign: Campaign) -> pl.DataFrame:
    """Exposures as units: ``unit_id, ts, since`` (start of history), ``until`` (end of outcomes), ``treatment``.

    ``propensity`` becomes the probability of *treatment*: a control row logs the probability of its own arm, which is
    one minus that of a treatment. A row of one of several treatments knows that of its own one alone
    (`assets.uplift.campaign` makes of it that of any). Arms that are neither the control nor the campaign's treatments
    are left out; a row without a logged propensity keeps null.
    """
    treated = pl.col("arm") != campaign.control
    if campaign.arms:
        treated = pl.col("arm").is_in(sorted(campaign.arms))
    elif campaign.treatment is not None:
        treated = pl.col("arm") == campaign.treatment
    wanted = treated | (pl.col("arm") == campaign.control)
    logged = pl.col("propensity")
    return exposures.filter(wanted).with_columns(
        # A key holds within a day: an id that is logged again on another day is another unit.
        pl.format("{}/{}", pl.col("ts").dt.strftime("%Y-%m-%d"), "exposure_id").alias("unit_id"),
        (pl.col("ts") - timedelta(days=campaign.history_days)).alias("since"),
        (pl.col("ts") + timedelta(days=campaign.attribution_days)).alias("until"),
        treated.cast(pl.Int8).alias("treatment"),
        # Where it was not logged it is what was meant, if the shop says so.
        pl.when(treated)
        .then(logged)
        .otherwise(1 - logged)
        .fill_null(pl.lit(campaign.treated_share, dtype=pl.Float64))
        .alias("propensity"),
    )


def units_of(exposures: pl.DataFrame, shop: Shop, first: str, last: str) -> pl.DataFrame:
    """The exposures of the shop's campaigns as `outcome_window` has them, with the ``response`` that counts.

    Their ``day`` is the one that their attribution window ends with: those are kept whose day is in ``first`` to
    ``last``. Each of several campaigns has the exposures that it names.
    """
    ends = pl.col("until").dt.date().dt.strftime("%Y-%m-%d").alias("day")
    return pl.concat(
        outcome_window(
            exposures if name is None else exposures.filter(pl.col("campaign_id").is_in(of.campaign.campaigns)),
            of.campaign,
        ).with_columns(ends, pl.lit(of.campaign.outcome).alias("response"))
        for name, of in shop.by_campaign.items()
    ).filter(pl.col("day").is_between(pl.lit(first), pl.lit(last)))


def latest_state(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The row with the latest ``updated_at`` of each ``key``, sorted by it."""
    return rows.sort(key, "updated_at").unique(key, keep="last", maintain_order=True)


def first_known(products: pl.DataFrame) -> pl.DataFrame:
    """``product_id`` and ``created_at`` of each product, as the shop says, or else when its first state begins.

    ``since_ever`` is whether it does not say, and the state is of the shop's first day.
    """
    first, stated = pl.col("updated_at").min(), pl.col("created_at").min()
    of_product = products.group_by("product_id").agg(first, stated)
    is_oldest = pl.col("updated_at").dt.date() == pl.col("updated_at").dt.date().min()
    return of_product.select(
        "product_id",
        pl.coalesce("created_at", "updated_at").alias("created_at"),
        (is_oldest & pl.col("created_at").is_null()).alias("since_ever"),
    )


def products_for_features(products: pl.DataFrame) -> pl.DataFrame:
    """Every state of every product: ``product_id, category`` (the first path), ``price``, ``known_from, known_until``.

    An event meets the state that held at its own time, so a later change of price or category alters no feature.
    ``known_until`` is exclusive, and null for the last state.
    """
    states = products.sort("product_id", "updated_at")
    return states.select(
        "product_id",
        pl.col("categories").list.first().alias("category"),
        "price",
        pl.col("updated_at").alias("known_from"),
        pl.col("updated_at").shift(-1).over("product_id").alias("known_until"),
    )


def with_attributes(units: pl.DataFrame, users: pl.DataFrame) -> pl.DataFrame:
    """Join to each unit the attributes that its user had strictly before its ``ts``; empty lists where none.

    ``attributes_at`` is when they were recorded.
    """
    states = users.select(
        "user_id", "updated_at", pl.col("updated_at").alias("attributes_at"), "numeric", "categorical"
    ).sort("updated_at")
    joined = units.sort("ts").join_asof(
        states,
        left_on="ts",
        right_on="updated_at",
        by="user_id",
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    empty = [pl.lit([], dtype=states.schema[c]).alias(f"{c}_empty") for c in ("numeric", "categorical")]
    filled = [pl.col(c).fill_null(pl.col(f"{c}_empty")) for c in ("numeric", "categorical")]
    return joined.with_columns(empty).with_columns(filled).drop("numeric_empty", "categorical_empty")
