"""Our policies as learners, and the loop in which any learner is tried: choose a batch, see its rewards, learn.

Belongs here: ours and the loop. Peers are `benchmarks.banners.peers`.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np

from assets.models.banners.policies.discounting import discounted
from assets.models.banners.policies.epsilon_greedy import EpsilonGreedy
from assets.models.banners.policies.lin_ts import LinTS
from assets.models.banners.policies.lin_ucb import LinUCB
from assets.models.banners.policies.policy import NO_FEATURES, Policy, WithUniformShare
from assets.models.banners.policies.rand_ucb import RandUCB
from assets.models.banners.policies.ridge import RidgeArms
from assets.models.banners.policies.slate import draw_slates
from assets.models.banners.policies.thompson import Thompson
from assets.models.banners.policies.uniform import Uniform
from benchmarks.banners.worlds import BATCHES_A_DAY, World
from evaluation.arrays import Floats, Ints

__all__ = ["EPSILON", "OURS", "SHARE", "WIDTH", "Counting", "Learner", "Regressing", "regret_of"]

EPSILON, WIDTH, SHARE, HALF_LIFE_DAYS = 0.1, 0.3, 0.01, 5.0
"""Of ε-greedy; of LinUCB and LinTS, the deviation of a click of one impression in ten; what serving leaves uniform,
and its price is a row of its own; of decay."""


class Learner(Protocol):
    """Chooses arms for a batch of shoppers, then learns what they clicked."""

    def choose(self, features: Floats) -> Ints:
        """An arm for each of the rows, int64[n]."""
        ...

    def learn(self, features: Floats, arms: Ints, rewards: Floats) -> None:
        """What came of it."""
        ...


def regret_of(learner: Learner, world: World) -> float:
    """Regret of a run."""
    chosen = np.empty(world.luck.size, dtype=np.int64)
    batch = world.day // BATCHES_A_DAY
    for start in range(0, chosen.size, batch):
        rounds = np.arange(start, start + batch)
        chosen[rounds] = learner.choose(world.features[rounds])
        learner.learn(world.features[rounds], chosen[rounds], world.rewards(rounds, chosen[rounds]))
    return world.regret(chosen)


class Counting:
    """Ours without context: counts by day, and the policy that ``make`` builds of impressions and rewards."""

    def __init__(
        self, arms: int, seed: int, make: Callable[[Floats, Floats], Policy], half_life_days: float | None, share: float
    ) -> None:
        self._rng, self._make, self._half_life = np.random.default_rng(seed), make, half_life_days
        self._shown, self._won = np.zeros((0, arms)), np.zeros((0, arms))
        self._batches, self._arms, self._share = 0, arms, share

    def choose(self, features: Floats) -> Ints:
        """Drawn from one distribution, as between two looks at the store."""
        age = np.arange(len(self._shown))[::-1].astype(np.float64)
        counts = (discounted(of, age, self._half_life) for of in (self._shown, self._won))
        odds = WithUniformShare(self._make(*counts), self._share).odds(NO_FEATURES, self._rng)
        return draw_slates(odds, 1, self._rng, len(features))[0][:, 0]

    def learn(self, features: Floats, arms: Ints, rewards: Floats) -> None:
        """Counted on the day of the first of the batch."""
        if self._batches // BATCHES_A_DAY == len(self._shown):
            day = np.zeros((1, self._arms))
            self._shown, self._won = np.vstack([self._shown, day]), np.vstack([self._won, day])
        self._shown[-1] += np.bincount(arms, minlength=self._arms)
        self._won[-1] += np.bincount(arms, weights=rewards, minlength=self._arms)
        self._batches += 1


class Regressing:
    """Ours with context: regressions that each impression updates, and the policy that ``make`` builds of them."""

    def __init__(self, arms: int, features: int, seed: int, make: Callable[[RidgeArms], Policy]) -> None:
        self._rng, self._model = np.random.default_rng(seed), RidgeArms.empty(arms, features)
        self._policy = make(self._model)

    def choose(self, features: Floats) -> Ints:
        """Each shopper's own distribution."""
        odds = (self._policy.odds(x, self._rng) for x in features)
        return np.array([draw_slates(one, 1, self._rng)[0][0, 0] for one in odds])

    def learn(self, features: Floats, arms: Ints, rewards: Floats) -> None:
        """One update of a Cholesky factor an impression."""
        for x, arm, reward in zip(features, arms.tolist(), rewards.tolist(), strict=True):
            self._model.update(arm, x, reward)


def _thompson(shown: Floats, won: Floats) -> Policy:
    return Thompson(1 + won, 1 + shown - won)


def _greedy(shown: Floats, won: Floats) -> Policy:
    return EpsilonGreedy(won / np.maximum(shown, 1), EPSILON)


def _uniform(shown: Floats, won: Floats) -> Policy:
    del won
    return Uniform(shown.size)


def _counting(
    arms: int,
    _: int,
    seed: int,
    *,
    make: Callable[[Floats, Floats], Policy],
    half_life: float | None = None,
    share: float = 0.0,
) -> Learner:
    return Counting(arms, seed, make, half_life, share)


OURS: dict[str, Callable[[int, int, int], Learner]] = {
    "thompson": partial(_counting, make=_thompson),
    "thompson, decay": partial(_counting, make=_thompson, half_life=HALF_LIFE_DAYS),
    "thompson, 1 % uniform": partial(_counting, make=_thompson, share=SHARE),
    "epsilon_greedy": partial(_counting, make=_greedy),
    "uniform": partial(_counting, make=_uniform),
    "lin_ucb": partial(Regressing, make=partial(LinUCB, width=WIDTH)),
    "lin_ts": partial(Regressing, make=partial(LinTS, scale=WIDTH)),
    "lin_rand_ucb": partial(Regressing, make=partial(RandUCB, scale=WIDTH)),
}
"""Name → the learner of so many arms, features and a seed."""
