"""Propensities: logged, the share, or estimated."""

import numpy as np
import pytest

from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.propensity import estimated_propensity, resolved_propensity


def observed(n: int = 20_000) -> tuple[TrialSample, np.ndarray]:
    """Treated with a probability that follows the first column, and that probability."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 3))
    true = 1 / (1 + np.exp(-X[:, 0]))
    treatment = (rng.random(n) < true).astype(float)
    return TrialSample.of(X, treatment, (rng.random(n) < 0.3).astype(float), None), true


def test_estimates_are_near_the_truth() -> None:
    """Root mean square error against the simulated probability."""
    sample, true = observed()
    assert np.sqrt(np.mean((estimated_propensity(sample) - true) ** 2)) < 0.06


def test_logged_values_stay_and_the_rest_is_filled() -> None:
    """One logged 0 is clipped and reported; a trial takes the share, a log takes the estimate."""
    sample, _ = observed(4000)
    logged = np.full(4000, np.nan)
    logged[:2] = [0.3, 0.0]
    trial = resolved_propensity(sample, logged, randomised=True)
    assert trial.values[:2].tolist() == [0.3, 0.01]
    np.testing.assert_allclose(trial.values[2:], sample.treatment.mean())
    assert (trial.source, trial.clipped_share, trial.estimated_share) == ("share", 1 / 4000, 3998 / 4000)
    estimated = resolved_propensity(sample, logged, randomised=False)
    assert estimated.values[:2].tolist() == [0.3, 0.01]
    assert estimated.values[2:].std() > 0.1
    assert estimated.report()["source"] == "trees"
    assert resolved_propensity(sample, np.full(4000, 0.5), randomised=False).source == "logged"


def test_rows_of_a_user_stay_together() -> None:
    """Parts are even in users, and a user is in one of them."""
    sample, _ = observed(4000)
    paired = TrialSample.of(sample.X, sample.treatment, sample.outcome, None, user=np.arange(4000) // 2)
    part = paired.parts(5, seed=0)
    np.testing.assert_array_equal(part[::2], part[1::2])
    assert np.bincount(part).max() - np.bincount(part).min() <= 2


def test_broken_input_is_named() -> None:
    """What is no probability."""
    sample, _ = observed(100)
    with pytest.raises(ValueError, match="outside"):
        resolved_propensity(sample, np.full(100, 1.5), randomised=True)
