"""A classifier of the arm: blind on clean arms, not to a leak, and not fooled by logged propensities."""

import numpy as np
import pytest

from evaluation.experiment import arm_classifier
from evaluation.experiment.arm_classifier import classify_arms

NAMES = [f"x{i}" for i in range(6)]


def test_clean_arms_are_a_coin() -> None:
    """An area of about one half, within its interval; the same every time."""
    rng = np.random.default_rng(0)
    X, arm = rng.normal(size=(4000, 6)), rng.random(4000) < 0.3
    first, second = classify_arms(X, arm, NAMES), classify_arms(X, arm, NAMES)
    assert first.passed
    assert first.area == pytest.approx(0.5, abs=0.02)
    assert first.area == second.area
    assert "no better than a coin" in first.verdict


def test_a_combination_that_no_single_feature_shows() -> None:
    """The arm depends on the product of two signs: each alone is balanced."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(6000, 6))
    arm = rng.random(6000) < np.where(X[:, 0] * X[:, 1] > 0, 0.65, 0.35)
    result = classify_arms(X, arm, NAMES)
    assert not result.passed
    assert result.area > 0.6
    assert {name for name, _ in result.telling[:2]} == {"x0", "x1"}


def test_weights_take_logged_propensities_out() -> None:
    """A campaign that assigned by x0, as logged: told apart without the weights, not with them."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(8000, 6))
    propensity = np.where(X[:, 0] > 0, 0.7, 0.4)
    arm = rng.random(8000) < propensity
    assert not classify_arms(X, arm, NAMES).passed
    assert classify_arms(X, arm, NAMES, weight=np.where(arm, 1 / propensity, 1 / (1 - propensity))).passed


def test_propensities_are_of_the_rows_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice of rows, each predicted; a feature that is the arm itself leaves no error."""
    monkeypatch.setattr(arm_classifier, "MAX_ROWS", 1000)
    arm = np.arange(3000) % 2
    result = classify_arms(arm[:, None].astype(float), arm, ["arm"])
    assert result.rows == result.row.size == result.propensity.size == 1000
    assert (np.diff(result.row) > 0).all()
    assert result.area == 1.0
    assert not result.passed
    assert ((result.propensity > 0.5) == arm[result.row]).all()


@pytest.mark.parametrize(
    ("rows", "treatment", "message"),
    [
        (20, np.arange(19) % 2, "one treatment and weight"),
        (20, np.ones(20), "at least 5"),
        (20, np.arange(20), "0 or 1"),
    ],
)
def test_broken_input_is_named(rows: int, treatment: np.ndarray, message: str) -> None:
    """Each rule that an argument breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        classify_arms(np.zeros((rows, 6)), treatment, NAMES)
