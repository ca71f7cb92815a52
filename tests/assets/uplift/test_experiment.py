"""Planted faults are caught by the asset and keep uplift from being used; a clean or accepted experiment does not."""

from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from assets.uplift.experiment import experiment
from resources.lake import Lake
from resources.shop import Campaign
from tests.assets.one_asset import run
from tests.assets.uplift.exposures import DAY, exposures_of, failed, frame


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


def test_a_purchase_that_is_most_of_the_revenue_is_told(tmp_path: Path) -> None:
    """One user paid a million: a warning, and what it counts as."""
    rows = frame()
    lake, first = Lake(str(tmp_path / "lake")), pl.col("exposure_id") == rows.filter(outcome=1)["exposure_id"][0]
    rows = rows.with_columns(pl.when(first).then(1e6).otherwise("revenue").alias("revenue"))
    lake.replace_partition("ad_frame", rows, DAY, DAY)
    lake.replace_partition("ad_exposures", exposures_of(rows), "2026-01-01", DAY)
    checks = run(experiment, DAY, home=tmp_path).get_asset_check_evaluations()
    (told,) = [check.description for check in checks if check.check_name == "revenue"]
    assert told is not None
    assert told.startswith("one user spent 1,000,000.00, which is 9")
    assert told.endswith("of the campaign's revenue; no user counts for more than 20.00 (winsorise in [campaign])")


def test_every_check_but_overlap_can_be_accepted() -> None:
    """Effects on users who were never given the other arm, or of an arm that is not there, are made up."""
    names = {check.name for check in experiment.checks} - {"overlap", "arms", "revenue", "extremes"}
    accepted = msgspec.convert({"accept": sorted(names)}, Campaign).accept
    assert accepted == names
    with pytest.raises(msgspec.ValidationError, match="overlap"):
        msgspec.convert({"accept": ["overlap"]}, Campaign)
