"""Uplift: the frame of a campaign to a blend of learners, a score for every user, and segments.

What belongs here: which rows are fitted and scored. What does not: learners and their choice (`assets.models`).
"""

import json
from pathlib import Path

import dagster as dg
import polars as pl

from assets.arm_effects import arm_scores
from assets.campaign import campaign_frame
from assets.daily_models import Metadata, build_each_day
from assets.drift import DRIFT_FILE, drift_reference
from assets.experiment import require_valid
from assets.models.uplift.segments import PROFILE_FILE, assign_segments, segment_profile
from assets.models.uplift.uplift_model import UpliftModel
from assets.models.uplift.uplift_scores import UpliftScores, told_apart
from assets.models.uplift.uplift_selection import TooFewResponsesError
from assets.partitions import SAME_DAY, SHOP, daily_asset, trailing
from evaluation.qini import qini_coefficient
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop
from resources.tables import TABLES

__all__ = ["UPLIFT_ASSETS"]


@daily_asset(
    group_name="uplift",
    kinds={"lightgbm", "scikitlearn"},
    deps=[
        dg.AssetDep("experiment", partition_mapping=SAME_DAY),
        dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days)),
    ],
)
def uplift_model(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Uplift learners weighed by cross-validated DR-score, fitted without the holdout users, with replicas."""

    def build(day: str, folder: Path) -> Metadata:
        require_valid(models, day, shop)
        frame = campaign_frame(lake, shop, day)
        is_randomised = frame["propensity"].null_count() == 0
        try:
            model = UpliftModel.fit(frame, measure=qini_coefficient, randomised=is_randomised)
        except TooFewResponsesError as reason:
            raise Unavailable(str(reason)) from reason
        model.save(folder)
        drift_reference(model, frame).save(folder / DRIFT_FILE)
        figures = {figure.name: round(figure.mean, 5) for figure in model.figures}
        return {
            "dagster/row_count": dg.MetadataValue.int(model.trained_rows),
            "chosen": dg.MetadataValue.text(model.chosen),
            "qini_by_cross_validation": dg.MetadataValue.json(figures),
            "base_rate": dg.MetadataValue.float(model.base_rate),
            "recalibration": dg.MetadataValue.text(model.recalibration.kind),
            "calibration_slope": dg.MetadataValue.float(round(model.calibration.slope, 3)),
            "propensity": dg.MetadataValue.json(model.propensity),
        }

    return build_each_day(context, models, build)


@daily_asset(
    group_name="uplift",
    kinds={"polars", "deltalake"},
    deps=[dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("uplift_model", "user_profiles")],
)
def uplift_scores(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], models: dg.ResourceParam[ModelStore]
) -> dg.MaterializeResult:
    """Each user's estimated effect of the ad, with its 95 % interval and segment."""
    metadata: dict[str, dg.MetadataValue] = {}
    for day in sorted(context.partition_keys):
        try:
            model = UpliftModel.load(models.require("uplift_model", day))
            scores = _scored(model, lake.read("user_profiles", day, day))
            metadata = {
                "dagster/row_count": dg.MetadataValue.int(scores.height),
                "mean_uplift": dg.MetadataValue.float(float(scores["uplift"].to_numpy().mean())),
            }
        except Unavailable as reason:
            scores = pl.DataFrame(schema=dict(TABLES["uplift_scores"])).drop("day")
            metadata = {"skipped": dg.MetadataValue.text(str(reason))}
        rows = scores.with_columns(pl.lit(day).alias("day")).select(list(TABLES["uplift_scores"]))
        version = lake.replace_partition("uplift_scores", rows, day, day)
        metadata["delta_version"] = dg.MetadataValue.int(version)
    return dg.MaterializeResult(metadata=metadata)


def _scored(model: UpliftModel, profiles: pl.DataFrame) -> pl.DataFrame:
    """Scores and segments of the users, sorted by id."""
    if profiles.is_empty():
        raise Unavailable("no user is known yet")
    scores = model.score(profiles)
    return scores.with_columns(assign_segments(scores, model.base_rate)).sort("user_id")


@daily_asset(
    group_name="uplift",
    kinds={"polars"},
    deps=[
        dg.AssetDep(asset, partition_mapping=SAME_DAY)
        for asset in ("uplift_model", "uplift_scores", "arm_effects", "user_profiles")
    ],
)
def segments(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], models: dg.ResourceParam[ModelStore]
) -> dg.MaterializeResult:
    """Persuadables, sure things, lost causes and sleeping dogs: sizes, and what tells each apart."""

    def build(day: str, folder: Path) -> Metadata:
        model = UpliftModel.load(models.require("uplift_model", day))
        scores, profiles = lake.read("uplift_scores", day, day), lake.read("user_profiles", day, day)
        if scores.is_empty():
            raise Unavailable("no user is known yet")
        joined = profiles.join(scores.select("user_id", "segment"), on="user_id", maintain_order="left")
        profile = segment_profile(joined, joined["segment"], model.design)
        _with_arms(scores, models, day).save(folder)
        (folder / PROFILE_FILE).write_text(json.dumps(profile.to_dicts(), indent=1), encoding="utf-8")
        sizes = dict(scores.group_by("segment").len().sort("segment").iter_rows())
        return {
            "dagster/row_count": dg.MetadataValue.int(scores.height),
            "users": dg.MetadataValue.json(sizes),
            "profile": dg.MetadataValue.md(_profile_table(profile)),
        }

    return build_each_day(context, models, build)


def _with_arms(scores: pl.DataFrame, models: ModelStore, day: str) -> UpliftScores:
    """The scores as they are served, with those of each arm where the campaign tells several apart."""
    try:
        arms = arm_scores(models, day)
    except Unavailable:
        return UpliftScores.build(scores)
    return UpliftScores.build(scores.join(arms, on="user_id", maintain_order="left"), told_apart(arms))


def _profile_table(profile: pl.DataFrame) -> str:
    """The most telling features of each segment as a Markdown table."""
    lines = ["| segment | users | feature | mean | mean of all |", "|---|---|---|---|---|"]
    for row in profile.filter("top").iter_rows(named=True):
        figures = [("–" if row[c] is None else f"{row[c]:.2f}") for c in ("mean", "mean_all")]
        lines.append(f"| {row['segment']} | {row['users']:,} | {row['feature']} | {figures[0]} | {figures[1]} |")
    return "\n".join(lines)


UPLIFT_ASSETS = [uplift_model, uplift_scores, segments]
