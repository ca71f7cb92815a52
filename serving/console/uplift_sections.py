"""The campaign's reports as sections: the trial's validity, how well the model ranks, and the plan.

What belongs here: reading the reports that the pipeline wrote. A report that a release lacks has no section.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.uplift.qini import qini_curve
from serving.console import words
from serving.console.charts import bars, curves, dots
from serving.console.sections import Cell, Section, Table, interval
from serving.release.snapshot import Snapshot

__all__ = ["of_model", "of_plan", "of_trial"]

Reports = Mapping[str, Any]
_INTERVAL = ("estimate", "lower 95 %", "upper 95 %")


def of_trial(reports: Reports) -> list[Section]:
    """Whether the trial can be trusted, and what a contact does on average."""
    found: list[Section] = []
    if (checks := reports.get("experiment")) is not None:
        rows: list[tuple[Cell, ...]] = [(one["check"], one["passed"], one.get("verdict")) for one in checks]
        failed = [str(one["check"]) for one in checks if not one["passed"]]
        verdict = (
            f"{', '.join(failed)} failed: do not trust what follows." if failed else "The trial passed every check."
        )
        table = Table(("check", "passed", "in words"), rows)
        found.append(Section("validity", "Can the trial be trusted?", words.VALIDITY, table, verdict))
    if (effects := reports.get("effects")) is not None and "effect" in effects:
        rows = [("all", "all", effects["effect"]["users"], *interval(effects["effect"]["effect"]))]
        for one in effects.get("groups", ()):
            rows.append((one["attribute"], one["group"], one["users"], *interval(one["effect"])))
        table = Table(("attribute", "group", "users", *_INTERVAL), rows)
        found.append(Section("effects", "What a contact does on average", words.EFFECTS, table))
    return found


def of_model(snapshot: Snapshot) -> list[Section]:
    """How well the model ranks users, on users that it never saw."""
    tables, report = snapshot.reports.get("uplift_tables") or {}, snapshot.reports.get("uplift") or {}
    found = [_qini(snapshot, tables["qini_curve"])] if "qini_curve" in tables else []
    if "scores" in report:
        found.append(_scores(report))
    if "deciles" in tables:
        found.append(_deciles(tables["deciles"]))
    if "calibration" in tables:
        found.append(_calibration(tables["calibration"]))
    return found


def of_plan(reports: Reports) -> list[Section]:
    """Whom the nightly plan contacts under the shop's budget."""
    plan = reports.get("plan")
    if plan is None:
        return []
    rows: list[tuple[Cell, ...]] = [(f"contacts, {arm}", n, None, None) for arm, n in plan["contacts"].items()]
    rows += [(name, plan[name], None, None) for name in ("budget", "spend", "profit", "cutoff") if name in plan]
    rows.append(("profit on the holdout", *interval(plan.get("measured_profit"))))
    rows += [(f"left out: {why}", n, None, None) for why, n in plan.get("left_out", {}).items()]
    table = Table(("what", *_INTERVAL), rows)
    return [Section("plan", "Tonight's plan", words.PLAN, table, str(plan.get("verdict", "")))]


def _qini(snapshot: Snapshot, band: list[dict[str, Any]]) -> Section:
    last = band[-1]
    baselines = {"at random": [(0.0, 0.0), (float(last["share"]), float(last["gain"]))]}
    if (holdout := snapshot.holdout) is not None:
        x, y = qini_curve(holdout.outcome, holdout.treatment, holdout.response)
        shares = np.array([point["share"] for point in band])
        gains = np.interp(shares, x / max(float(x[-1]), 1.0), y)
        baselines["likely buyers first"] = list(zip(shares.tolist(), gains.tolist(), strict=True))
    likely = dict(baselines.get("likely buyers first", ()))
    rows: list[tuple[Cell, ...]] = [
        (
            point["share"],
            point["users"],
            point["gain"],
            point["lower"],
            point["upper"],
            point["share"] * last["gain"],
            likely.get(point["share"]),
        )
        for point in band
    ]
    columns = ("share of users", "users", "gain", "lower 95 %", "upper 95 %", "at random", "likely buyers first")
    series = {"model": [(point["share"], point["gain"]) for point in band], **baselines}
    series |= {name: [(point["share"], point[end]) for point in band] for name, end in _BAND.items()}
    dashed = [*_BAND, "at random"]
    chart = lambda: curves(series, x="share of users contacted", y="responses gained", dashed=dashed)  # noqa: E731
    return Section("qini", "Qini curve", words.QINI, Table(columns, rows), chart=chart)


_BAND = {"lower 95 %": "lower", "upper 95 %": "upper"}


def _scores(report: Mapping[str, Any]) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for score, figures in report["scores"].items():
        for measure, value in figures.items():
            if isinstance(value, dict) and "estimate" in value:
                rows.append((score, measure, *interval(value)))
            elif isinstance(value, dict):
                rows += [(score, f"{measure} {part}", figure, None, None) for part, figure in value.items()]
            else:
                rows.append((score, measure, value, None, None))
    table = Table(("score", "measure", *_INTERVAL), rows)
    return Section("scores", "Measures of the ranking", words.SCORES, table, str(report.get("reason", "")))


def _deciles(deciles: list[dict[str, Any]]) -> Section:
    names = ("decile", "users", "treated", "control", "mean_treated", "mean_control", "uplift", "lower", "upper")
    rows: list[tuple[Cell, ...]] = [tuple(one.get(name) for name in names) for one in deciles]
    labels = [str(one["decile"]) for one in deciles]
    groups = {"uplift": [(one["uplift"], one["lower"], one["upper"]) for one in deciles]}
    columns = [name.replace("_", " ") for name in names]
    return Section(
        "deciles",
        "Effect by decile of the score",
        words.DECILES,
        Table(columns, rows),
        chart=lambda: bars(groups, labels, y="observed effect"),
    )


def _calibration(bins: list[dict[str, Any]]) -> Section:
    names = ("decile", "rows", "predicted", "aipw", "lower", "upper")
    rows: list[tuple[Cell, ...]] = [tuple(one.get(name) for name in names) for one in bins]
    points = {
        name: [(one["predicted"], one[end]) for one in bins]
        for name, end in (("observed", "aipw"), ("lower 95 %", "lower"), ("upper 95 %", "upper"))
    }
    ends = [one["predicted"] for one in bins]
    line = [(min(ends), min(ends)), (max(ends), max(ends))]
    return Section(
        "calibration",
        "Calibration",
        words.CALIBRATION,
        Table(("decile", "users", "predicted", "observed", "lower 95 %", "upper 95 %"), rows),
        chart=lambda: dots(points, x="predicted effect", y="observed effect", line=line),
    )
