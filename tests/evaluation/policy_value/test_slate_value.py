"""The value of a policy on slates: by hand, on single draws, and on drawn slates whose value is known."""

import itertools

import numpy as np
import pytest

from evaluation.policy_value.off_policy import doubly_robust, importance_weights, ips, snips
from evaluation.policy_value.slate_value import (
    SlateLog,
    SlatePolicy,
    doubly_robust_difference,
    prefix_weights,
    slate_estimates,
)

LOGGING, TARGET = np.array([0.6, 0.3, 0.1]), np.array([0.1, 0.3, 0.6])
RATES, POSITION = np.array([0.1, 0.3, 0.8]), (1.0, 0.5)
"""Reward of each banner at the first position, and what of it is left at the second."""


def conditional(odds: np.ndarray, first: int, second: int) -> tuple[float, float]:
    """Probabilities of the two positions of a slate."""
    return float(odds[first]), float(odds[second] / (1 - odds[first]))


def test_weights_by_hand() -> None:
    """Ratios 2, .5 and 3 of one slate, .5 of another: products 2, 1, 3, and .5."""
    logged = np.array([0.25, 0.8, 0.1, 0.5])
    log = SlateLog(np.array([0, 0, 0, 1]), np.zeros(4), logged, np.zeros(4))
    through, before = prefix_weights(SlatePolicy(np.array([0.5, 0.4, 0.3, 0.25]), np.zeros(4)), log)
    np.testing.assert_allclose(through, [2.0, 1.0, 3.0, 0.5])
    np.testing.assert_allclose(before, [1.0, 2.0, 1.0, 1.0])


def test_single_draws_are_valued_as_such() -> None:
    """Slates of one row: the estimators of `off_policy` to the last digits, intervals too."""
    rng = np.random.default_rng(0)
    arm = rng.choice(3, 500, p=LOGGING)
    reward = (rng.random(500) < RATES[arm]).astype(np.float64)
    modelled, expected = np.full(500, 0.2), np.full(500, 0.25)
    found = slate_estimates(
        SlatePolicy(TARGET[arm], expected), SlateLog(np.arange(500), reward, LOGGING[arm], modelled)
    )
    weights = importance_weights(TARGET[arm], LOGGING[arm])
    assert found["ips"] == pytest.approx(ips(reward, weights)._asdict())
    assert found["snips"] == pytest.approx(snips(reward, weights)._asdict())
    assert found["dr"] == pytest.approx(doubly_robust(reward, weights, modelled, expected)._asdict())


def test_the_value_on_slates_of_two() -> None:
    """20,000 slates drawn without repeats: estimates hold the enumerated value; single draws would miss it."""
    rng, m = np.random.default_rng(1), 20_000
    order = np.argsort(rng.standard_exponential((m, 3)) / LOGGING, axis=1)[:, :2]
    both = np.array([[conditional(odds, *pair) for pair in order] for odds in (LOGGING, TARGET)])
    rate = RATES[order] * POSITION
    reward = (rng.random((m, 2)) < rate).astype(np.float64).ravel()
    policy, logging = (
        SlatePolicy(of.ravel(), np.column_stack([np.full(m, odds @ RATES), left @ RATES / left.sum(axis=1)]).ravel())
        for of, odds in zip(both[::-1], (TARGET, LOGGING), strict=True)
        for left in [np.where(np.arange(3) == order[:, :1], 0.0, odds)]
    )
    log = SlateLog(np.repeat(np.arange(m), 2), reward, both[0].ravel(), RATES[order].ravel())
    worth = sum(
        np.prod(conditional(TARGET, a, b)) * (RATES[a] + RATES[b] * POSITION[1]) / 2
        for a, b in itertools.permutations(range(3), 2)
    )
    found = slate_estimates(policy, log)
    for estimator in ("ips", "snips", "dr"):
        of = found[estimator]
        assert isinstance(of, dict)
        assert of["lower"] < worth < of["upper"], estimator
    alone = ips(reward, importance_weights(TARGET[order].ravel(), both[0].ravel()))
    assert not alone.lower < worth < alone.upper
    more = doubly_robust_difference(policy, logging, log)
    earned = sum(
        np.prod(conditional(LOGGING, a, b)) * (RATES[a] + RATES[b] * POSITION[1]) / 2
        for a, b in itertools.permutations(range(3), 2)
    )
    assert 0 < more.lower < worth - earned < more.upper


def test_a_policy_that_showed_nothing_of_the_log_has_no_value() -> None:
    """A ValueError says so."""
    log = SlateLog(np.array([0]), np.ones(1), np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="never shows a logged action"):
        slate_estimates(SlatePolicy(np.zeros(1), np.ones(1)), log)
