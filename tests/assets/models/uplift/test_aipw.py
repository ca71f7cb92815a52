"""Doubly robust scores by hand, and both ways of being right."""

import numpy as np
import pytest

from assets.models.uplift.aipw import aipw_scores, mean_effect


def test_by_hand() -> None:
    """Treated, e = .5, mu = (.2, .6), y = 1: .4 + .4 / .5 = 1.2. Control, e = .2, y = 1: .4 - .8 / .8 = -.6."""
    one = np.ones(2)
    scores = aipw_scores(one, np.array([1.0, 0.0]), np.array([0.5, 0.2]), 0.2 * one, 0.6 * one)
    np.testing.assert_allclose(scores, [1.2, -0.6])


@pytest.mark.parametrize("right", ["propensity", "outcome"])
def test_one_right_model_is_enough(right: str) -> None:
    """With either the propensity or the outcome models right the mean is the effect, .1; with neither it is not."""
    rng = np.random.default_rng(0)
    x = (rng.random(200_000) < 0.5).astype(float)
    e, p_control = 0.2 + 0.6 * x, 0.1 + 0.4 * x
    t = (rng.random(x.size) < e).astype(float)
    y = (rng.random(x.size) < p_control + 0.1 * t).astype(float)
    flat = np.full(x.size, 0.5)
    given = e if right == "propensity" else flat
    mu = (p_control, p_control + 0.1) if right == "outcome" else (flat, flat)
    effect = mean_effect(aipw_scores(y, t, given, *mu))
    assert effect.lower < 0.1 < effect.upper
    assert effect.upper - effect.lower < 0.02
    assert mean_effect(aipw_scores(y, t, flat, flat, flat)).lower > 0.2


def test_broken_input_is_named() -> None:
    """Certain treatment, unequal lengths, too few rows for an interval."""
    one = np.ones(2)
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        aipw_scores(one, one, one, one, one)
    with pytest.raises(ValueError, match="must be equal"):
        aipw_scores(one, one, one[:1] / 2, one, one)
    assert np.isnan(mean_effect(np.ones(1)).lower)
