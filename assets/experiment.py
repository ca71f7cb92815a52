"""Is the experiment valid? What must hold before an estimated effect means anything.

What belongs here: the asset, and what a failure stops. What does not: the verdicts (`assets.validity`). A failed test
does not stop the run: it keeps the uplift modules, and only those, out of the release.
"""

import json
from pathlib import Path

import dagster as dg

from assets.campaign import campaign_frame
from assets.daily_models import Metadata, build_each_day
from assets.partitions import SHOP, daily_asset, trailing
from assets.validity import Finding, findings
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["EXPERIMENT_ASSETS", "FAULTS_FILE", "INVALID", "require_valid"]

FAULTS_FILE = "experiment.json"
INVALID = "the experiment is not valid"
"""How the reason begins for which a release lacks the uplift modules."""
_CHECKS = {
    "sample_ratio": "The arms have the sizes that were meant (logged or declared), overall and on each day (χ²).",
    "contamination": "No user was in two arms of a campaign.",
    "time_order": "Users were assigned before they were exposed; features were known before it, outcomes came after.",
    "balance": "No feature of any arm differs from the control's by more than chance: none was recorded after it.",
    "arm_classifier": "A classifier cannot tell an arm from the control by the features.",
    "overlap": "Where propensities are not logged, users like those of one arm are found in the other.",
}


def require_valid(models: ModelStore, day: str, shop: Shop) -> None:
    """Raise unless every test of the day passed or is accepted by the shop.

    Raises:
        Unavailable: With the verdicts of those that failed.
    """
    found = json.loads((models.require("experiment", day) / FAULTS_FILE).read_text(encoding="utf-8"))
    faults = [
        f"{f['check']}: {f['verdict']}" for f in found if not f["passed"] and f["check"] not in shop.campaign.accept
    ]
    if faults:
        raise Unavailable(f"{INVALID}. " + " ".join(faults))


@daily_asset(
    group_name="uplift",
    kinds={"scipy", "lightgbm"},
    check_specs=[dg.AssetCheckSpec(name, asset="experiment", description=told) for name, told in _CHECKS.items()],
    deps=[dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days))],
)
def experiment(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Tests that the campaign's exposures are a valid experiment; where one fails no uplift is estimated or served."""
    judged: list[Finding] = []

    def build(day: str, folder: Path) -> Metadata:
        frame = campaign_frame(lake, shop, day)
        judged[:] = list(findings(frame, shop.campaign.arms))
        body = [{"check": f.check, "passed": f.passed, "verdict": f.verdict} for f in judged]
        (folder / FAULTS_FILE).write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")
        table = "\n".join(f"- **{f.check}** {'passed' if f.passed else 'FAILED'}: {f.verdict}" for f in judged)
        return {"dagster/row_count": dg.MetadataValue.int(frame.height), "verdicts": dg.MetadataValue.md(table)}

    result = build_each_day(context, models, build)
    told = {finding.check: finding for finding in judged}
    return dg.MaterializeResult(
        metadata=result.metadata, check_results=[_result(name, told.get(name)) for name in _CHECKS]
    )


def _result(name: str, finding: Finding | None) -> dg.AssetCheckResult:
    """A test that does not apply, or for which there are no exposures, passes and says so."""
    if finding is None:
        return dg.AssetCheckResult(check_name=name, passed=True, description="does not apply to these exposures")
    return dg.AssetCheckResult(
        check_name=name,
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=finding.verdict,
    )


EXPERIMENT_ASSETS = [experiment]
