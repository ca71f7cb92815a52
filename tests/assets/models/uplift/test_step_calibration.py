"""A step that a blend missed is put right, a slope is left to the learners, and chance is left alone."""

import json

import numpy as np
import pytest

from assets.models.uplift.step_calibration import StepCalibration, cross_corrected

USERS = 4_000


def world(effect: object, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two columns, and scores of noise 1 about a function of the first."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, 100, (USERS, 2))
    return X, effect(X[:, 0]) + rng.normal(size=USERS)  # type: ignore[operator]


def step(x: np.ndarray) -> np.ndarray:
    """0.5 below 25."""
    return np.where(x < 25, 0.5, 0.0)


def test_a_missed_step_is_put_right() -> None:
    """The blend said 0.1 for all: each side gets its own level, in its bootstrap replicas too, and after JSON."""
    X, scores = world(step)
    found = StepCalibration.found(X, scores, np.full(USERS, 0.1), np.arange(USERS))
    assert found is not None
    assert (found.column, found.below) == (0, pytest.approx(25, abs=3))
    two = np.array([[10.0, 50.0], [90.0, 50.0]])
    assert found.apply(two, np.full(2, 0.1)) == pytest.approx([0.5, 0.0], abs=0.08)
    levelled = found.levelled(X, np.full(USERS, 0.1), [np.full(USERS, 0.3), np.full(USERS, -0.2)])
    again = StepCalibration.from_json(json.loads(json.dumps(levelled.to_json())))
    assert again == levelled
    away, error = again.distance(two, again.apply(two, np.full(2, 0.1)), [np.full(2, 0.3), np.full(2, -0.2)])
    assert away == pytest.approx([0.0, 0.0], abs=1e-12)
    assert error == pytest.approx([1 / np.sqrt(1_000), 1 / np.sqrt(3_000)], rel=0.15)


def test_a_slope_and_chance_are_no_steps() -> None:
    """Effects that rise along the column, and none at all."""
    for effect in (lambda x: x / 100, np.zeros_like):
        X, scores = world(effect)
        assert StepCalibration.found(X, scores, np.zeros(USERS), np.arange(USERS)) is None


def test_rows_of_one_user_are_no_further_evidence() -> None:
    """A difference that 300 users show by chance is none when each of their rows is there ten times."""
    X, scores = world(lambda x: np.where(x < 25, 0.25, 0.0), 1)
    X, scores = X[:300], scores[:300]
    assert StepCalibration.found(X, scores, np.zeros(300), np.arange(300)) is None
    ten = [np.repeat(of, 10, axis=0) for of in (X, scores, np.zeros(300), np.arange(300))]
    assert StepCalibration.found(*ten) is None


def test_held_out_effects_are_corrected_by_other_folds() -> None:
    """A fold whose scores are turned round gets the correction of the others, which are unlike it."""
    X, scores = world(step)
    fold = np.arange(USERS) % 4
    scores[fold == 0] *= -1
    corrected = cross_corrected(X, scores, np.zeros(USERS), np.arange(USERS), fold)
    low = (fold == 0) & (X[:, 0] < 20)
    assert corrected[low] == pytest.approx(np.full(low.sum(), 0.5), abs=0.12)
