"""Scores of effects: by hand, and unbiased however wrong the predictions."""

import numpy as np
import pytest

from evaluation.effect_scores import effect_scores


def test_by_hand() -> None:
    """Outcome / p of the treated, -outcome / (1 - p) of the control."""
    scores = effect_scores(np.array([3.0, 3.0]), np.array([1.0, 0.0]), np.array([0.25, 0.25]))
    assert scores.effect.tolist() == [12, -4]
    assert scores.treated.tolist() == [12, 0]


def test_unbiased_with_useless_predictions() -> None:
    """The exact mean over both arms of a row is its effect, 5 - 2, whatever was predicted."""
    p = 0.3
    outcome, arm, chance = np.array([5.0, 2.0]), np.array([1.0, 0.0]), np.full(2, p)
    wrong = effect_scores(outcome, arm, chance, predicted_control=np.full(2, -7.0), predicted_treated=np.full(2, 40.0))
    for scores in (effect_scores(outcome, arm, chance), wrong):
        assert p * scores.effect[0] + (1 - p) * scores.effect[1] == pytest.approx(3)
        assert p * scores.treated[0] + (1 - p) * scores.treated[1] == pytest.approx(5)


def test_perfect_predictions_leave_no_noise() -> None:
    """Each row then scores its own effect."""
    outcome = np.array([5.0, 2.0])
    scores = effect_scores(
        outcome,
        np.array([1.0, 0.0]),
        np.full(2, 0.3),
        predicted_control=np.full(2, 2.0),
        predicted_treated=np.full(2, 5.0),
    )
    assert scores.effect.tolist() == [3, 3]


def test_one_prediction_is_not_enough() -> None:
    """The other is asked for."""
    with pytest.raises(ValueError, match="give both"):
        effect_scores(np.ones(1), np.ones(1), np.full(1, 0.5), predicted_control=np.ones(1))
