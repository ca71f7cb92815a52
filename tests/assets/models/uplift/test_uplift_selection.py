"""Folds, weights and figures."""

import numpy as np
import pytest

from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.uplift_selection import N_FOLDS, Figure, TooFewResponsesError, weigh
from evaluation.uplift.qini import qini_coefficient


def small_sample(n: int = 400) -> TrialSample:
    """One feature that decides the effect."""
    rng = np.random.default_rng(0)
    X, treatment = rng.normal(size=(n, 1)), np.arange(n) % 2
    outcome = rng.random(n) < 0.3 + 0.25 * treatment * (X[:, 0] > 0)
    return TrialSample.of(X, treatment, outcome.astype(float), None)


def test_too_small_a_trial_says_what_is_missing() -> None:
    """The counts of each arm and outcome are in the error."""
    treatment, outcome = np.tile([0.0, 1.0], 50), np.repeat([0.0, 1.0], [90, 10])
    with pytest.raises(TooFewResponsesError, match="45 controls without and 5 with it"):
        weigh(TrialSample.of(np.zeros((100, 1)), treatment, outcome, None), np.zeros(100))


def test_figures_hold_blend_candidates_and_baselines() -> None:
    """One figure a fold of each; that of the blend is the Qini coefficient of its held-out effects."""
    sample = small_sample()
    weights, figures, uplift = weigh(sample, Nuisances(sample).scores, candidates=("t_logit", "t_trees"))
    assert uplift.shape == (400,)
    assert np.isfinite(uplift).all()
    assert [figure.name for figure in figures] == ["blend", "t_logit", "t_trees", "response", "random"]
    assert sum(weights.values()) == pytest.approx(1)
    assert {figure.name: figure.weight for figure in figures} == {
        "blend": 1.0, "t_logit": 0.0, "t_trees": 0.0, "response": 0.0, "random": 0.0,
    } | weights  # fmt: skip
    assert all(len(figure.folds) == N_FOLDS for figure in figures)
    fold = sample.parts(N_FOLDS, seed=0)
    assert figures[0].folds == tuple(
        qini_coefficient(sample.outcome[fold == n], sample.treatment[fold == n], uplift[fold == n])
        for n in range(N_FOLDS)
    )
    assert Figure("a", (1.0, 2.0), 0.5).mean == 1.5


def test_weight_goes_to_the_learner_that_can_express_the_effect() -> None:
    """An effect that a step decides, and no line: trees get nearly everything, and the blend predicts held-out rows."""
    rng = np.random.default_rng(5)
    X, treatment = rng.normal(size=(12_000, 2)), np.arange(12_000) % 2
    effect = 0.4 * ((np.abs(X[:, 0]) > 1.2) & (np.abs(X[:, 1]) < 1))
    outcome = rng.random(len(X)) < 0.1 + effect * treatment
    sample = TrialSample.of(X, treatment, outcome.astype(float), None)
    weights, _, uplift = weigh(sample, Nuisances(sample).scores, candidates=("s_logit", "x_trees"))
    assert weights["x_trees"] > 0.95
    assert np.corrcoef(uplift, effect)[0, 1] > 0.85


def test_no_candidates() -> None:
    """Nothing to choose from."""
    with pytest.raises(ValueError, match="no candidate"):
        weigh(small_sample(), np.zeros(400), candidates=())
