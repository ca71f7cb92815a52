"""The effects of several arms: of each, on every user, where the campaign declares more than one.

What belongs here: which rows are fitted and scored. What does not: the model (`assets.models.uplift.arm_model`), and
the choice of an arm (`assets.targeting`).
"""

from pathlib import Path

import dagster as dg
import polars as pl

from assets.campaign import campaign_frame
from assets.daily_models import Metadata, build_each_day
from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.targeting_policy import ArmPrice
from assets.models.uplift.uplift_scores import arm_column
from assets.models.uplift.uplift_selection import TooFewResponsesError
from assets.partitions import SAME_DAY, SHOP, daily_asset, trailing
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["ARM_EFFECT_ASSETS", "arm_model", "arm_prices", "arm_scores"]

_SCORES = "scores.arrow"
_MODEL = "model"


def arm_scores(models: ModelStore, day: str) -> pl.DataFrame:
    """Every user's effect of each arm as of ``day``, sorted by user_id (columns as `ArmModel.score`).

    Raises:
        Unavailable: With the reason, if the arms are not told apart.
    """
    return pl.read_ipc(models.require("arm_effects", day) / _SCORES)


def arm_model(models: ModelStore, day: str) -> ArmModel:
    """The model behind them.

    Raises:
        Unavailable: As `arm_scores`.
    """
    return ArmModel.load(models.require("arm_effects", day) / _MODEL)


def arm_prices(shop: Shop, arms: tuple[str, ...]) -> list[ArmPrice]:
    """What each of ``arms`` costs."""
    return [ArmPrice(arm, *shop.campaign.price(arm)) for arm in arms]


@daily_asset(
    group_name="uplift",
    kinds={"lightgbm"},
    deps=[
        *(dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("uplift_model", "user_profiles")),
        dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days)),
    ],
)
def arm_effects(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Each user's effect of every arm of the campaign with its 95 % interval, fitted without the holdout users.

    An asset of its own: `uplift_model` is about a contact as the trial dealt it out, which reports, segments and drift
    measure, and must not change because arms are told apart. Data flows from there to here to plan, ROI and release.
    An arm of too few responses is left out with its reason; the others go on.
    """

    def build(day: str, folder: Path) -> Metadata:
        if not shop.campaign.arms:
            raise Unavailable("the campaign declares no [campaign.arms]: its arms are one treatment")
        models.require("uplift_model", day)
        try:
            model = ArmModel.fit(
                campaign_frame(lake, shop, day), arms=sorted(shop.campaign.arms), control=shop.campaign.control
            )
        except TooFewResponsesError as reason:
            raise Unavailable(str(reason)) from reason
        profiles = lake.read("user_profiles", day, day)
        if profiles.is_empty():
            raise Unavailable("no user is known yet")
        scores = model.score(profiles).sort("user_id")
        (folder / _MODEL).mkdir()
        model.save(folder / _MODEL)
        scores.write_ipc(folder / _SCORES)
        return {
            "dagster/row_count": dg.MetadataValue.int(scores.height),
            "trained_rows": dg.MetadataValue.int(model.trained_rows),
            "mean_uplift": dg.MetadataValue.json({arm: _mean(scores, arm) for arm in model.arms}),
            "recalibration": dg.MetadataValue.json(
                {arm: fix.kind for arm, fix in zip(model.arms, model.recalibrations, strict=True)}
            ),
            "arms_left_out": dg.MetadataValue.json(model.skipped),
        }

    return build_each_day(context, models, build)


def _mean(scores: pl.DataFrame, arm: str) -> float:
    return round(float(scores[arm_column("uplift", arm)].to_numpy().mean()), 5)


ARM_EFFECT_ASSETS = [arm_effects]
