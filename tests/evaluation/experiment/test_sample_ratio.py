"""Sizes of arms: by hand, by scipy, by day, and with shares that differ between rows."""

import numpy as np
import pytest
from scipy.stats import chisquare

from evaluation.experiment.sample_ratio import sample_ratio

HALVES = {"control": 0.5, "ad": 0.5}


def arms(**sizes: int) -> list[str]:
    """So many rows of each arm."""
    return [name for name, size in sizes.items() for _ in range(size)]


def test_three_arms_by_scipy() -> None:
    """The p-value is that of scipy's χ² test."""
    result = sample_ratio(arms(a=330, b=350, c=320), {"a": 0.3, "b": 0.4, "c": 0.3})
    assert result.p_value == pytest.approx(chisquare([330, 350, 320], [300, 400, 300]).pvalue)
    assert result.observed == {"a": 330, "b": 350, "c": 320}
    assert result.expected["b"] == pytest.approx(400)


def test_52_48_of_100_000_is_caught() -> None:
    """Where 50/50 was meant; the verdict says what to do."""
    result = sample_ratio(arms(control=48_000, ad=52_000), HALVES)
    assert not result.passed
    assert result.p_value < 1e-30
    assert "cannot be compared" in result.verdict
    assert sample_ratio(arms(control=50_100, ad=49_900), HALVES).passed


def test_an_arm_that_nobody_is_in() -> None:
    """An arm that was meant and never logged is a mismatch."""
    assert not sample_ratio(arms(control=100), HALVES).passed


def test_days_whose_errors_cancel_are_caught() -> None:
    """60/40 on one day and 40/60 on the other are fair together."""
    labels = [*arms(control=600, ad=400), *arms(control=400, ad=600)]
    days = ["2026-03-01"] * 1000 + ["2026-03-02"] * 1000
    assert sample_ratio(labels, HALVES).passed
    result = sample_ratio(labels, HALVES, day=days)
    assert result.p_value == 1.0
    assert not result.passed
    assert {cell.day for cell in result.days} == set(days)
    assert "2 days differ" in result.verdict


def test_clean_days_do_not_alarm() -> None:
    """200 campaigns of 30 days with few users a day and a rare arm: at most one alarm is expected."""
    rng = np.random.default_rng(0)
    expected = {"control": 0.9, "a": 0.08, "b": 0.02}
    failed = 0
    for _ in range(200):
        labels = rng.choice(list(expected), 900, p=list(expected.values()))
        failed += not sample_ratio(labels, expected, day=rng.integers(0, 30, 900).astype(str)).passed
    assert failed <= 2


def test_logged_propensities_of_each_row() -> None:
    """Strata of 20 and 80 % treated: the sum is what was meant, whoever is in which arm."""
    propensity = np.repeat([0.2, 0.8], 500)
    labels = np.where(np.random.default_rng(1).random(1000) < propensity, "ad", "control")
    assert sample_ratio(labels, {"control": 1 - propensity, "ad": propensity}).passed
    assert not sample_ratio(labels[:500], {"control": 0.2, "ad": 0.8}).passed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": []}, "at least one row"),
        ({"arm": ["x", "ad"]}, r"\['x'\] but no share"),
        ({"expected": {"control": 0.5, "ad": 0.6}}, "sum to 1"),
        ({"expected": {"ad": 1.0}}, "at least two arms"),
        ({"expected": {"control": [0.5] * 3, "ad": 0.5}}, "has 3 rows but arm has 2"),
        ({"day": ["2026-03-01"]}, "one day a row"),
    ],
)
def test_broken_input_is_named(change: dict[str, object], message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    usual: dict[str, object] = {"arm": ["ad", "control"], "expected": HALVES}
    with pytest.raises(ValueError, match=message):
        sample_ratio(**{**usual, **change})
