"""Planted faults are caught by the asset and keep uplift from being used; a clean or accepted experiment does not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import msgspec
import numpy as np
import polars as pl
import pytest

from assets.experiment import INVALID, experiment, findings, require_valid
from assets.partitions import SHOP
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Campaign, Shop
from resources.tables import TABLES, USER_FEATURES

DAY = "2026-01-30"
N = 6_000
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 14


def frame(share: float = 0.5, rows: int = N, *, propensity: float | None = 0.5, seed: int = 0) -> pl.DataFrame:
    """An uplift frame of users dealt out with ``share`` in two weeks, while ``propensity`` is what the log says."""
    rng = np.random.default_rng(seed)
    treatment = (rng.random(rows) < share).astype(np.int8)
    outcome = (rng.random(rows) < 0.1 + 0.05 * treatment).astype(np.int8)
    ts = pl.Series([START]).extend_constant(START, rows - 1) + pl.Series(
        (np.arange(rows) * DAYS * 86_400_000_000 / rows).astype(np.int64)
    ).cast(pl.Duration("us"))
    features = {name: rng.gamma(2.0, size=rows) for name in USER_FEATURES}
    whole = pl.DataFrame(
        {
            "day": [DAY] * rows,
            "exposure_id": [f"x{i}" for i in range(rows)],
            "user_id": [f"u{i}" for i in range(rows)],
            "campaign_id": ["c"] * rows,
            "ts": ts,
            "arm": np.where(treatment == 1, "ad", "control"),
            "treatment": treatment,
            "propensity": [propensity] * rows,
            "cost": 0.1 * treatment,
            "outcome": outcome,
            "revenue": 20.0 * outcome,
            "assigned_at": ts,
            "known_at": ts - timedelta(microseconds=1),
            "responded_at": ts,
            **features,
            "numeric": [[]] * rows,
            "categorical": [[]] * rows,
        }
    )
    return whole.cast(pl.Schema(TABLES["ad_frame"])).select(list(TABLES["ad_frame"]))


def shop(**campaign: object) -> Shop:
    """The shop with another campaign."""
    return msgspec.structs.replace(SHOP, campaign=msgspec.structs.replace(SHOP.campaign, **campaign))


def failed(rows: pl.DataFrame, home: Path) -> dict[str, str]:
    """Blocking checks that failed when the asset was materialised on the frame, each with its description.

    What they say is also the reason why no uplift may be used that day, and there is none without them.
    """
    lake, models = Lake(str(home / "lake")), ModelStore(home / "models")
    lake.replace_partition("ad_frame", rows, DAY, DAY)
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"shop": SHOP, "lake": lake, "models": models}
        result = dg.materialize([experiment], partition_key=DAY, resources=resources, instance=instance)
        assert result.success, "a failed test of the experiment must not stop the run"
        broken = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert {check.severity for check in broken} <= {dg.AssetCheckSeverity.ERROR}
    if broken:
        with pytest.raises(Unavailable, match=INVALID) as reason:
            require_valid(models, DAY, SHOP)
        assert all(f"{check.check_name}: {check.description}" in str(reason.value) for check in broken)
    else:
        require_valid(models, DAY, SHOP)
    # What is accepted knowingly stops nothing.
    require_valid(models, DAY, shop(accept=frozenset(check.check_name for check in broken)))
    return {check.check_name: check.description or "" for check in broken}


def later(rows: pl.DataFrame, column: str, by: timedelta) -> pl.DataFrame:
    """The frame with an instant of its first exposure moved to that exposure and ``by`` beyond."""
    first = pl.int_range(pl.len()) == 0
    return rows.with_columns(pl.when(first).then(pl.col("ts") + by).otherwise(pl.col(column)).alias(column))


def test_a_clean_experiment_passes_every_check(tmp_path: Path) -> None:
    """Randomised 50/50, as logged."""
    assert failed(frame(), tmp_path) == {}


def test_a_wrong_split_is_caught(tmp_path: Path) -> None:
    """52/48 where 50/50 was logged, at 100,000 users; nothing else is said to be wrong."""
    (told,) = failed(frame(0.52, 100_000), tmp_path).items()
    assert told[0] == "sample_ratio"
    assert "(50,000 meant)" in told[1]


def test_a_leaked_feature_is_caught(tmp_path: Path) -> None:
    """Views that also count what the treated did after the ad: named by both checks that compare the arms."""
    leaked = frame().with_columns(pl.col("views_7d") + pl.col("treatment") * pl.col("views_7d").mul(0.5))
    told = failed(leaked, tmp_path)
    assert set(told) == {"balance", "arm_classifier"}
    assert all("views_7d" in verdict for verdict in told.values())


def test_a_user_in_both_arms_is_caught(tmp_path: Path) -> None:
    """One of 6,000 users comes back in the other arm."""
    clean = frame()
    again = clean.head(1).with_columns(
        pl.lit("x-again").alias("exposure_id"),
        (1 - pl.col("treatment")).cast(pl.Int8).alias("treatment"),
        pl.when(pl.col("arm") == "ad").then(pl.lit("control")).otherwise(pl.lit("ad")).alias("arm"),
        pl.col("ts") + timedelta(days=20),
        pl.col("responded_at") + timedelta(days=20),
    )
    assert set(failed(pl.concat([clean, again]), tmp_path)) == {"contamination"}


def test_no_overlap_is_caught_where_nothing_was_logged(tmp_path: Path) -> None:
    """Who was treated follows from a feature: users like those of one arm are not found in the other."""
    told = (pl.col("views_7d") > 2.0).cast(pl.Int8).alias("treatment")
    assert set(failed(frame(propensity=None).with_columns(told), tmp_path)) == {"overlap"}


@pytest.mark.parametrize(
    ("column", "by", "told"),
    [
        ("known_at", timedelta(0), "1 of 6,000 rows have a feature made from records at or after the exposure"),
        ("responded_at", timedelta(microseconds=-1), "1 of 6,000 rows count an outcome from before the exposure"),
        ("assigned_at", timedelta(seconds=1), "1 of 6,000 rows were exposed before they were assigned to an arm"),
    ],
)
def test_a_wrong_order_in_time_is_caught(tmp_path: Path, column: str, by: timedelta, told: str) -> None:
    """One row of 6,000 is enough."""
    found = failed(later(frame(), column, by), tmp_path)
    assert set(found) == {"time_order"}
    assert told in found["time_order"]


def test_assignments_that_are_not_logged_are_not_spoken_of() -> None:
    """The other two orders are."""
    unlogged = frame(rows=500).with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("assigned_at"))
    (order,) = (finding for finding in findings(unlogged) if finding.check == "time_order")
    assert order.passed
    assert "assigned" not in order.verdict


def test_one_arm_is_no_experiment() -> None:
    """Without a control group there is nothing to compare."""
    alone = frame().filter(pl.col("treatment") == 1)
    assert "balance" in {finding.check for finding in findings(alone) if not finding.passed}


@pytest.mark.slow
def test_clean_experiments_raise_no_alarm() -> None:
    """All checks as the asset asks them: silent in at least 95 of 100 experiments of 5,000 users."""
    silent = [all(finding.passed for finding in findings(frame(rows=5_000, seed=seed))) for seed in range(100)]
    assert sum(silent) >= 95


def test_every_check_but_overlap_can_be_accepted() -> None:
    """Effects on users who were never given the other arm are made up, so there is nothing to accept."""
    names = {check.name for check in experiment.check_specs}
    accepted = msgspec.convert({"accept": sorted(names - {"overlap"})}, Campaign).accept
    assert accepted == names - {"overlap"}
    with pytest.raises(msgspec.ValidationError, match="overlap"):
        msgspec.convert({"accept": ["overlap"]}, Campaign)
