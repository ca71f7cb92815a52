"""Experiments whose faults are known: a clean one, and one for each fault that a check must catch.

What belongs here: the generator that the benchmark and the tests share. What does not: the checks.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from evaluation.arrays import Floats
from evaluation.experiment.arm_classifier import classify_arms
from evaluation.experiment.balance import balance
from evaluation.experiment.contamination import contamination, first_exposures
from evaluation.experiment.overlap import overlap
from evaluation.experiment.sample_ratio import sample_ratio
from evaluation.experiment.time_order import features_after_exposure

__all__ = ["FAULTS", "Experiment", "alarms", "experiment"]

FAULTS = ("clean", "split", "leak", "both_arms", "no_overlap", "late_feature")
"""Every kind of experiment; all but the first have one fault."""

NUMERIC = 9
LEVELS = 6
DAYS = 14


@dataclass(frozen=True, slots=True)
class Experiment:
    """One campaign with two arms, meant 50/50."""

    exposures: pl.DataFrame
    """exposure_id, user_id, campaign_id, arm, ts, feature_ts, row (place in X)."""
    X: Floats
    names: tuple[str, ...]


def experiment(rows: int, seed: int, fault: str = "clean") -> Experiment:
    """Users with counts, long tails, missing values and categories, 15 features in all.

    Args:
        rows: users.
        seed: of everything.
        fault: one of `FAULTS`.

    Raises:
        ValueError: an unknown fault.
    """
    if fault not in FAULTS:
        raise ValueError(f"unknown fault {fault!r}: choose from {', '.join(FAULTS)}")
    rng = np.random.default_rng(seed)
    taste = rng.normal(size=rows)
    numbers = [rng.poisson(np.exp(0.5 * taste + k / 4)).astype(float) for k in range(4)]
    numbers += [np.where(rng.random(rows) < 0.8, 0.0, rng.lognormal(3, 1.5, rows)) for _ in range(3)]
    recency = rng.exponential(20, rows)
    numbers += [np.where(rng.random(rows) < 0.3, np.nan, recency), rng.normal(size=rows)]
    level = rng.choice(LEVELS, rows, p=[0.5, 0.25, 0.15, 0.06, 0.03, 0.01])
    chance = np.full(rows, 0.5)
    if fault == "split":
        chance[:] = 0.52
    if fault == "no_overlap":
        chance = np.where(taste + 0.1 * numbers[8] > 0, 0.995, 0.005)
        numbers[8] = taste
    treated = rng.random(rows) < chance
    if fault == "leak":
        # Visits of the week after the exposure, of which the ad brings one in five users one more.
        numbers[0] = numbers[0] + (treated & (rng.random(rows) < 0.2))
    X = np.column_stack([*numbers, *(level == k for k in range(LEVELS))]).astype(np.float64)
    names = (*(f"number_{k}" for k in range(NUMERIC)), *(f"level={k}" for k in range(LEVELS)))
    start = np.datetime64("2026-03-01T00:00:00.000000")
    ts = start + rng.integers(0, DAYS * 86_400, rows).astype("timedelta64[s]")
    gap = rng.integers(1, 86_400, rows).astype("timedelta64[s]")
    if fault == "late_feature":
        gap[: max(1, rows // 1000)] *= -1
    exposures = pl.DataFrame(
        {
            "exposure_id": [f"e{i:07d}" for i in range(rows)],
            "user_id": [f"u{i:07d}" for i in range(rows)],
            "campaign_id": "spring",
            "arm": np.where(treated, "ad", "control"),
            "ts": ts,
            "feature_ts": ts - gap,
            "row": np.arange(rows),
        }
    )
    # Some are exposed again, in the same arm.
    again = exposures.sample(rows // 10, seed=seed).with_columns(
        ("again" + pl.col("exposure_id")).alias("exposure_id"), (pl.col("ts") + pl.duration(days=1)).alias("ts")
    )
    if fault == "both_arms":
        again = again.with_columns(
            pl.when(pl.int_range(pl.len()) == 0)
            .then(pl.lit("ad") if again["arm"][0] == "control" else pl.lit("control"))
            .otherwise(pl.col("arm"))
            .alias("arm")
        )
    return Experiment(pl.concat([exposures, again]), X, names)


def alarms(data: Experiment, *, seed: int = 0, observational: bool = False) -> dict[str, bool]:
    """Which checks fail, all of them asked as the pipeline asks them.

    Overlap is asked of observational logs only; there the arms are expected to be told apart, and the checks that
    presume a random assignment are left out.
    """
    first = first_exposures(data.exposures)
    X = data.X[first["row"].to_numpy()]
    treatment = (first["arm"] == "ad").cast(pl.Int8).to_numpy()
    classifier = classify_arms(X, treatment, data.names, seed=seed)
    failed = {
        "contamination": not contamination(data.exposures).passed,
        "feature order": not features_after_exposure(first["feature_ts"].to_numpy(), first["ts"].to_numpy()).passed,
    }
    if observational:
        return failed | {"overlap": not overlap(classifier.propensity, treatment[classifier.row]).passed}
    day = first["ts"].dt.strftime("%Y-%m-%d").to_list()
    ratio = sample_ratio(first["arm"].to_list(), {"control": 0.5, "ad": 0.5}, day=day)
    return failed | {
        "sample ratio": not ratio.passed,
        "balance": not balance(X, treatment, data.names).passed,
        "classifier": not classifier.passed,
        "overlap": not overlap(classifier.propensity, treatment[classifier.row]).passed,
    }
