"""Is the experiment valid? What must hold before an estimated effect means anything.

What belongs here: which exposures each test is given, and what a failure stops. What does not: the tests
(`evaluation`). A failed test does not stop the run: it keeps the uplift modules, and only those, out of the release.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.campaign import campaign_frame
from assets.daily_models import Metadata, build_each_day
from assets.models.uplift.ad_design import AdDesign
from assets.partitions import SHOP, daily_asset, trailing
from evaluation.arm_classifier import ArmClassifier, classify_arms
from evaluation.balance import balance, weighted_balance
from evaluation.contamination import contamination, first_exposures
from evaluation.overlap import overlap
from evaluation.sample_ratio import sample_ratio
from evaluation.time_order import exposed_before_assigned, features_after_exposure, outcome_before_exposure
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["EXPERIMENT_ASSETS", "FAULTS_FILE", "INVALID", "Finding", "findings", "require_valid"]

FAULTS_FILE = "experiment.json"
INVALID = "the experiment is not valid"
"""How the reason begins for which a release lacks the uplift modules."""
_CHECKS = {
    "sample_ratio": "The arms have the sizes that were meant (logged or declared), overall and on each day (χ²).",
    "contamination": "No user was in two arms of a campaign.",
    "time_order": "Users were assigned before they were exposed; features were known before it, outcomes came after.",
    "balance": "No feature differs between the arms by more than chance: none was recorded after the exposure.",
    "arm_classifier": "A classifier cannot tell the arms apart by the features.",
    "overlap": "Where propensities are not logged, users like those of one arm are found in the other.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one test, in words."""

    check: str
    passed: bool
    verdict: str


def findings(frame: pl.DataFrame) -> Iterator[Finding]:
    """Judge the exposures of a campaign, a frame as `assets.campaign.campaign_frame` gives it."""
    mixed = contamination(frame)
    yield Finding("contamination", mixed.passed, mixed.verdict)
    yield _time_order(frame)
    firsts = first_exposures(frame)
    logged = firsts.filter(pl.col("propensity").is_not_null())
    if logged.height:
        treated = logged["propensity"].to_numpy()
        arm = logged["treatment"].replace_strict({1: "treatment", 0: "control"}, return_dtype=pl.String)
        ratio = sample_ratio(
            arm.to_numpy(),
            {"treatment": treated, "control": 1 - treated},
            day=logged["ts"].dt.strftime("%Y-%m-%d").to_numpy(),
        )
        yield Finding("sample_ratio", ratio.passed, ratio.verdict)
    if firsts["treatment"].n_unique() < 2:
        yield Finding("balance", False, "there is only one arm, so there is nothing to compare. Log both arms.")
        return
    design = AdDesign.fit(firsts)
    X, treatment = design.matrix(firsts), firsts["treatment"].to_numpy()
    chance = firsts["propensity"].to_numpy()
    is_logged = logged.height == firsts.height
    # Where the odds of an arm differ between users, so may the users of the arms: they are alike only when weighed.
    is_weighed = is_logged and bool(np.ptp(chance) > 0)
    weight = np.where(treatment == 1, 1 / chance, 1 / (1 - chance)) if is_weighed else None
    classifier = classify_arms(X, treatment, design.names, weight=weight)
    if is_logged:
        alike = (
            weighted_balance(X, treatment, design.names, chance) if is_weighed else balance(X, treatment, design.names)
        )
        yield Finding("balance", alike.passed, alike.verdict)
        yield Finding("arm_classifier", classifier.passed, classifier.verdict)
    else:
        yield _overlap(classifier, firsts)


def _time_order(frame: pl.DataFrame) -> Finding:
    """Judge the instants of every exposure; the assignment's only where it is logged."""

    def at(name: str) -> NDArray[np.datetime64]:
        return frame[name].dt.replace_time_zone(None).to_numpy()

    exposed = at("ts")
    orders = [
        features_after_exposure(at("known_at"), exposed),
        outcome_before_exposure(exposed, at("responded_at")),
    ]
    if frame["assigned_at"].count():
        orders.append(exposed_before_assigned(at("assigned_at"), exposed))
    told = " ".join(order.verdict for order in orders)
    return Finding("time_order", all(order.passed for order in orders), told)


def _overlap(classifier: ArmClassifier, firsts: pl.DataFrame) -> Finding:
    """Judge an observational log, whose arms are expected to differ."""
    judged = overlap(classifier.propensity, firsts["treatment"].to_numpy()[classifier.row])
    return Finding("overlap", judged.passed, judged.verdict)


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
        judged[:] = list(findings(frame))
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
