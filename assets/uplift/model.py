"""Uplift: the frame of a campaign to a blend of learners, a score for every user, and segments.

What belongs here: which rows are fitted and scored. What does not: learners and their choice (`assets.models`).
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.tables import Span, Written, daily_table
from assets.daily.windows import FRAME, SAME_DAY
from assets.models.uplift.segments import (
    PROFILE_FILE,
    RESPONDERS_FILE,
    assign_segments,
    segment_profile,
    shown_effects,
)
from assets.models.uplift.uplift_model import UpliftModel
from assets.models.uplift.uplift_scores import UpliftScores, arm_names
from assets.uplift.arm_effects import arm_scores
from assets.uplift.average_effects import CLEAR
from assets.uplift.campaign import campaign_frame
from assets.uplift.drift_reference import DRIFT_FILE, watched
from assets.uplift.experiment import EFFECTS_FILE, require_valid
from assets.uplift.groups import numbers_of, words_of
from evaluation.drift import DriftReference
from evaluation.experiment.average_effect import GroupEffect
from resources.model_store import ModelStore, Unavailable
from resources.tables import TABLES, USER_FEATURES

__all__ = ["segments", "uplift_model", "uplift_scores"]


@daily_model(group="uplift", kinds={"lightgbm", "scikitlearn"}, reads={"experiment": SAME_DAY, "ad_frame": FRAME})
def uplift_model(at: AsOf) -> Built:
    """Uplift learners weighed by cross-validated DR-score, fitted without the holdout users, with replicas."""
    require_valid(at.models, at.day, at.shop)
    frame = campaign_frame(at.lake, at.shop, at.day)
    is_randomised = frame["propensity"].null_count() == 0
    model = UpliftModel.fit(frame, features=USER_FEATURES, randomised=is_randomised)
    model.save(at.folder)
    DriftReference.fit(watched(model, frame)).save(at.folder / DRIFT_FILE)
    figures = {figure.name: round(figure.mean, 5) for figure in model.figures}
    return Built(
        model.trained_rows,
        {
            "chosen": model.chosen,
            "qini_by_cross_validation": figures,
            "base_rate": model.base_rate,
            "recalibration": model.recalibration.kind,
            "calibration_slope": round(model.calibration.slope, 3),
            "propensity": model.propensity,
        },
    )


@daily_table(
    group="uplift",
    kinds={"polars", "deltalake"},
    reads={"uplift_model": SAME_DAY, "experiment": SAME_DAY, "user_profiles": SAME_DAY},
)
def uplift_scores(span: Span) -> Written:
    """Each user's estimated effect of the ad, with its 95 % interval and segment."""
    written = Written(0)
    for day in span.days:
        try:
            model = UpliftModel.load(span.models.require("uplift_model", day))
            profiles = span.lake.read("user_profiles", day, day)
            scores = _scored(model, profiles, _responders(span.models.require("experiment", day)))
            written = Written(scores.height, {"mean_uplift": float(scores["uplift"].to_numpy().mean())})
        except Unavailable as reason:
            scores = pl.DataFrame(schema=dict(TABLES["uplift_scores"])).drop("day")
            written = Written(0, {"skipped": str(reason)})
        on = date.fromisoformat(day)
        span.write(scores.with_columns(pl.lit(day).alias("day")), on, on)
    return written


def _scored(model: UpliftModel, profiles: pl.DataFrame, responders: list[dict[str, Any]]) -> pl.DataFrame:
    """Scores and segments of the users, sorted by id."""
    if profiles.is_empty():
        raise Unavailable("no user is known yet")
    scores = model.score(profiles)
    shown = shown_effects(list(map(GroupEffect.of, responders)), numbers_of(profiles), words_of(profiles))
    return scores.with_columns(assign_segments(scores, model.base_rate, shown)).sort("user_id")


@daily_model(
    group="uplift",
    kinds={"polars"},
    reads={
        "uplift_model": SAME_DAY,
        "uplift_scores": SAME_DAY,
        "arm_effects": SAME_DAY,
        "experiment": SAME_DAY,
        "user_profiles": SAME_DAY,
    },
)
def segments(at: AsOf) -> Built:
    """Persuadables, sure things, lost causes and sleeping dogs: sizes, and what tells each apart."""
    model = UpliftModel.load(at.model("uplift_model"))
    scores, profiles = at.lake.read("uplift_scores", at.day, at.day), at.lake.read("user_profiles", at.day, at.day)
    if scores.is_empty():
        raise Unavailable("no user is known yet")
    joined = profiles.join(scores.select("user_id", "segment"), on="user_id", maintain_order="left")
    profile = segment_profile(joined, joined["segment"], model.design)
    _with_arms(scores, at.models, at.day).save(at.folder)
    (at.folder / PROFILE_FILE).write_text(json.dumps(profile.to_dicts(), indent=1), encoding="utf-8")
    (at.folder / RESPONDERS_FILE).write_text(
        json.dumps(_responders(at.model("experiment")), indent=1), encoding="utf-8"
    )
    sizes = dict(scores.group_by("segment").len().sort("segment").iter_rows())
    return Built(
        scores.height,
        {
            "users": sizes,
            "profile": dg.MetadataValue.md(_profile_table(profile)),
        },
    )


def _responders(experiment: Path) -> list[dict[str, Any]]:
    """The groups that the experiment of a folder names, those that differ most clearly first."""
    path = experiment / EFFECTS_FILE
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [group for group in found.get("responders", []) if group["p_value"] < CLEAR]


def _with_arms(scores: pl.DataFrame, models: ModelStore, day: str) -> UpliftScores:
    """The scores as they are served, with those of each arm where the campaign tells several apart."""
    try:
        arms = arm_scores(models, day)
    except Unavailable:
        return UpliftScores.build(scores)
    return UpliftScores.build(scores.join(arms, on="user_id", maintain_order="left"), arm_names(arms))


def _profile_table(profile: pl.DataFrame) -> str:
    """The most telling features of each segment as a Markdown table."""
    lines = ["| segment | users | feature | mean | mean of all |", "|---|---|---|---|---|"]
    for row in profile.filter("top").iter_rows(named=True):
        figures = [("–" if row[c] is None else f"{row[c]:.2f}") for c in ("mean", "mean_all")]
        lines.append(f"| {row['segment']} | {row['users']:,} | {row['feature']} | {figures[0]} | {figures[1]} |")
    return "\n".join(lines)
