"""Off-policy estimates by hand and against a policy whose value is known."""

import numpy as np
import pytest

from evaluation.policy_value.off_policy import importance_weights, ips, snips


def test_by_hand() -> None:
    """Weights 2, 0.5; IPS (2*1 + 0.5*0)/2, SNIPS 2/2.5."""
    weights = importance_weights([1.0, 0.25], [0.5, 0.5])
    assert weights.tolist() == [2.0, 0.5]
    assert ips([1, 0], weights).estimate == 1.0
    assert snips([1, 0], weights).estimate == 0.8


def test_clip_bounds_the_weights() -> None:
    """No weight above the clip."""
    assert importance_weights([1.0, 0.1], [0.01, 0.5], clip=5).tolist() == [5.0, 0.2]


def test_intervals_cover_the_value_of_another_policy() -> None:
    """Three actions shown uniformly, rates .1 .2 .3: the policy (.1, .2, .7) is worth .26."""
    rng, rates, policy = np.random.default_rng(2), np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.2, 0.7])
    action = rng.integers(0, 3, 50_000)
    reward = rng.random(50_000) < rates[action]
    weights = importance_weights(policy[action], np.full(50_000, 1 / 3))
    for interval in (ips(reward, weights), snips(reward, weights)):
        assert interval.lower < policy @ rates < interval.upper
        assert interval.upper - interval.lower < 0.03


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        importance_weights([0.5], [0.0])
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        importance_weights([1.5], [0.5])
    with pytest.raises(ValueError, match="clip"):
        importance_weights([0.5], [0.5], clip=0)
    with pytest.raises(ValueError, match="equal lengths"):
        importance_weights([0.5], [0.5, 0.5])
    with pytest.raises(ValueError, match="never shows"):
        snips([1.0], np.zeros(1))
    with pytest.raises(ValueError, match="equal lengths"):
        ips([1.0, 0.0], np.ones(1))
