"""Folds, weights and figures."""

import numpy as np
import pytest

from assets.models.uplift.effects import TrialSample
from assets.models.uplift.nuisances import Nuisances
from assets.models.uplift.uplift_selection import FOLDS, Figure, TooFewResponsesError, assign_folds, weigh


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


def test_figures_hold_blend_candidates_and_baselines() -> None:
    """One figure a fold of each; the measure sees held-out rows; the weights are the shares in the blend."""
    seen = []

    def difference_at_the_top(outcome: np.ndarray, treatment: np.ndarray, score: np.ndarray) -> float:
        seen.append(outcome.size)
        top = score > np.median(score)
        rates = [outcome[top & (treatment == arm)].mean() for arm in (0, 1)]
        return float(rates[1] - rates[0])

    sample = small_sample()
    weights, figures, uplift = weigh(
        sample, Nuisances(sample).scores, difference_at_the_top, candidates=("t_logit", "t_trees")
    )
    assert uplift.shape == (400,)
    assert np.isfinite(uplift).all()
    assert [figure.name for figure in figures] == ["blend", "t_logit", "t_trees", "response", "random"]
    assert sum(weights.values()) == pytest.approx(1)
    assert {figure.name: figure.weight for figure in figures} == {
        "blend": 1.0, "t_logit": 0.0, "t_trees": 0.0, "response": 0.0, "random": 0.0,
    } | weights  # fmt: skip
    assert all(len(figure.folds) == FOLDS for figure in figures)
    assert seen == [80] * (5 * FOLDS)
    assert Figure("a", (1.0, 2.0), 0.5).mean == 1.5


def test_weight_goes_to_the_learner_that_can_express_the_effect() -> None:
    """An effect that a step decides, and no line: trees get nearly everything, and the blend predicts held-out rows."""
    rng = np.random.default_rng(5)
    X, treatment = rng.normal(size=(12_000, 2)), np.arange(12_000) % 2
    effect = 0.4 * ((np.abs(X[:, 0]) > 1.2) & (np.abs(X[:, 1]) < 1))
    outcome = rng.random(len(X)) < 0.1 + effect * treatment
    sample = TrialSample.of(X, treatment, outcome.astype(float), None)
    weights, _, uplift = weigh(sample, Nuisances(sample).scores, lambda *_: 0.0, candidates=("s_logit", "x_trees"))
    assert weights["x_trees"] > 0.95
    assert np.corrcoef(uplift, effect)[0, 1] > 0.85


def test_no_candidates() -> None:
    """Nothing to choose from."""
    with pytest.raises(ValueError, match="no candidate"):
        weigh(small_sample(), np.zeros(400), lambda *_: 0.0, candidates=())
