"""Is the model still about these users? Stability of features and scores, and Qini over time."""

import json

import dagster as dg
import polars as pl

from assets.daily.declared import Check
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import FRAME, SAME_DAY
from assets.models.uplift.uplift_model import UpliftModel
from assets.uplift.campaign import holdout_frame
from assets.uplift.drift_reference import DRIFT_FILE, watched
from evaluation.drift import DriftReference
from evaluation.uplift.rolling_qini import rolling_qini
from resources.model_store import Unavailable

__all__ = ["drift_report", "judge_latest"]

_CHECKS = (
    Check("drift", "No feature of the users has moved far from the frame that the model was fitted on."),
    Check("rolling_qini", "In the latest window of the random holdout the model ranks users no worse than chance."),
)


@daily_model(
    group="reports",
    kinds={"polars"},
    reads={"uplift_model": SAME_DAY, "user_profiles": SAME_DAY, "ad_frame": FRAME},
    checks=_CHECKS,
)
def drift_report(at: AsOf) -> Built:
    """Population stability index of features and score against the training frame, and rolling Qini on the holdout."""
    fitted = at.model("uplift_model")
    model, profiles = UpliftModel.load(fitted), at.lake.read("user_profiles", at.day, at.day)
    if profiles.is_empty():
        raise Unavailable("no user is known yet")
    drift = DriftReference.load(fitted / DRIFT_FILE).compare(watched(model, profiles))
    held = holdout_frame(at.lake, at.shop, at.day)
    over_time = rolling_qini(
        held["ts"].dt.strftime("%Y-%m-%d").to_numpy(),
        held["outcome"].to_numpy(),
        held["treatment"].to_numpy(),
        model.score(held)["uplift"].to_numpy(),
    )
    features = pl.DataFrame([(f.feature, f.psi, f.level, f.moved) for f in drift.features], orient="row")
    features.columns = ["feature", "psi", "level", "moved"]
    body = {"features": features.to_dicts(), "rolling_qini": over_time.to_dicts()}
    (at.folder / "drift.json").write_text(json.dumps(body, indent=1, default=str), encoding="utf-8")
    lines = ["| feature | PSI | level | what moved |", "|---|---|---|---|"]
    lines += [f"| {f.feature} | {f.psi:.3f} | {f.level} | {f.moved} |" for f in drift.features[:15]]
    return Built(
        drift.rows,
        {
            "most_drifted": dg.MetadataValue.md("\n".join(lines)),
            "rolling_qini": [{k: str(v) for k, v in r.items()} for r in over_time.to_dicts()],
        },
        [_warning("drift", drift.passed, drift.verdict), _warning("rolling_qini", *judge_latest(over_time))],
    )


def _warning(name: str, passed: bool, verdict: str) -> dg.AssetCheckResult:
    """A verdict that does not stop what is downstream."""
    return dg.AssetCheckResult(check_name=name, passed=passed, severity=dg.AssetCheckSeverity.WARN, description=verdict)


def judge_latest(over_time: pl.DataFrame) -> tuple[bool, str]:
    """Whether the model ranks users no worse than chance in the last window of `rolling_qini`, and what to do."""
    window = over_time.row(-1, named=True)
    figures = ""
    if window["qini"] is not None:
        figures = f"Qini {window['qini']:.3f} ({window['lower']:.3f} to {window['upper']:.3f}) "
    message = f"{figures}on {window['rows']:,} exposures in the window to {window['day']}: {window['verdict']}"
    return window["upper"] is None or window["upper"] >= 0, message
