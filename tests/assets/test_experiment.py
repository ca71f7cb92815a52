"""Planted faults keep the uplift of an experiment from being used; a clean one and an accepted fault do not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.experiment import FAULTS_FILE, INVALID, findings, require_valid
from assets.partitions import SHOP
from resources.model_store import ModelStore, Unavailable
from resources.tables import USER_FEATURES

DAY = "2026-01-30"
N = 20_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def frame(share: float = 0.5, rows: int = N, *, propensity: float | None = 0.5) -> pl.DataFrame:
    """An uplift frame of users dealt out with ``share``, while ``propensity`` is what the log says."""
    rng = np.random.default_rng(0)
    treatment = (rng.random(rows) < share).astype(np.int8)
    features = {name: rng.gamma(2.0, size=rows) for name in USER_FEATURES}
    return pl.DataFrame(
        {
            "exposure_id": [f"x{i}" for i in range(rows)],
            "user_id": [f"u{i}" for i in range(rows)],
            "campaign_id": ["c"] * rows,
            "ts": [START + timedelta(minutes=i) for i in range(rows)],
            "arm": np.where(treatment == 1, "ad", "control"),
            "treatment": treatment,
            "propensity": [propensity] * rows,
            **features,
            "numeric": [[]] * rows,
            "categorical": [[]] * rows,
        },
        schema_overrides={"propensity": pl.Float64},
    )


def failed(rows: pl.DataFrame) -> set[str]:
    """Names of the tests that failed."""
    return {finding.check for finding in findings(rows) if not finding.passed}


def test_a_clean_experiment_passes_every_test() -> None:
    """Randomised 50/50, as logged."""
    assert failed(frame()) == set()


def test_a_wrong_split_is_caught() -> None:
    """52/48 where 50/50 was logged, at 100,000 users."""
    assert "sample_ratio" in failed(frame(0.52, 100_000))


def test_a_leaked_feature_is_caught() -> None:
    """Views that also count what the treated did after the ad."""
    clean = frame()
    leaked = clean.with_columns(pl.col("views_7d") + 0.2 * pl.col("treatment"))
    assert "balance" in failed(leaked)


def test_a_user_in_both_arms_is_caught() -> None:
    """One of 20,000 users comes back in the other arm."""
    clean = frame()
    again = clean.head(1).with_columns(
        pl.lit("x-again").alias("exposure_id"),
        (1 - pl.col("treatment")).cast(pl.Int8).alias("treatment"),
        pl.when(pl.col("arm") == "ad").then(pl.lit("control")).otherwise(pl.lit("ad")).alias("arm"),
        pl.col("ts") + timedelta(days=20),
    )
    assert failed(pl.concat([clean, again])) == {"contamination"}


def test_no_overlap_is_caught_where_nothing_was_logged() -> None:
    """Who was treated follows from a feature: users like those of one arm are not found in the other."""
    rows = frame(propensity=None)
    told = (pl.col("views_7d") > 2.0).cast(pl.Int8).alias("treatment")
    assert failed(rows.with_columns(told)) == {"overlap"}


def test_one_arm_is_no_experiment() -> None:
    """Without a control group there is nothing to compare."""
    alone = frame().filter(pl.col("treatment") == 1)
    assert "balance" in failed(alone)


@pytest.mark.parametrize(("accept", "stops"), [(frozenset(), True), (frozenset({"balance"}), False)])
def test_a_fault_stops_uplift_unless_it_is_accepted(tmp_path: Path, accept: frozenset[str], stops: bool) -> None:
    """The reason begins in a way that the gate knows, and says which test failed."""
    models = ModelStore(tmp_path)
    with models.writing("experiment", DAY) as folder:
        body = [{"check": "balance", "passed": False, "verdict": "views differ."}]
        (folder / FAULTS_FILE).write_text(json.dumps(body), encoding="utf-8")
    campaign = msgspec.structs.replace(SHOP.campaign, accept=accept)
    shop = msgspec.structs.replace(SHOP, campaign=campaign)
    if stops:
        with pytest.raises(Unavailable, match=f"{INVALID}. balance: views differ."):
            require_valid(models, DAY, shop)
    else:
        require_valid(models, DAY, shop)
