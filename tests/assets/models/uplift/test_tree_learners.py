"""The learners on boosters against causalml's, and the mixing of the X-learner."""

import warnings

import numpy as np
import pytest

from assets.models.uplift.ad_design import AdDesign
from assets.models.uplift.boosting import LEARNING_RATE, LEAVES, MIN_LEAF_RESPONSES, TREES
from assets.models.uplift.tree_learners import TTrees
from assets.models.uplift.uplift_model import trial_sample
from assets.models.uplift.x_learner import XTrees


def test_no_rows_to_predict(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """An empty matrix gives empty arrays."""
    sample = trial_sample(trial.frame, AdDesign.fit(trial.frame))
    for learner in (TTrees, XTrees):
        assert learner.fit(sample).predict(sample.X[:0]).uplift.shape == (0,)


@pytest.mark.slow
def test_agree_with_causalml(trial) -> None:  # noqa: ANN001  (a fixture's type lives in conftest)
    """Same boosters in causalml's T and X classifiers with the known propensity: nearly the same effects."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # causalml's imports warn of its own dependencies
        from causalml.inference.meta import BaseTClassifier, BaseXClassifier
    from lightgbm import LGBMClassifier, LGBMRegressor

    frame = trial.frame.drop("propensity")
    sample = trial_sample(frame, AdDesign.fit(frame))
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
