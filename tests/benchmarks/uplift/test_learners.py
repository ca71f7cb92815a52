"""Errors to the truth beside causalml's, on a small simulated trial."""

import numpy as np
import pytest

from assets.models.uplift.learners.direct_learners import DRTrees
from assets.models.uplift.learners.tree_learners import XTrees
from benchmarks.uplift.learners import causalml_effects, simulated


@pytest.mark.slow
def test_errors_are_no_worse_than_causalml() -> None:
    """X within 2 % of causalml's X; DR no worse than its DR regressor + 2 % and better than its DR classifier."""
    sample, fresh = simulated(200_000, 1).sample, simulated(50_000, 2)

    def error(effects: np.ndarray) -> float:
        return float(np.sqrt(np.mean((effects - fresh.effect) ** 2)))

    X = fresh.sample.X
    x, dr = (error(learner.fit(sample).predict(X).uplift) for learner in (XTrees, DRTrees))
    names = ("BaseXRegressor", "BaseDRRegressor", "BaseDRClassifier")
    theirs = {name: error(causalml_effects(name, sample, X)) for name in names}
    assert x <= 1.02 * theirs["BaseXRegressor"]
    assert dr <= 1.02 * theirs["BaseDRRegressor"]
    assert dr < theirs["BaseDRClassifier"]
