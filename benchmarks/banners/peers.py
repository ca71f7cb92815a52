"""Peers: each policy as its paper has it, one draw an impression, by plain solves; and MABWiser's, if it is installed.

Belongs here: how a peer chooses and learns. Their settings are ours: the same ε, width, prior and ridge.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.banners.learners import EPSILON, WIDTH, Learner
from evaluation.arrays import Floats, Ints

__all__ = ["MISSING", "PAPER", "Made", "mabwiser_learners"]

MISSING = """\
MABWiser is not installed: the peers are the policies as their papers have them. For its rows: pip install mabwiser"""

Made = Callable[[int, int, int], Learner]


class _Paper:
    """Counts or A and b of each arm, as the papers write them."""

    def __init__(self, arms: int, features: int, seed: int, *, policy: str) -> None:
        self._rng, self._policy, self._arms = np.random.default_rng(seed), policy, arms
        self._shown, self._won = np.zeros(arms), np.zeros(arms)
        self._a = np.stack([np.eye(features)] * arms)
        self._b = np.zeros((arms, features))

    def choose(self, features: Floats) -> Ints:
        """One choice a row."""
        n = len(features)
        if self._policy == "uniform":
            return self._rng.integers(0, self._arms, n)
        if self._policy == "thompson":
            drawn = self._rng.beta(1 + self._won, 1 + self._shown - self._won, (n, self._arms))
            return np.asarray(drawn.argmax(axis=1))
        if self._policy == "epsilon_greedy":
            best = np.argmax(self._won / np.maximum(self._shown, 1))
            return np.where(self._rng.random(n) < EPSILON, self._rng.integers(0, self._arms, n), best)
        covariance = np.linalg.inv(self._a)
        theta = np.einsum("aij,aj->ai", covariance, self._b)
        if self._policy == "lin_ucb":
            width = np.sqrt(np.einsum("ni,aij,nj->na", features, covariance, features))
            return np.asarray((features @ theta.T + WIDTH * width).argmax(axis=1))
        root = np.linalg.cholesky(covariance)
        normal = self._rng.standard_normal((n, *theta.shape))
        sampled = theta + WIDTH * np.einsum("aij,naj->nai", root, normal)
        return np.asarray(np.einsum("ni,nai->na", features, sampled).argmax(axis=1))

    def learn(self, features: Floats, arms: Ints, rewards: Floats) -> None:
        """Counts, and A += xxᵀ, b += rx."""
        np.add.at(self._shown, arms, 1)
        np.add.at(self._won, arms, rewards)
        np.add.at(self._a, arms, features[:, :, None] * features[:, None, :])
        np.add.at(self._b, arms, rewards[:, None] * features)


PAPER: dict[str, Made] = {
    name: partial(_Paper, policy=name) for name in ("thompson", "epsilon_greedy", "uniform", "lin_ucb", "lin_ts")
}
"""Name → the learner of so many arms, features and a seed."""


class _MABWiser:
    """A bandit of MABWiser; before its first rewards it chooses uniformly, as it cannot choose at all."""

    def __init__(self, arms: int, features: int, seed: int, *, make: Callable[[], Any], contextual: bool) -> None:
        from mabwiser.mab import MAB

        del features
        self._bandit, self._contextual = MAB(list(range(arms)), make(), seed=seed), contextual
        self._rng, self._arms, self._fitted = np.random.default_rng(seed), arms, False

    def choose(self, features: Floats) -> Ints:
        """One choice a row."""
        if not self._fitted:
            return self._rng.integers(0, self._arms, len(features))
        if self._contextual:
            return np.atleast_1d(np.asarray(self._bandit.predict(features)))
        return np.array([self._bandit.predict() for _ in features])

    def learn(self, features: Floats, arms: Ints, rewards: Floats) -> None:
        """`fit`, then `partial_fit`."""
        learn = self._bandit.partial_fit if self._fitted else self._bandit.fit
        learn(arms, rewards, features) if self._contextual else learn(arms, rewards)
        self._fitted = True


def mabwiser_learners() -> dict[str, Made]:
    """As `PAPER`, of MABWiser.

    Raises:
        ImportError: If it is not installed.
    """
    from mabwiser.mab import LearningPolicy as Policies

    plain: dict[str, Callable[[], Any]] = {
        "thompson": Policies.ThompsonSampling,
        "epsilon_greedy": partial(Policies.EpsilonGreedy, epsilon=EPSILON),
        "uniform": Policies.Random,
    }
    linear: dict[str, Callable[[], Any]] = {
        "lin_ucb": partial(Policies.LinUCB, alpha=WIDTH, l2_lambda=1.0),
        "lin_ts": partial(Policies.LinTS, alpha=WIDTH, l2_lambda=1.0),
    }
    return {name: partial(_MABWiser, make=make, contextual=name in linear) for name, make in (plain | linear).items()}
