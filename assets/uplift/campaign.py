"""The exposures of a campaign as of a day, for fitting and for measuring.

What belongs here: which rows of the uplift frame are read. What does not: the frame itself (`assets.tables.features`).
"""

from collections.abc import Sequence

import polars as pl

from assets.daily.partitions import days_before
from assets.models.uplift.holdout import is_holdout
from evaluation.policy_value.roi_prices import ArmPrice
from resources.lake import Lake
from resources.model_store import Unavailable
from resources.shop import Campaign, Shop

__all__ = [
    "arm_prices",
    "campaign_frame",
    "campaign_rows",
    "contacts_on_record",
    "exposures_of",
    "holdout_frame",
    "pooled_price",
    "response_value",
    "revenue_cap",
    "with_propensities",
]


def campaign_frame(lake: Lake, shop: Shop, day: str) -> pl.DataFrame:
    """Exposures with a full attribution window in the campaign's ``frame_days`` days up to ``day``.

    Columns: those of the table and of `with_propensities`; ``revenue`` is winsorised (`revenue_cap`).

    Raises:
        Unavailable: If there is none.
    """
    frame = campaign_rows(lake, shop, day)
    if not frame.is_empty():
        cap = revenue_cap(frame["revenue"], shop.campaign.winsorise)
        return with_propensities(frame.sort("ts", "exposure_id")).with_columns(pl.col("revenue").clip(upper_bound=cap))
    if not shop.has("ad_exposures"):
        raise Unavailable("the shop has no ad_exposures")
    window = shop.campaign.attribution_days
    raise Unavailable(f"no ad exposure has its full attribution window of {window} days by {day}")


def campaign_rows(lake: Lake, shop: Shop, day: str) -> pl.DataFrame:
    """The same as the table has them, maybe none: of the campaigns that the shop names, or of all."""
    return exposures_of(lake.read("ad_frame", days_before(day, shop.campaign.frame_days - 1), day), shop.campaign)


def exposures_of(exposures: pl.DataFrame, campaign: Campaign) -> pl.DataFrame:
    """Those of the ids of exposures that the campaign names, or all where it names none."""
    named = campaign.campaigns
    return exposures.filter(pl.col("campaign_id").is_in(named)) if named else exposures


def contacts_on_record(exposures: pl.DataFrame, shop: Shop) -> pl.DataFrame:
    """The exposures that were contacts: all but those in the control of the campaign that they are of."""
    withheld = [
        (pl.col("arm") == of.campaign.control)
        & (pl.lit(value=True) if name is None else pl.col("campaign_id").is_in(of.campaign.campaigns))
        for name, of in shop.by_campaign.items()
    ]
    return exposures.filter(~pl.any_horizontal(withheld))


def revenue_cap(revenue: pl.Series, quantile: float) -> float:
    """Revenue above which nothing counts: a value that one of those who bought has paid, so never a sole largest one.

    Args:
        revenue: Of each exposure, 0 where nothing was bought.
        quantile: In (0.5, 1]; 1 for the largest.
    """
    return revenue.filter(revenue > 0).quantile(quantile, "lower") or 0.0


def with_propensities(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell the two probabilities of an exposure apart; null where they are not known.

    ``arm_propensity`` is that of the arm which the row was in. ``propensity`` is that of any treatment. In a campaign
    of one treatment each follows from the other. In one of several a treated row does not say how likely the control
    was; the control rows do where they all log the same, in the whole campaign or on the day. Where that differs
    between users, ``propensity`` is null for all of them, so that it is estimated, and the row's own is kept.

    Args:
        frame: campaign_id, ts, arm, treatment, and propensity as `assets.tables.point_in_time.outcome_window` gives it.
    """
    treated = pl.col("treatment") == 1
    observed = pl.when(treated).then(pl.col("propensity")).otherwise(1 - pl.col("propensity"))
    control = pl.col("arm_propensity").filter(~treated).drop_nulls()

    def agreed(*keys: str | pl.Expr) -> pl.Expr:
        return pl.when(control.n_unique().over(keys) == 1).then(control.first().over(keys))

    known = pl.coalesce(agreed("campaign_id"), agreed("campaign_id", pl.col("ts").dt.date()))
    any_treatment = pl.when(pl.col("arm_propensity").is_not_null()).then(1 - known)
    several = pl.col("arm").filter(treated).n_unique().over("campaign_id") > 1
    return frame.with_columns(observed.alias("arm_propensity")).with_columns(
        pl.when(several).then(any_treatment).otherwise(pl.col("propensity")).alias("propensity")
    )


def holdout_frame(lake: Lake, shop: Shop, day: str) -> pl.DataFrame:
    """Exposures of the users that no uplift model is ever fitted on (`assets.models.uplift.holdout`).

    Raises:
        Unavailable: If there is none, or an arm or the responses are missing from it.
    """
    frame = campaign_frame(lake, shop, day)
    held = frame.filter(pl.Series(is_holdout(frame["user_id"])))
    if held["treatment"].n_unique() < 2 or not held["outcome"].sum():
        raise Unavailable(f"the holdout as of {day} lacks an arm or any response")
    return held


def response_value(lake: Lake, shop: Shop, day: str) -> float:
    """Revenue of one response: the shop's figure, or the mean of the responses in the frame.

    Raises:
        Unavailable: If it has to be measured and there is no frame.
    """
    if shop.campaign.revenue_per_response is not None:
        return shop.campaign.revenue_per_response
    responded = campaign_frame(lake, shop, day).filter(pl.col("outcome") == 1)["revenue"]
    # Rounded, so that the order of a float sum does not make another release.
    return round(float(responded.sum()) / max(responded.len(), 1), 6)


def pooled_price(lake: Lake, shop: Shop, day: str) -> ArmPrice:
    """Of a contact as the trial dealt it out: the campaign's, or the means over its arms.

    An incentive is paid to those who respond, so it is averaged over them.

    Raises:
        Unavailable: If there are several arms and no frame.
    """
    campaign = shop.campaign
    if not campaign.arms:
        return ArmPrice(campaign.contact_cost, campaign.incentive)
    contacted = campaign_frame(lake, shop, day).filter(pl.col("treatment") == 1)
    counts = contacted.group_by("arm").agg(pl.len().alias("contacts"), pl.col("outcome").cast(pl.Int64).sum())
    sums = [0.0, 0.0]
    for arm, contacts, responses in counts.sort("arm").iter_rows():
        cost, incentive = campaign.price(arm)
        sums[0] += cost * contacts / max(contacted.height, 1)
        sums[1] += incentive * responses / max(int(counts["outcome"].sum()), 1)
    return ArmPrice(round(sums[0], 6), round(sums[1], 6))


def arm_prices(shop: Shop, arms: Sequence[str]) -> dict[str, ArmPrice]:
    """What each of several arms costs."""
    return {arm: ArmPrice(*shop.campaign.price(arm)) for arm in arms}
