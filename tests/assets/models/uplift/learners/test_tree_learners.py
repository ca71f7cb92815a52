"""The learners on boosters against causalml's, the mixing of the X-learner, and where trees begin."""

import warnings

import numpy as np
import pytest

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.learners.boosting import (
    LEARNING_RATE,
    LEAVES,
    MIN_LEAF_RESPONSES,
    TREES,
    BinnedColumns,
    boosted_predictions,
)
from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.logit import logistic
from assets.models.uplift.learners.logit_learners import SLogit
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.tree_learners import STrees, TTrees, XTrees
from assets.models.uplift.uplift_model import trial_sample
from resources.tables import USER_FEATURES


def test_no_rows_to_predict(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """An empty matrix gives empty arrays."""
    sample = trial_sample(trial.frame, AdDesign.fit(trial.frame, USER_FEATURES))
    for learner in (STrees, TTrees, XTrees):
        assert learner.fit(sample).predict(sample.X[:0]).uplift.shape == (0,)


def test_trees_add_to_where_they_begin() -> None:
    """From the true log-odds trees find little."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 3))
    log_odds = 2 * X[:, 0] - 1
    outcome = (rng.random(5000) < logistic(log_odds)).astype(float)
    every, once = np.ones(5000, dtype=bool), np.ones(5000)
    booster = BinnedColumns.of(X).boosted(every, outcome, once, objective="binary", seed=0, start=log_odds)
    assert np.abs(boosted_predictions(booster, X, raw=True)).mean() < 0.2 * np.abs(log_odds).mean()


@pytest.mark.parametrize("part", [False, True])
def test_boosters_of_the_same_bins_leave_nothing_to_each_other(part: bool) -> None:
    """After a booster with weights and a start of its own, the next one, of all rows or a part, is as if alone."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(3000, 3))
    outcome = (rng.random(3000) < logistic(X[:, 0])).astype(float)
    every, once, shared = np.ones(3000, dtype=bool), np.ones(3000), BinnedColumns.of(X)
    shared.boosted(every, outcome, 1 + rng.random(3000), objective="binary", seed=0, start=X[:, 1])
    rows = X[:, 2] > 0 if part else every
    after, alone = (
        boosted_predictions(bins.boosted(rows, outcome, once, objective="binary", seed=0), X)
        for bins in (shared, BinnedColumns.of(X))
    )
    np.testing.assert_array_equal(after, alone)


def test_trees_of_both_arms_see_what_straight_lines_cannot() -> None:
    """An effect in steps of two columns together: s_trees is nearer to it than the regression that it begins at."""
    rng = np.random.default_rng(1)
    X, treatment = rng.normal(size=(20_000, 4)), rng.integers(0, 2, 20_000).astype(float)
    effect = 0.2 * ((X[:, 0] > 0) == (X[:, 1] > 0))
    outcome = (rng.random(20_000) < 0.2 + 0.1 * (X[:, 2] > 0) + effect * treatment).astype(float)
    sample = TrialSample.of(X, treatment, outcome, np.full(20_000, 0.5))
    shared = Nuisances(sample)
    regression, trees = (learner.fit(sample, 0, shared).predict(X).uplift for learner in (SLogit, STrees))
    assert np.corrcoef(regression, effect)[0, 1] < 0.2
    assert np.corrcoef(trees, effect)[0, 1] > 0.5


@pytest.mark.slow
def test_agree_with_causalml(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """Same boosters in causalml's T and X classifiers with the known propensity: nearly the same effects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # causalml's imports warn of its own dependencies
        from causalml.inference.meta import BaseTClassifier, BaseXClassifier
    from lightgbm import LGBMClassifier, LGBMRegressor

    frame = trial.frame.drop("propensity")
    sample = trial_sample(frame, AdDesign.fit(frame, USER_FEATURES))
    same = {
        "n_estimators": TREES,
        "num_leaves": LEAVES,
        "learning_rate": LEARNING_RATE,
        "min_child_samples": int(MIN_LEAF_RESPONSES / sample.outcome.mean()),  # more than 1 % of an arm here
        "reg_lambda": 1.0,
        "n_jobs": 1,
        "verbose": -1,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's remarks on feature names and deprecated arguments
        t = BaseTClassifier(learner=LGBMClassifier(**same), control_name=0)
        t.fit(X=sample.X, treatment=sample.treatment.astype(int), y=sample.outcome)
        theirs_t = t.predict(X=sample.X).ravel()
        x = BaseXClassifier(
            outcome_learner=LGBMClassifier(**same), effect_learner=LGBMRegressor(**same), control_name=0
        )
        x.fit(X=sample.X, treatment=sample.treatment.astype(int), y=sample.outcome, p=sample.propensity)
        theirs_x = x.predict(X=sample.X, p=sample.propensity).ravel()
    assert np.corrcoef(TTrees.fit(sample).predict(sample.X).uplift, theirs_t)[0, 1] > 0.97
    assert np.corrcoef(XTrees.fit(sample).predict(sample.X).uplift, theirs_x)[0, 1] > 0.97
