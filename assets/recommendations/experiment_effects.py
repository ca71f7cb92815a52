"""What an experiment on live traffic has shown: effects with confidence sequences, sample ratio and decision.

What belongs here: from units and what they did to figures. What does not: reading them
(`assets.recommendations.live_experiments`).

A unit counts once its window is over, and then for good: units are independent of each other and come in the order of
their assignment, which is what a confidence sequence needs.
"""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from evaluation.sequential.arm_effect import ArmEffect, cuped_effect, mean_effect
from evaluation.sequential.confidence_sequence import confidence_sequence, p_values
from evaluation.sequential.decision import Bounds, Guardrail, Rule, decide
from evaluation.sequential.moments import Moments
from evaluation.sequential.split_evidence import split_verdict
from resources.shop.experiments import Experiment

__all__ = ["experiment_figures", "outcomes"]

BEFORE_DAYS = 28
"""Days before its assignment from which a user is known, for CUPED."""
ARMS = ("champion", "challenger")
_METRICS = {"user": ("conversion", "revenue", "cart", "clicks"), "session": ("cart", "clicks")}


def outcomes(
    units: pl.DataFrame, experiment: Experiment, orders: pl.DataFrame, events: pl.DataFrame, end: datetime
) -> pl.DataFrame:
    """Units whose window is over by ``end``, each with its metrics, and for users those of the time before.

    Args:
        units: unit, arm, ts (UTC), each unit once.
        experiment: As declared.
        orders: user_id, ts, kind, quantity, unit_price.
        events: user_id, session_id, ts, kind.
        end: First instant that the tables do not hold.

    Returns:
        unit, arm, ts, and for each metric a column of its name and one with ``_before``, float64.
    """
    window, before = timedelta(days=experiment.window_days), timedelta(days=BEFORE_DAYS)
    done = units.filter(pl.col("ts") + window <= end).select("unit", "arm", "ts")
    actor = f"{experiment.unit}_id"
    parts = [events.select(pl.col(actor).alias("unit"), pl.col("ts").alias("at"), "kind", pl.lit(0.0).alias("money"))]
    if experiment.unit == "user":
        money = (pl.col("quantity") * pl.col("unit_price")).alias("money")
        parts.append(orders.select(pl.col("user_id").alias("unit"), pl.col("ts").alias("at"), "kind", money))
    did = done.join(pl.concat(parts), on="unit", how="inner")
    after = (pl.col("at") >= pl.col("ts")) & (pl.col("at") < pl.col("ts") + window)
    earlier = (pl.col("at") < pl.col("ts")) & (pl.col("at") >= pl.col("ts") - before)
    found = [
        value.alias(f"{metric}{suffix}")
        for suffix, span in (("", after), ("_before", earlier))
        for metric, value in _values(span).items()
        if metric in _METRICS[experiment.unit]
    ]
    each = done.join(did.group_by("unit").agg(found), on="unit", how="left")
    return each.with_columns(pl.col(pl.Float64).fill_null(0.0)).sort("ts", "unit")


def _values(span: pl.Expr) -> dict[str, pl.Expr]:
    """Each metric of what a unit did within a span."""

    def times(kind: str) -> pl.Expr:
        return (span & (pl.col("kind") == kind)).sum().cast(pl.Float64)

    return {
        "conversion": (times("sale") > 0).cast(pl.Float64),
        "revenue": pl.col("money").filter(span & (pl.col("kind") == "sale")).sum().cast(pl.Float64),
        "cart": (times("add_to_cart") > 0).cast(pl.Float64),
        "clicks": times("click"),
    }


def experiment_figures(
    experiment: Experiment, units: pl.DataFrame, measured: pl.DataFrame, as_of: date
) -> dict[str, Any]:
    """Sizes with their verdict, each metric's effect with its sequence, and what the declared rule says.

    Args:
        experiment: As declared.
        units: Everybody who was assigned: unit, arm, ts; at least one.
        measured: `outcomes` of them.
        as_of: Last day that the tables hold.
    """
    sizes = (
        units.group_by(pl.col("ts").dt.date().alias("day"))
        .agg((pl.col("arm") == arm).sum().alias(arm) for arm in ARMS)
        .sort("day")
    )
    share = experiment.challenger_share
    split = split_verdict(
        sizes.select(pl.col(ARMS).cum_sum()).to_numpy(), dict(zip(ARMS, (1 - share, share), strict=True))
    )
    # Known before any outcome is, and the same at every look.
    tightest_at = float(max(100, sum(sizes.row(0)[1:]) * 2 * experiment.min_days))
    metrics = {metric: _effect(experiment, measured, metric, tightest_at) for metric in _METRICS[experiment.unit]}
    days = (as_of - sizes["day"][0]).days + 1 - experiment.window_days
    guardrails = [Guardrail(_bounds(m, metrics[m]), margin) for m, margin in sorted(experiment.guardrails.items())]
    rule = Rule(experiment.worth, experiment.min_days, experiment.max_days)
    primary = _bounds(experiment.metric, metrics[experiment.metric])
    decision = decide(rule, primary, guardrails, days=days, split_passed=split.passed)
    return {
        "unit": experiment.unit,
        "metric": experiment.metric,
        "days": days,
        "assigned": split.observed,
        "measured": {arm: measured.filter(pl.col("arm") == arm).height for arm in ARMS},
        "sample_ratio": {"passed": split.passed, "p_value": split.p_value, "verdict": split.verdict},
        "effects": metrics,
        "decision": {"action": decision.action, "reason": decision.reason, "verdict": decision.verdict},
    }


def _effect(experiment: Experiment, measured: pl.DataFrame, metric: str, tightest_at: float) -> dict[str, Any]:
    """A metric of both arms and its lift; bounds are none where the units do not tell them yet."""
    arms = []
    for arm in ARMS:
        rows = measured.filter(pl.col("arm") == arm)
        columns = [rows[metric].to_numpy(), rows[f"{metric}_before"].to_numpy()]
        arms.append(Moments.of(*columns) if rows.height else Moments.nothing(2))
    plain = mean_effect(arms[0], arms[1])
    found: ArmEffect = cuped_effect(arms[0], arms[1]) if experiment.unit == "user" else plain
    bounds = confidence_sequence(found.lift, tightest_at)
    lower, upper = float(bounds.lower), float(bounds.upper)
    known = bool(np.isfinite(lower) and np.isfinite(upper))
    variance, before = float(found.lift.variance), float(plain.lift.variance)
    said = (
        f"{metric}: {float(found.lift.value):+.1%}, between {lower:+.1%} and {upper:+.1%}"
        if known
        else f"{metric}: too little has been seen to tell"
    )
    return {
        "champion": float(plain.champion),
        "challenger": float(plain.challenger),
        "lift": float(found.lift.value) if known else None,
        "lower": lower if known else None,
        "upper": upper if known else None,
        "p_value": float(p_values(found.lift, tightest_at)),
        "variance_left_by_cuped": variance / before if known and before > 0 else None,
        "verdict": said,
    }


def _bounds(metric: str, effect: dict[str, Any]) -> Bounds:
    """Without limits where nothing is known."""
    if effect["lower"] is None:
        return Bounds(metric, -np.inf, np.inf)
    return Bounds(metric, effect["lower"], effect["upper"])
