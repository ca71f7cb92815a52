"""Doubly robust scores: by hand, unbiased however wrong the predictions, and both ways of being right."""

import numpy as np
import pytest

from evaluation.policy_value.effect_scores import arm_scores, effect_scores
from evaluation.resampling.normal import normal_mean_interval


def test_of_arms_by_hand() -> None:
    """The own arm's prediction is moved by the residual over its propensity; without any they are y / p and 0."""
    predicted = np.array([[0.2, 0.6, 0.1], [0.2, 0.6, 0.1]])
    scores = arm_scores(np.array([1.0, 0.0]), np.array([1, 2]), np.array([0.5, 0.2]), predicted)
    np.testing.assert_allclose(scores, [[0.2, 0.6 + 0.4 / 0.5, 0.1], [0.2, 0.6, 0.1 - 0.1 / 0.2]])
    plain = arm_scores(np.array([3.0, 3.0]), np.array([1, 0]), np.array([0.25, 0.75]), np.zeros((2, 2)))
    assert plain.tolist() == [[0, 12], [4, 0]]


def test_of_an_effect_by_hand() -> None:
    """Treated, e = .5, mu = (.2, .6), y = 1: .4 + .4 / .5 = 1.2. Control, e = .2, y = 1: .4 - .8 / .8 = -.6."""
    one = np.ones(2)
    scores = effect_scores(one, np.array([1.0, 0.0]), np.array([0.5, 0.2]), 0.2 * one, 0.6 * one)
    np.testing.assert_allclose(scores, [1.2, -0.6])


def test_unbiased_with_useless_predictions() -> None:
    """The exact mean over both arms of a row is its effect, 5 - 2, whatever was predicted."""
    p = 0.3
    outcome, arm, chance = np.array([5.0, 2.0]), np.array([1.0, 0.0]), np.full(2, p)
    for guess in ((np.zeros(2), np.zeros(2)), (np.full(2, -7.0), np.full(2, 40.0))):
        scores = effect_scores(outcome, arm, chance, *guess)
        assert p * scores[0] + (1 - p) * scores[1] == pytest.approx(3)


def test_perfect_predictions_leave_no_noise() -> None:
    """Each row then scores its own effect."""
    scores = effect_scores(
        np.array([5.0, 2.0]), np.array([1.0, 0.0]), np.full(2, 0.3), np.full(2, 2.0), np.full(2, 5.0)
    )
    assert scores.tolist() == [3, 3]


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
    effect = normal_mean_interval(effect_scores(y, t, given, *mu))
    assert effect.lower < 0.1 < effect.upper
    assert effect.upper - effect.lower < 0.02
    assert normal_mean_interval(effect_scores(y, t, flat, flat, flat)).lower > 0.2


def test_broken_input_is_named() -> None:
    """A treatment that could not be, unequal lengths."""
    one = np.ones(2)
    with pytest.raises(ValueError, match=r"in \(0, 1\]"):
        effect_scores(one, 0 * one, one, one, one)
    with pytest.raises(ValueError, match="must be equal"):
        arm_scores(one, np.zeros(2, dtype=np.int64), one[:1], np.zeros((2, 2)))
