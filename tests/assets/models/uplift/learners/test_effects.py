"""Rules and weights of a trial sample."""

import numpy as np
import pytest

from assets.models.uplift.learners.effects import TrialSample

X = np.zeros((4, 1))
ARMS, OUTCOMES = np.array([0.0, 0, 1, 1]), np.array([0.0, 1, 0, 1])


def test_missing_propensity_is_the_treated_share() -> None:
    """None and NaN alike; logged ones are kept off 0 and 1."""
    assert TrialSample.of(X, ARMS, OUTCOMES, None).propensity.tolist() == [0.5] * 4
    logged = np.array([np.nan, 0.25, 1.0, 0.0])
    assert TrialSample.of(X, ARMS, OUTCOMES, logged).propensity.tolist() == [0.5, 0.25, 0.99, 0.01]


def test_balanced_weights_by_hand() -> None:
    """Treated with p = .5 and .25: 2 and 4, over their mean 3; equal propensities leave weights alone."""
    sample = TrialSample.of(X, ARMS, OUTCOMES, np.array([0.5, 0.5, 0.5, 0.25]))
    np.testing.assert_allclose(sample.balanced_weight(), [1, 1, 2 / 3, 4 / 3])
    np.testing.assert_allclose(sample.reweighted(np.full(4, 2.0)).balanced_weight(), [2, 2, 4 / 3, 8 / 3])


def test_take() -> None:
    """Rows by flags."""
    taken = TrialSample.of(X, ARMS, OUTCOMES, None).take(ARMS == 1)
    assert (taken.outcome.tolist(), taken.X.shape) == ([0, 1], (2, 1))


@pytest.mark.parametrize(
    ("treatment", "outcome", "message"),
    [
        ([0, 0, 1], [0, 1, 0, 1], "must be equal"),
        ([0, 0, 1, 2], [0, 1, 0, 1], "treatment must be 0 or 1"),
        ([0, 0, 1, 1], [0, 1, 0, 3], "outcome must be 0 or 1"),
        ([1, 1, 1, 1], [0, 1, 0, 1], "control arm has no users"),
        ([0, 0, 1, 1], [0, 1, 1, 1], "treated arm has one outcome only"),
    ],
)
def test_broken_samples_are_named(treatment: list, outcome: list, message: str) -> None:
    """Each rule that an array breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        TrialSample.of(X, np.array(treatment), np.array(outcome), None)


def test_parts_are_even_and_keep_users_together() -> None:
    """Each part has its share of each arm and outcome; both rows of a user are in one part."""
    rng = np.random.default_rng(0)
    treatment, outcome = np.arange(400.0) % 2, (rng.random(400) < 0.4).astype(float)
    part = TrialSample.of(np.zeros((400, 1)), treatment, outcome, None).parts(5, seed=1)
    for kind in range(4):
        counts = np.bincount(part[2 * treatment + outcome == kind], minlength=5)
        assert counts.max() - counts.min() <= 1
    user = np.append(np.arange(200), np.arange(200))
    paired = TrialSample.of(np.zeros((400, 1)), treatment, outcome, None, user=user).parts(5, seed=1)
    np.testing.assert_array_equal(paired[:200], paired[200:])
