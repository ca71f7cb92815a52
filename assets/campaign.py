"""The exposures of a campaign as of a day, for fitting and for measuring.

What belongs here: which rows of the uplift frame are read. What does not: the frame itself (`assets.features`).
"""

import polars as pl

from assets.models.uplift.holdout import is_holdout
from assets.partitions import days_before
from resources.lake import Lake
from resources.model_store import Unavailable
from resources.shop import Shop

__all__ = ["campaign_frame", "holdout_frame", "pooled_price", "response_value", "with_propensities"]


def campaign_frame(lake: Lake, shop: Shop, day: str) -> pl.DataFrame:
    """Exposures with a full attribution window in the campaign's ``frame_days`` days up to ``day``.

    Columns: those of the table and of `with_propensities`.

    Raises:
        Unavailable: If there is none.
    """
    frame = lake.read("ad_frame", days_before(day, shop.campaign.frame_days - 1), day)
    if not frame.is_empty():
        return with_propensities(frame.sort("ts", "exposure_id"))
    if not shop.has("ad_exposures"):
        raise Unavailable("the shop has no ad_exposures")
    window = shop.campaign.attribution_days
    raise Unavailable(f"no ad exposure has its full attribution window of {window} days by {day}")


def with_propensities(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell the two probabilities of an exposure apart; null where they are not known.

    ``arm_propensity`` is that of the arm which the row was in. ``propensity`` is that of any treatment. In a campaign
    of one treatment each follows from the other. In one of several a treated row does not say how likely the control
    was; the control rows do where they all log the same, in the whole campaign or on the day. Where that differs
    between users, ``propensity`` is null for all of them, so that it is estimated, and the row's own is kept.

    Args:
        frame: campaign_id, ts, arm, treatment, and propensity as `assets.point_in_time.outcome_window` gives it.
    """
    treated = pl.col("treatment") == 1
    own = pl.when(treated).then(pl.col("propensity")).otherwise(1 - pl.col("propensity"))
    control = pl.col("arm_propensity").filter(~treated).drop_nulls()

    def agreed(*keys: str | pl.Expr) -> pl.Expr:
        return pl.when(control.n_unique().over(keys) == 1).then(control.first().over(keys))

    known = pl.coalesce(agreed("campaign_id"), agreed("campaign_id", pl.col("ts").dt.date()))
    any_treatment = pl.when(pl.col("arm_propensity").is_not_null()).then(1 - known)
    several = pl.col("arm").filter(treated).n_unique().over("campaign_id") > 1
    return frame.with_columns(own.alias("arm_propensity")).with_columns(
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


def pooled_price(lake: Lake, shop: Shop, day: str) -> tuple[float, float]:
    """(contact cost, incentive) of a contact as the trial dealt it out: the campaign's, or the means over its arms.

    An incentive is paid to those who respond, so it is averaged over them.

    Raises:
        Unavailable: If there are several arms and no frame.
    """
    campaign = shop.campaign
    if not campaign.arms:
        return campaign.contact_cost, campaign.incentive
    contacted = campaign_frame(lake, shop, day).filter(pl.col("treatment") == 1)
    counts = contacted.group_by("arm").agg(pl.len().alias("contacts"), pl.col("outcome").cast(pl.Int64).sum())
    sums = [0.0, 0.0]
    for arm, contacts, responses in counts.sort("arm").iter_rows():
        cost, incentive = campaign.price(arm)
        sums[0] += cost * contacts / max(contacted.height, 1)
        sums[1] += incentive * responses / max(int(counts["outcome"].sum()), 1)
    return round(sums[0], 6), round(sums[1], 6)
