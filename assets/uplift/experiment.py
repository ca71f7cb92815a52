"""Is the experiment valid? What must hold before an estimated effect means anything.

What belongs here: the asset, and what a failure stops. What does not: the verdicts (`assets.uplift.validity`). A failed
test does not stop the run: it keeps the uplift modules, and only those, out of the release.
"""

import json
from collections.abc import Sequence

import dagster as dg
import polars as pl

from assets.daily.declared import Check
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import EXPOSED, FRAME
from assets.uplift.average_effects import AverageEffects, average_effects
from assets.uplift.campaign import campaign_frame, campaign_rows, revenue_cap
from assets.uplift.exposed_arms import fault_of_names
from assets.uplift.extremes import Extremes, extremes, extremes_table
from assets.uplift.validity import Finding, findings
from evaluation.experiment.contamination import first_exposures
from evaluation.insufficient import InsufficientDataError
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["EFFECTS_FILE", "FAULTS_FILE", "experiment", "require_valid"]

FAULTS_FILE, EFFECTS_FILE = "experiment.json", "effects.json"
_CHECKS = {
    "arms": "The control, the treatments and the campaigns are named as the log names them.",
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
        Unavailable: With the verdicts of those that failed. It is expected: an invalid experiment must not target
            anybody, nor hold up the recommendations.
    """
    judged = json.loads((models.require("experiment", day) / FAULTS_FILE).read_text(encoding="utf-8"))
    faults = [
        f"{f['check']}: {f['verdict']}" for f in judged if not f["passed"] and f["check"] not in shop.campaign.accept
    ]
    if faults:
        raise Unavailable("the experiment is not valid. " + " ".join(faults), expected=True)


_REVENUE = Check("revenue", "No single purchase makes much of the campaign's revenue.")
_EXTREMES = Check(
    "extremes", "No number known of users is so absurd that it would decide its attribute's mean or deviation."
)
_LARGE_SHARE = 0.1
_FEW_PURCHASES = 20


@daily_model(
    group="uplift",
    kinds={"scipy", "lightgbm"},
    reads={"ad_frame": FRAME, "ad_exposures": EXPOSED},
    checks=[*(Check(name, text) for name, text in _CHECKS.items()), _REVENUE, _EXTREMES],
)
def experiment(at: AsOf) -> Built:
    """Tests that the campaign's exposures are a valid experiment; where one fails no uplift is estimated or served.

    Also the average effect with its interval, and the effect by each attribute.
    """
    campaign = at.shop.campaign
    exposures = at.lake.read("ad_exposures", at.first(EXPOSED), at.day, columns=["campaign_id", "arm"])
    if (fault := fault_of_names(exposures, campaign, at.section)) is not None:
        return _built(at, [Finding("arms", False, fault)])
    frame = campaign_frame(at.lake, at.shop, at.day)
    judged = [Finding("arms", True, "all are in the log"), *findings(frame, campaign.arms)]
    far = extremes(first_exposures(frame))
    try:
        effects = average_effects(frame)
    except InsufficientDataError:  # the findings say what is missing
        return _built(at, judged, frame.height, far)
    (at.folder / EFFECTS_FILE).write_text(json.dumps(effects.body(), indent=1, ensure_ascii=False), encoding="utf-8")
    return _built(at, judged, frame.height, far, effects, _revenue(at))


def _built(
    at: AsOf,
    judged: Sequence[Finding],
    rows: int = 0,
    far: Sequence[Extremes] = (),
    effects: AverageEffects | None = None,
    revenue: dg.AssetCheckResult | None = None,
) -> Built:
    """Write the verdicts, and show what is known."""
    body = [{"check": f.check, "passed": f.passed, "verdict": f.verdict} for f in judged]
    (at.folder / FAULTS_FILE).write_text(json.dumps(body, indent=1, ensure_ascii=False), encoding="utf-8")
    table = "\n".join(f"- **{f.check}** {'passed' if f.passed else 'FAILED'}: {f.verdict}" for f in judged)
    by_name = {finding.check: finding for finding in judged}
    checks = [*(_result(name, by_name.get(name)) for name in _CHECKS), revenue or _result(_REVENUE.name, None)]
    checks.append(_extremes(far))
    metadata: dict[str, object] = {"verdicts": dg.MetadataValue.md(table)}
    if far:
        metadata["winsorised"] = dg.MetadataValue.md(extremes_table(far))
    if effects is None:
        return Built(rows, metadata, checks)
    metadata |= {"average_effect": effects.verdict, "effect_by_group": dg.MetadataValue.md(effects.table())}
    metadata["who_responds"] = dg.MetadataValue.md(effects.who_responds())
    if effects.returned:
        metadata["paid_back"] = effects.returns()
    found = effects.effect
    metrics = {"effect": found.effect.estimate, "effect_p": found.p_value, "effect_detectable": found.detectable}
    return Built(rows, metadata, checks, metrics)


def _revenue(at: AsOf) -> dg.AssetCheckResult:
    """Warn of a purchase that makes much of all revenue, with what it counts as."""
    frame = campaign_rows(at.lake, at.shop, at.day)
    largest, total = (float(found) for found in frame.select(pl.max("revenue"), pl.sum("revenue").alias("sum")).row(0))
    share = largest / max(total, 1e-9)
    cap = revenue_cap(frame["revenue"], at.shop.campaign.winsorise)
    return dg.AssetCheckResult(
        check_name=_REVENUE.name,
        passed=bool(share <= _LARGE_SHARE or frame["revenue"].gt(0).sum() < _FEW_PURCHASES),
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"one user spent {largest:,.2f}, which is {share:.0%} of the campaign's revenue; no user "
            f"counts for more than {cap:,.2f} (winsorise in {at.section})"
        ),
        metadata={"largest": largest, "share": share, "cap": cap},
    )


def _extremes(far: Sequence[Extremes]) -> dg.AssetCheckResult:
    """Warn of attributes whose extremes are typing errors or codes; the others' are only told of."""
    absurd = [of for of in far if of.is_absurd]
    told = "; ".join(of.in_words() for of in absurd or far) or "every value is used as it is"
    return dg.AssetCheckResult(
        check_name=_EXTREMES.name,
        passed=not absurd,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{told}. Correct them at the source, or leave unknown values empty" if absurd else told,
        metadata={of.attribute: of.in_words() for of in far},
    )


def _result(name: str, finding: Finding | None) -> dg.AssetCheckResult:
    """A test that does not apply passes and says so."""
    if finding is None:
        return dg.AssetCheckResult(check_name=name, passed=True, description="does not apply to these exposures")
    return dg.AssetCheckResult(
        check_name=name,
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=finding.verdict,
    )
