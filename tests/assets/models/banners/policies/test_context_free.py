"""Policies without context: each equals its formula, and refuses settings that mean nothing."""

import numpy as np
import pytest
from scipy import stats

from assets.models.banners.policies.discounting import day_weights, discounted
from assets.models.banners.policies.epsilon_greedy import EpsilonGreedy
from assets.models.banners.policies.policy import NO_FEATURES, WithUniformShare
from assets.models.banners.policies.thompson import Thompson
from assets.models.banners.policies.uniform import Uniform

RNG = np.random.default_rng(0)


def test_uniform_is_one_nth() -> None:
    """Four arms a quarter each; the two that may be shown a half."""
    assert Uniform(4).odds(NO_FEATURES, RNG).tolist() == [0.25] * 4
    assert Uniform(4).odds(NO_FEATURES, RNG, np.array([0, 3])).tolist() == [0.5, 0.5]


def test_epsilon_greedy_by_hand() -> None:
    """ε = .2 over four arms: .8 + .05 for the best; two best share .8; of those that may be shown the best counts."""
    policy = EpsilonGreedy(np.array([0.1, 0.4, 0.2, 0.4]), 0.2)
    np.testing.assert_allclose(policy.odds(NO_FEATURES, RNG), [0.05, 0.45, 0.05, 0.45], rtol=1e-15)
    np.testing.assert_allclose(policy.odds(NO_FEATURES, RNG, np.array([2, 0])), [0.9, 0.1], rtol=1e-15)
    with pytest.raises(ValueError, match=r"epsilon is 1\.5"):
        EpsilonGreedy(np.ones(2), 1.5)


def test_thompson_is_the_probability_of_being_best() -> None:
    """Beta(3, 5) against Beta(4, 4) and Beta(1, 9) by numeric integration, within five standard errors."""
    alpha, beta, draws = np.array([3.0, 4.0, 1.0]), np.array([5.0, 4.0, 9.0]), 100_000
    at = (np.arange(20_000) + 0.5) / 20_000
    density = [stats.beta(a, b).pdf(at) / 20_000 for a, b in zip(alpha, beta, strict=True)]
    below = [stats.beta(a, b).cdf(at) for a, b in zip(alpha, beta, strict=True)]
    exact = np.array([(density[i] * below[(i + 1) % 3] * below[(i + 2) % 3]).sum() for i in range(3)])
    assert exact.sum() == pytest.approx(1, abs=1e-6)
    odds = Thompson(alpha, beta, draws).odds(NO_FEATURES, np.random.default_rng(1))
    assert (np.abs(odds - exact) < 5 * np.sqrt(exact * (1 - exact) / draws)).all()
    alone = Thompson(alpha, beta).odds(NO_FEATURES, np.random.default_rng(1), np.array([2]))
    assert alone.tolist() == [1.0]


def test_a_uniform_share_is_mixed_in() -> None:
    """A share of .1 over two arms leaves .05 to each; the name stays that of the policy."""
    mixed = WithUniformShare(EpsilonGreedy(np.array([0.1, 0.3]), 0.0), 0.1)
    np.testing.assert_allclose(mixed.odds(NO_FEATURES, RNG), [0.05, 0.95], rtol=1e-15)
    assert mixed.name == "epsilon_greedy"
    with pytest.raises(ValueError, match="uniform share is -1"):
        WithUniformShare(Uniform(2), -1)


def test_counts_lose_half_their_weight_each_half_life() -> None:
    """8 of today, 8 of two days ago, 8 of four: 8 + 4 + 2; without a half-life 24; days to come weigh 1."""
    counts = np.array([[8.0, 0.0], [8.0, 4.0], [8.0, 0.0]])
    age = np.array([0.0, 2.0, 4.0])
    assert discounted(counts, age, 2.0).tolist() == [14.0, 2.0]
    assert discounted(counts, age, None).tolist() == [24.0, 4.0]
    assert day_weights(np.array([-3.0]), 1.0).tolist() == [1.0]
    with pytest.raises(ValueError, match="half-life is 0"):
        day_weights(age, 0.0)


def test_decay_turns_to_the_arm_that_is_best_now() -> None:
    """Arm 0 earned for ten days, arm 1 in the last two: with a half-life of a day arm 1 is drawn, without it arm 0."""
    age = np.arange(12.0)[::-1]
    shown = np.full((12, 2), 100.0)
    rewards = np.where(age[:, None] < 2, [[5.0, 20.0]], [[20.0, 5.0]])
    for half_life, better in ((None, 0), (1.0, 1)):
        won, of = discounted(rewards, age, half_life), discounted(shown, age, half_life)
        odds = Thompson(1 + won, 1 + of - won).odds(NO_FEATURES, np.random.default_rng(2))
        assert odds[better] > 0.95
