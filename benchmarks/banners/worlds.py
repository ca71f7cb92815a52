"""Shoppers with known click rates: which banner each would click, on a stationary, a drifting and a contextual world.

Belongs here: what is true. Rates are drawn so that the mean banner is clicked one time in ten, as in a shop whose
banners are seen by those who came for something else.
"""

from typing import NamedTuple

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["BATCHES_A_DAY", "WORLDS", "World"]

DAYS, A_DAY, BATCHES_A_DAY = 40, 30, 5
"""Of a run; impressions a day of each banner; and looks at the counts a day, which serving takes once a second."""
CONTEXTUAL_DAYS, CONTEXTUAL_A_DAY = 20, 300
"""Of a run, and impressions a day of all banners together, where shoppers tell of one another."""
NEW_TASTE_DAYS = 5
"""Of the drifting world: each so many days the best tenth of the banners wears out, and half of all are liked anew."""
WORN = 0.3
"""What remains of the click rate of a banner that everybody has seen."""
FEATURES = 6


class World(NamedTuple):
    """``rate[t, a]`` is the probability that shopper t clicks arm a, and does if ``luck[t]`` is below it."""

    rate: Floats
    features: Floats
    """float64[rounds, d], of which the first is 1."""
    luck: Floats
    day: int
    """Impressions of a day."""

    def rewards(self, rounds: Ints, arms: Ints) -> Floats:
        """1 for a click: the same shopper clicks the same arms, whoever shows them."""
        return (self.luck[rounds] < self.rate[rounds, arms]).astype(np.float64)

    def regret(self, arms: Ints) -> float:
        """Clicks that were expected of the best arms, less those expected of ``arms``, int64[rounds]."""
        return float((self.rate.max(axis=1) - self.rate[np.arange(arms.size), arms]).sum())


def _stationary(arms: int, rng: np.random.Generator) -> World:
    return _world(np.tile(rng.beta(2, 18, arms), (DAYS * A_DAY * arms, 1)), rng, A_DAY * arms)


def _drifting(arms: int, rng: np.random.Generator) -> World:
    day, now = A_DAY * arms, rng.beta(2, 18, arms)
    rate = np.empty((DAYS * day, arms))
    for start in range(0, len(rate), NEW_TASTE_DAYS * day):
        if start:
            now[np.argsort(-now)[: arms // 10]] *= WORN
            changed = rng.permutation(arms)[: arms // 2]
            now[changed] = rng.beta(2, 18, changed.size)
        rate[start : start + NEW_TASTE_DAYS * day] = now
    return _world(rate, rng, day)


def _contextual(arms: int, rng: np.random.Generator) -> World:
    features = _features(CONTEXTUAL_DAYS * CONTEXTUAL_A_DAY, rng)
    weights = rng.normal(size=(FEATURES - 1, arms))
    logit = -2.6 + features[:, 1:] @ weights + rng.normal(scale=0.3, size=arms)
    return World(1 / (1 + np.exp(-logit)), features, rng.random(len(features)), CONTEXTUAL_A_DAY)


def _features(rounds: int, rng: np.random.Generator) -> Floats:
    return np.column_stack([np.ones(rounds), rng.normal(size=(rounds, FEATURES - 1)) / np.sqrt(2)])


def _world(rate: Floats, rng: np.random.Generator, day: int) -> World:
    """One in which features tell nothing."""
    return World(rate, _features(len(rate), rng), rng.random(len(rate)), day)


WORLDS = {"stationary": _stationary, "drifting": _drifting, "contextual": _contextual}
"""Name → the world of so many arms that a generator draws."""
