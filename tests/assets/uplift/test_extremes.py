"""The asset says which attributes have absurd values, how many, and what becomes of them."""

from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest

from assets.uplift.experiment import experiment
from assets.uplift.extremes import extremes
from resources.lake import Lake
from tests.assets.one_asset import run
from tests.assets.uplift.exposures import DAY, N, exposures_of, frame, shop


def with_ages(ages: np.ndarray) -> pl.DataFrame:
    """The frame of users of these ages."""
    known = [[{"name": "age", "value": age}] for age in ages.tolist()]
    return frame().with_columns(pl.Series("numeric", known, dtype=frame().schema["numeric"]))


def spoilt_ages() -> np.ndarray:
    """60 of 999, one of 1e12, one of -5000, the others 18 to 90."""
    ages = np.random.default_rng(4).integers(18, 91, N).astype(float)
    ages[::100], ages[1], ages[2] = 999.0, 1e12, -5000.0
    return ages


def test_counts_and_bounds_by_hand() -> None:
    """Of the spoilt attribute; the clean features are not mentioned."""
    (age,) = extremes(with_ages(spoilt_ages()))
    assert (age.attribute, age.lower, age.upper) == ("age", 18.0, 90.0)
    assert (age.below, age.above, age.unknown, age.sentinel) == (1, 1, 60, 999.0)
    assert age.in_words() == (
        "age: 1 above 90 (up to 1e+12) count as 90, 1 below 18 (down to -5000) count as 18, 60 of 999 count as missing"
    )
    assert age.is_absurd


@pytest.mark.parametrize("value", [1.7e308, float("inf")])
def test_numbers_too_large_to_square_break_nothing(value: float) -> None:
    """An infinite value is a missing one."""
    ages = np.where(np.arange(N) == 0, value, np.random.default_rng(4).integers(18, 91, N))
    assert [of.is_absurd for of in extremes(with_ages(ages))] == ([True] if np.isfinite(value) else [])


@pytest.mark.parametrize("is_spoilt", [True, False])
def test_the_asset_warns_of_them(tmp_path: Path, is_spoilt: bool) -> None:
    """A warning, which keeps nothing from being used."""
    rows = with_ages(spoilt_ages() if is_spoilt else np.linspace(18, 90, N))
    lake = Lake(str(tmp_path / "lake"))
    lake.replace_partition("ad_frame", rows, DAY, DAY)
    logged = exposures_of(rows)
    lake.replace_partition("ad_exposures", logged, min(logged["day"]), max(logged["day"]))
    result = run(experiment, DAY, home=tmp_path, shop=shop(arms={}))
    (check,) = (of for of in result.get_asset_check_evaluations() if of.check_name == "extremes")
    (made,) = result.asset_materializations_for_node("experiment")
    assert check.passed is not is_spoilt
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert ("60 of 999 count as missing" in (check.description or "")) is is_spoilt
    assert ("winsorised" in made.metadata) is is_spoilt
