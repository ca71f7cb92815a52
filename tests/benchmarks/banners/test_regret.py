"""The bandit benchmark: what its worlds say is true, and its learners and peers do the same."""

import numpy as np
import pytest

from benchmarks.banners.learners import OURS, Learner, regret_of
from benchmarks.banners.peers import PAPER
from benchmarks.banners.worlds import WORLDS, World
from evaluation.arrays import Floats, Ints


class _Fixed:
    """Always the same arm."""

    def __init__(self, arm: int) -> None:
        self.arm = arm

    def choose(self, features: Floats) -> Ints:
        return np.full(len(features), self.arm)

    def learn(self, features: Floats, arms: Ints, rewards: Floats) -> None:
        assert len(features) == len(arms) == len(rewards)


def test_regret_by_hand() -> None:
    """Ten shoppers who click arm 1 at .5 and arm 0 at .2: 3 clicks less expected, whatever luck was."""
    world = World(np.tile([0.2, 0.5], (10, 1)), np.ones((10, 1)), np.linspace(0, 0.99, 10), day=10)
    assert regret_of(_Fixed(0), world) == pytest.approx(3.0)
    assert regret_of(_Fixed(1), world) == 0.0
    assert world.rewards(np.arange(10), np.zeros(10, dtype=np.int64)).sum() == 2
    assert world.rewards(np.arange(10), np.ones(10, dtype=np.int64)).sum() == 5


def test_worlds_are_what_they_are_called() -> None:
    """Rates stay, change by days, or follow features; a click is as likely as its rate."""
    stationary, drifting, contextual = (WORLDS[name](10, np.random.default_rng(1)) for name in WORLDS)
    assert (stationary.rate == stationary.rate[0]).all()
    changes = np.flatnonzero((np.diff(drifting.rate, axis=0) != 0).any(axis=1)) + 1
    assert changes.tolist() == list(range(1_500, 12_000, 1_500))
    assert np.median(contextual.rate.std(axis=0)) > 0.05
    rounds = np.arange(12_000)
    arm = np.full(12_000, 3)
    assert stationary.rewards(rounds, arm).mean() == pytest.approx(stationary.rate[0, 3], abs=0.02)


@pytest.mark.parametrize("name", PAPER)
def test_a_policy_and_its_paper_choose_alike(name: str) -> None:
    """After the same 600 impressions, 20,000 choices for one shopper: the same shares of arms within sampling error."""
    rng = np.random.default_rng(2)
    features = np.column_stack([np.ones(600), rng.normal(size=(600, 2))])
    arms = rng.integers(0, 4, 600)
    rewards = (rng.random(600) < 0.1 + 0.05 * arms).astype(np.float64)
    shares = []
    for make in (OURS[name], PAPER[name]):
        learner: Learner = make(4, 3, 3)
        learner.learn(features, arms, rewards)
        chosen = np.concatenate([learner.choose(np.tile(features[0], (1_000, 1))) for _ in range(20)])
        shares.append(np.bincount(chosen, minlength=4) / chosen.size)
    np.testing.assert_allclose(shares[0], shares[1], atol=0.03)
