"""Folds, the rule of the choice, and figures."""

import numpy as np
import pytest

from assets.models.effects import TrialSample
from assets.models.uplift_selection import (
    FOLDS,
    Figure,
    TooFewResponsesError,
    _within_noise_of_the_best,
    assign_folds,
    select_learner,
)


def small_sample(n: int = 400) -> TrialSample:
    """One feature that decides the effect."""
    rng = np.random.default_rng(0)
    X, treatment = rng.normal(size=(n, 1)), np.arange(n) % 2
    outcome = rng.random(n) < 0.3 + 0.25 * treatment * (X[:, 0] > 0)
    return TrialSample.of(X, treatment, outcome.astype(float), None)


def test_folds_are_even_and_keep_users_together() -> None:
    """Each fold has its share of each arm and outcome; both rows of a user are in one fold."""
    sample = small_sample()
    fold = assign_folds(sample.treatment, sample.outcome, np.arange(400), seed=1)
    cell = 2 * sample.treatment + sample.outcome
    for number in range(4):
        counts = np.bincount(fold[cell == number], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    user = np.arange(400) // 2
    paired = assign_folds(sample.treatment, sample.outcome, np.append(user, user + 200)[:400], seed=1)
    np.testing.assert_array_equal(paired[::2], paired[1::2])


def test_too_small_a_trial_says_what_is_missing() -> None:
    """The counts of each arm and outcome are in the error."""
    treatment, outcome = np.tile([0.0, 1.0], 50), np.repeat([0.0, 1.0], [90, 10])
    with pytest.raises(TooFewResponsesError, match="45 controls without and 5 with it"):
        assign_folds(treatment, outcome, np.arange(100), seed=0)


def test_a_simpler_one_wins_within_the_noise() -> None:
    """Ahead by .01 ± .03 is noise; ahead by .01 every time is not."""
    simple = np.array([0.10, 0.10, 0.10, 0.10, 0.10])
    noisy = simple + 0.01 + np.array([0.05, -0.05, 0.04, -0.04, 0.0])
    assert _within_noise_of_the_best({"simple": simple, "noisy": noisy})[0] == "simple"
    steady = simple + 0.01 + np.array([0.001, -0.001, 0.0, 0.0, 0.0])
    assert _within_noise_of_the_best({"simple": simple, "steady": steady})[0] == "steady"
    assert _within_noise_of_the_best({"first": simple, "second": simple})[0] == "first"


def test_figures_hold_candidates_and_baselines() -> None:
    """Every candidate and both baselines, one figure a fold, one of them chosen; the measure sees held-out rows."""
    seen = []

    def spearman_of_effect(outcome: np.ndarray, treatment: np.ndarray, score: np.ndarray) -> float:
        seen.append(outcome.size)
        top = score > np.median(score)
        rates = [outcome[top & (treatment == arm)].mean() for arm in (0, 1)]
        return float(rates[1] - rates[0])

    chosen, figures, uplift, rivals = select_learner(
        small_sample(), np.arange(400), spearman_of_effect, candidates=("t_logit", "t_trees")
    )
    assert rivals[0] == chosen
    assert uplift.shape == (400,)
    assert np.isfinite(uplift).all()
    assert [figure.name for figure in figures] == ["t_logit", "t_trees", "response", "random"]
    assert [figure.name for figure in figures if figure.chosen] == [chosen]
    assert all(len(figure.folds) == FOLDS for figure in figures)
    assert seen == [80] * (4 * FOLDS)
    assert Figure("a", (1.0, 2.0), chosen=False).mean == 1.5


def test_no_candidates() -> None:
    """Nothing to choose from."""
    with pytest.raises(ValueError, match="no candidate"):
        select_learner(small_sample(), np.arange(400), lambda *_: 0.0, candidates=())
