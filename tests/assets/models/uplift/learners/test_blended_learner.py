"""The weighted average of learners."""

from pathlib import Path

import numpy as np

from assets.models.uplift.learners.blended_learner import Blend
from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.uplift_learners import learner_named


def test_a_blend_is_the_weighted_average_and_comes_back_from_its_files(tmp_path: Path) -> None:
    """Of two regressions, three to one."""
    rng = np.random.default_rng(0)
    X, treatment = rng.normal(size=(2_000, 2)), np.arange(2_000) % 2
    outcome = rng.random(2_000) < 0.2 + 0.1 * treatment * (X[:, 0] > 0)
    sample = TrialSample.of(X, treatment.astype(float), outcome.astype(float), None)
    weights = {"t_logit": 0.75, "dr_linear": 0.25}
    blend = Blend.fit(sample, weights)
    assert blend.shares == weights
    members = [learner_named(name).fit(sample).predict(X) for name in weights]
    for field in ("p_control", "p_treated", "uplift"):
        one, other = (getattr(member, field) for member in members)
        np.testing.assert_allclose(getattr(blend.predict(X), field), 0.75 * one + 0.25 * other)
    blend.save(tmp_path)
    np.testing.assert_array_equal(Blend.load(tmp_path).predict(X).uplift, blend.predict(X).uplift)
