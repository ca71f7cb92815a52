"""The targeting plan: whom to contact with the budget, from scores to one decision a user."""

import json
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.arm_effects import arm_prices, arm_scores
from assets.campaign import response_value
from assets.daily_models import Metadata, build_each_day
from assets.models.uplift.arm_plan import plan_arms
from assets.models.uplift.contact_limits import contacts_left
from assets.models.uplift.targeting_policy import ArmPrice, TargetingPlan, plan_targeting
from assets.models.uplift.uplift_scores import arm_matrix, told_apart
from assets.partitions import SAME_DAY, SHOP, daily_asset, days_before, trailing
from resources.ingest import midnight
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["PLAN_FILE", "TARGETING_ASSETS"]

PLAN_FILE = "plan.json"


def _contacts_left(lake: Lake, shop: Shop, day: str, users: list[str]) -> NDArray[np.int64] | None:
    """How often each user may still be contacted as of the end of ``day``; none where the shop sets no limit."""
    campaign = shop.campaign
    if campaign.max_contacts is None:
        return None
    exposures = lake.read("ad_exposures", days_before(day, campaign.contact_days), day)
    return contacts_left(
        users,
        exposures.filter(pl.col("arm") != campaign.control),
        as_of=midnight(date.fromisoformat(day) + timedelta(days=1)),
        period_days=campaign.contact_days,
        max_contacts=campaign.max_contacts,
    )


def _plan(scores: pl.DataFrame, shop: Shop, value: float, left: NDArray[np.int64] | None) -> TargetingPlan:
    """The most profitable contacts that the shop's budget buys; which arm, where the scores tell several apart."""
    campaign = shop.campaign
    if arms := told_apart(scores):
        return plan_arms(
            scores,
            arm_prices(shop, arms),
            margin=campaign.margin,
            value=value,
            budget=campaign.budget,
            contacts_left=left,
        )
    name = campaign.treatment or "treatment"
    return plan_targeting(
        scores["uplift"].to_numpy(),
        scores["p_treated"].to_numpy(),
        [ArmPrice(name, campaign.contact_cost, campaign.incentive)],
        margin=campaign.margin,
        value=value,
        budget=campaign.budget,
        upper=scores["upper"].to_numpy(),
        contacts_left=left,
    )


def _contacts(scores: pl.DataFrame, plan: TargetingPlan) -> pl.DataFrame:
    """The users to contact: user_id, uplift, lower, upper, segment, and the arm where several are told apart.

    The effect and its interval are then those of the arm.
    """
    columns = ["user_id", "uplift", "lower", "upper", "segment"]
    contacted = scores.filter(pl.Series(plan.contacted))
    if not told_apart(scores):
        return contacted.select(columns)
    chosen = plan.arm[plan.contacted]
    at = (np.arange(chosen.size), chosen)
    figures = [pl.Series(f, arm_matrix(contacted, f, plan.arms)[at]) for f in ("uplift", "lower", "upper")]
    names = pl.Series("arm", [plan.arms[place] for place in chosen], dtype=pl.String)
    return contacted.with_columns(*figures, names).select(*columns, "arm")


@daily_asset(
    group_name="roi",
    kinds={"numpy"},
    deps=[
        *(dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("uplift_scores", "arm_effects")),
        dg.AssetDep("ad_exposures", partition_mapping=trailing(SHOP.campaign.contact_days)),
        dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days)),
    ],
)
def targeting_plan(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Whom to contact: the highest net value that the budget buys, sleeping dogs never (`contacts.arrow`, by user).

    A campaign of several arms is planned with each arm's own effects and costs, and `contacts.arrow` names the arm.
    The cut-off is the profit that one more unit of budget would earn; the API's decisions keep to it.
    """

    def build(day: str, folder: Path) -> Metadata:
        scores = lake.read("uplift_scores", day, day)
        if scores.is_empty():
            raise Unavailable(models.unavailable("uplift_model", day) or "no user is known yet")
        if shop.campaign.arms:
            scores = scores.join(arm_scores(models, day), on="user_id", maintain_order="left")
        users = scores["user_id"].to_list()
        plan = _plan(scores, shop, response_value(lake, shop, day), _contacts_left(lake, shop, day, users))
        _contacts(scores, plan).write_ipc(folder / "contacts.arrow")
        told = {key: value for key, value in asdict(plan).items() if key != "arm"}
        (folder / PLAN_FILE).write_text(json.dumps(told, indent=1), encoding="utf-8")
        return {
            "dagster/row_count": dg.MetadataValue.int(int(plan.contacted.sum())),
            "verdict": dg.MetadataValue.text(plan.verdict),
            "contacts": dg.MetadataValue.json(plan.contacts),
            "cutoff": dg.MetadataValue.float(plan.cutoff),
            "left_out": dg.MetadataValue.json(plan.left_out),
        }

    return build_each_day(context, models, build)


TARGETING_ASSETS = [targeting_plan]
