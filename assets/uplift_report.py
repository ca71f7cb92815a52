"""Does the uplift model find the persuadable? Qini and Uplift@K on users it never saw, beside its baselines."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.charts import picture, qini_chart
from assets.daily_models import Metadata, build_each_day
from assets.models.holdout import is_holdout
from assets.models.uplift_model import UpliftModel
from assets.partitions import BACKFILL, DAILY, SAME_DAY, SHOP, trailing
from assets.uplift import campaign_frame
from evaluation.bootstrap import qini_difference_interval, qini_interval
from evaluation.qini import qini_curve
from evaluation.uplift_at_k import uplift_at_k
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["UPLIFT_REPORT_ASSETS", "holdout_frame"]

_SHARES = (0.1, 0.3, 0.5)
_RANDOM_SEED = 0


def holdout_frame(lake: Lake, shop: Shop, day: str) -> pl.DataFrame:
    """Exposures of the users that no uplift model is ever fitted on (`assets.models.holdout`).

    Raises:
        Unavailable: If there is none, or an arm or the responses are missing from it.
    """
    frame = campaign_frame(lake, shop, day)
    held = frame.filter(pl.Series(is_holdout(frame["user_id"])))
    if held["treatment"].n_unique() < 2 or not held["outcome"].sum():
        raise Unavailable(f"the holdout as of {day} lacks an arm or any response")
    return held


def _report(
    outcome: NDArray[np.int8], treatment: NDArray[np.int8], scores: dict[str, NDArray[np.float64]]
) -> dict[str, Any]:
    """Figures of each score: Qini with interval, uplift in the top shares, and the difference to the model."""
    figures: dict[str, Any] = {}
    for name, score in scores.items():
        figures[name] = {
            "qini": qini_interval(outcome, treatment, score)._asdict(),
            "uplift_at": {f"{share:.0%}": uplift_at_k(outcome, treatment, score, share) for share in _SHARES},
        }
        if name != "model":
            difference = qini_difference_interval(outcome, treatment, scores["model"], score)
            figures[name]["model_minus_this"] = difference._asdict()
    return figures


@dg.asset(
    group_name="reports",
    kinds={"matplotlib"},
    partitions_def=DAILY,
    backfill_policy=BACKFILL,
    deps=[
        dg.AssetDep("uplift_model", partition_mapping=SAME_DAY),
        dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days)),
    ],
)
def uplift_report(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Qini curve and Uplift@K of the model on the holdout, beside a response model and random targeting."""

    def build(day: str, folder: Path) -> Metadata:
        model = UpliftModel.load(models.require("uplift_model", day))
        held = holdout_frame(lake, shop, day)
        outcome, treatment = held["outcome"].to_numpy(), held["treatment"].to_numpy()
        scores = {
            "model": model.score(held)["uplift"].to_numpy(),
            "response": model.response(held),
            "random": np.random.default_rng(_RANDOM_SEED).random(held.height),
        }
        figures = _report(outcome, treatment, scores)
        effect = float(outcome[treatment == 1].mean() - outcome[treatment == 0].mean())
        report = {"chosen": model.chosen, "holdout_users": held.height, "average_effect": effect, "scores": figures}
        (folder / "uplift.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        curves = {name: qini_curve(outcome, treatment, scores[name]) for name in ("model", "response")}
        chart = folder / "qini.png"
        title = f"Qini on {held.height:,} held-out users: {model.chosen} {figures['model']['qini']['estimate']:.3f}"
        qini_chart(chart, curves, title=title, unit=f"{shop.campaign.outcome}s")
        return {
            "dagster/row_count": dg.MetadataValue.int(held.height),
            "qini": dg.MetadataValue.float(figures["model"]["qini"]["estimate"]),
            "figures": dg.MetadataValue.json(report),
            "qini_curve": picture(chart),
        }

    return build_each_day(context, models, build)


UPLIFT_REPORT_ASSETS = [uplift_report]
