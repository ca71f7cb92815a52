"""Is the model still about these users? Stability of features and scores, and Qini over time."""

import json
from pathlib import Path

import dagster as dg
import polars as pl

from assets.campaign import holdout_frame
from assets.daily_models import Metadata, build_each_day
from assets.drift import DRIFT_FILE, watched
from assets.models.uplift.uplift_model import UpliftModel
from assets.partitions import SAME_DAY, SHOP, daily_asset, trailing
from evaluation.drift import Drift, DriftReference
from evaluation.rolling_qini import rolling_qini
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["DRIFT_ASSETS", "judge_latest"]

_NOTHING = "there is no uplift model"


@daily_asset(
    group_name="reports",
    kinds={"polars"},
    check_specs=[
        dg.AssetCheckSpec(
            "drift",
            asset="drift_report",
            description="No feature of the users has moved far from the frame that the model was fitted on.",
        ),
        dg.AssetCheckSpec(
            "rolling_qini",
            asset="drift_report",
            description="In the latest window of the random holdout the model ranks users no worse than chance.",
        ),
    ],
    deps=[
        *(dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("uplift_model", "user_profiles")),
        dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days)),
    ],
)
def drift_report(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Population stability index of features and score against the training frame, and rolling Qini on the holdout."""
    found: list[Drift] = []
    measured: list[pl.DataFrame] = []

    def build(day: str, folder: Path) -> Metadata:
        at = models.require("uplift_model", day)
        model, profiles = UpliftModel.load(at), lake.read("user_profiles", day, day)
        if profiles.is_empty():
            raise Unavailable("no user is known yet")
        drift = DriftReference.load(at / DRIFT_FILE).compare(watched(model, profiles))
        held = holdout_frame(lake, shop, day)
        over_time = rolling_qini(
            held["ts"].dt.strftime("%Y-%m-%d").to_numpy(),
            held["outcome"].to_numpy(),
            held["treatment"].to_numpy(),
            model.score(held)["uplift"].to_numpy(),
        )
        found[:], measured[:] = [drift], [over_time]
        features = pl.DataFrame([(f.feature, f.psi, f.level, f.moved) for f in drift.features], orient="row")
        features.columns = ["feature", "psi", "level", "moved"]
        body = {"features": features.to_dicts(), "rolling_qini": over_time.to_dicts()}
        (folder / "drift.json").write_text(json.dumps(body, indent=1, default=str), encoding="utf-8")
        lines = ["| feature | PSI | level | what moved |", "|---|---|---|---|"]
        lines += [f"| {f.feature} | {f.psi:.3f} | {f.level} | {f.moved} |" for f in drift.features[:15]]
        return {
            "dagster/row_count": dg.MetadataValue.int(drift.rows),
            "most_drifted": dg.MetadataValue.md("\n".join(lines)),
            "rolling_qini": dg.MetadataValue.json([{k: str(v) for k, v in r.items()} for r in over_time.to_dicts()]),
        }

    result = build_each_day(context, models, build)
    moved = (found[0].passed, found[0].verdict) if found else (True, _NOTHING)
    ranked = judge_latest(measured[0]) if measured else (True, _NOTHING)
    return dg.MaterializeResult(
        metadata=result.metadata,
        check_results=[
            dg.AssetCheckResult(check_name=name, passed=passed, severity=dg.AssetCheckSeverity.WARN, description=told)
            for name, (passed, told) in (("drift", moved), ("rolling_qini", ranked))
        ],
    )


def judge_latest(over_time: pl.DataFrame) -> tuple[bool, str]:
    """Whether the model ranks users no worse than chance in the last window of `rolling_qini`, and what to do."""
    window = over_time.row(-1, named=True)
    figures = ""
    if window["qini"] is not None:
        figures = f"Qini {window['qini']:.3f} ({window['lower']:.3f} to {window['upper']:.3f}) "
    told = f"{figures}on {window['rows']:,} exposures in the window to {window['day']}: {window['verdict']}"
    return window["upper"] is None or window["upper"] >= 0, told


DRIFT_ASSETS = [drift_report]
