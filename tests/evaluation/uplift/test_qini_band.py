"""The band of the Qini curve: on the curve, by hand, and as wide as repeated trials vary."""

import numpy as np
import pytest

from evaluation.uplift.qini import qini_curve
from evaluation.uplift.qini_band import qini_band


def a_trial(seed: int, rows: int = 2_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An effect that grows with the score."""
    rng = np.random.default_rng(seed)
    score, treatment = rng.random(rows), rng.integers(0, 2, rows)
    return (rng.random(rows) < 0.1 + 0.2 * score * treatment).astype(int), treatment, score


def test_by_hand() -> None:
    """Treated responder, control responder, treated, control: Q = 1, 1 - 1, 1 - 1·2/1, 1 - 1·2/2."""
    band = qini_band([1, 1, 0, 0], [1, 0, 1, 0], [4, 3, 2, 1], points=4)
    assert band["share"].to_list() == [0, 0.25, 0.5, 0.75, 1]
    assert band["users"].to_list() == [0, 1, 2, 3, 4]
    assert band["gain"].to_list() == [0, 1, 0, -1, 0]


def test_lies_on_the_curve() -> None:
    """Without ties each point is one of the curve's, and inside its own interval."""
    outcome, treatment, score = a_trial(0)
    band = qini_band(outcome, treatment, score, points=20)
    x, y = qini_curve(outcome, treatment, score)
    np.testing.assert_allclose(band["gain"], np.interp(band["users"], x, y), atol=1e-9)
    assert (band["lower"] <= band["gain"]).all()
    assert (band["gain"] <= band["upper"]).all()


def test_as_wide_as_repeated_trials_vary() -> None:
    """Width at 40 % and at the end against the spread over 400 fresh trials, within a quarter."""
    curves = (qini_curve(*a_trial(seed)) for seed in range(1, 401))
    gains = np.stack([np.interp((800, 2_000), x, y) for x, y in curves])
    band = qini_band(*a_trial(0), points=5)
    width = (band["upper"] - band["lower"]).to_numpy()[[2, 5]] / 3.92
    assert width == pytest.approx(gains.std(axis=0), rel=1 / 4)


def test_ties_are_shared_and_rows_have_no_order() -> None:
    """A constant score is the straight line to the whole trial's gain, whatever the order of rows."""
    outcome, treatment, _ = a_trial(3)
    flat = qini_band(outcome, treatment, np.zeros(outcome.size), points=4)
    np.testing.assert_allclose(flat["gain"], flat["share"] * flat["gain"][-1], atol=1e-9)
    turned = qini_band(outcome[::-1], treatment[::-1], np.zeros(outcome.size), points=4)
    assert turned.equals(flat)


def test_no_points_is_an_error() -> None:
    """The rule is named."""
    with pytest.raises(ValueError, match="at least one point"):
        qini_band([1, 0], [1, 0], [2, 1], points=0)
