"""Calibration by hand, against statsmodels, and on effects that are known."""

import numpy as np
import pytest

from assets.models.uplift.calibration import best_linear_predictor, calibration_by_decile
from assets.models.uplift.recalibration import Recalibration


def simulated(n: int, stretch: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects around .05, predictions that vary ``stretch`` times as much, and scores with noise of .3."""
    rng = np.random.default_rng(seed)
    effect = 0.05 + 0.03 * rng.normal(size=n)
    return effect, 0.02 + stretch * (effect - 0.05), effect + 0.3 * rng.normal(size=n)


def test_deciles_by_hand() -> None:
    """Two groups of two, the highest first; equal predictions share a group."""
    frame = calibration_by_decile(np.array([0.1, 0.1, 0.3, 0.5]), np.array([0.0, 0.2, 0.4, 0.8]), bins=2)
    assert frame["rows"].to_list() == [2, 2]
    np.testing.assert_allclose(frame["predicted"], [0.4, 0.1])
    np.testing.assert_allclose(frame["aipw"], [0.6, 0.1])
    np.testing.assert_allclose(frame["upper"] - frame["aipw"], 1.959964 * np.array([0.2, 0.1]))
    assert calibration_by_decile(np.zeros(40), np.arange(40.0))["rows"].to_list() == [40]


def test_slope_against_statsmodels_and_the_truth() -> None:
    """Same line and HC1 errors as statsmodels; predictions that vary twice too much have slope 1/2."""
    import statsmodels.api as sm

    _, uplift, scores = simulated(40_000, 2.0)
    ours = best_linear_predictor(uplift, scores)
    theirs = sm.OLS(scores, sm.add_constant(uplift - uplift.mean())).fit(cov_type="HC1")
    np.testing.assert_allclose([ours.intercept, ours.slope], theirs.params, rtol=1e-9)
    np.testing.assert_allclose([ours.intercept_se, ours.slope_se], theirs.bse, rtol=1e-6)
    assert abs(ours.slope - 0.5) < 3 * ours.slope_se
    assert abs(ours.intercept - 0.05) < 3 * ours.intercept_se
    constant = best_linear_predictor(np.full(9, 0.1), np.arange(9.0))
    assert constant.slope == 0
    assert np.isnan(constant.slope_se)


def test_recalibration_helps_where_it_should_and_is_left_out_elsewhere() -> None:
    """Four times too wide and .03 too low: nearer to the truth in every run; already right: mostly left alone."""
    for seed in range(3):
        effect, uplift, scores = simulated(20_000, 4.0, seed)
        found = Recalibration.chosen(uplift, scores, seed=seed)
        assert found.kind != "none"
        after = found.apply(uplift)
        assert np.mean((after - effect) ** 2) < 0.1 * np.mean((uplift - effect) ** 2)
        assert (np.diff(after[np.argsort(uplift)]) >= 0).all()
        again = Recalibration.from_json(found.to_json())
        np.testing.assert_array_equal(again.apply(uplift), after)
    left = []
    for seed in range(10):
        effect, _, scores = simulated(5000, 1.0, seed)
        left.append(Recalibration.chosen(effect, scores, seed=seed).kind)
    assert left.count("none") >= 7


def test_isotonic_follows_a_curve() -> None:
    """Effects that are the square of the prediction: the curve is nearer than the line."""
    rng = np.random.default_rng(1)
    uplift = rng.random(50_000)
    scores = uplift**2 + 0.2 * rng.normal(size=uplift.size)
    errors = {
        name: np.mean((getattr(Recalibration, name)(uplift, scores).apply(uplift) - uplift**2) ** 2)
        for name in ("line", "isotonic")
    }
    assert errors["isotonic"] < 0.2 * errors["line"]
    assert Recalibration.chosen(uplift, scores).kind == "isotonic"
    assert Recalibration.isotonic(uplift[:100], scores[:100]).kind == "line"
    assert Recalibration.isotonic(np.zeros(1000), scores[:1000]).kind == "line"


def test_noise_does_not_turn_the_order() -> None:
    """A negative slope becomes a small positive one."""
    uplift = np.linspace(0, 1, 1000)
    assert (np.diff(Recalibration.line(uplift, -uplift).apply(uplift)) > 0).all()
    np.testing.assert_array_equal(Recalibration.identity().apply(uplift), uplift)


def test_broken_input_is_named() -> None:
    """Lengths, rows, numbers."""
    with pytest.raises(ValueError, match="same rows"):
        best_linear_predictor(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="at least 20 rows"):
        calibration_by_decile(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="finite"):
        best_linear_predictor(np.full(3, np.nan), np.zeros(3))
