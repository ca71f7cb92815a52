"""Experiments on shoppers whose mean revenue is known: what the arms have seen by the end of each day.

What belongs here: the generator that the benchmark and the tests share. What does not: judging experiments.
"""

from dataclasses import dataclass

import numpy as np

from evaluation.arrays import Floats, Ints
from evaluation.sequential.moments import Moments

__all__ = ["Arms", "Shoppers", "drawn_arms", "looks", "with_lift"]

_POPULATION = 1 << 16
_AT_ONCE = 2_000_000
"""Units whose draws are held in memory."""


@dataclass(frozen=True, slots=True)
class Shoppers:
    """A population that experiments draw from, so that its mean is exactly known."""

    revenue: Floats
    """Of the weeks of the experiment: most spend nothing, few spend much. float64[population]."""
    before: Floats
    """Of the eight weeks before it. float64[population]."""

    @classmethod
    def drawn(cls, seed: int = 0) -> "Shoppers":
        """Shoppers with Poisson orders at a rate of their own (gamma), each of a value of their own (lognormal)."""
        rng = np.random.default_rng(seed)
        rate = rng.gamma(0.9, 1 / 0.9, _POPULATION)
        basket = rng.lognormal(3.5, 0.5, _POPULATION)
        return cls(basket * rng.poisson(1.2 * rate), basket * rng.poisson(4 * rate))

    @property
    def correlation(self) -> float:
        """Between revenue and that of before."""
        return float(np.corrcoef(self.revenue, self.before)[0, 1])


@dataclass(frozen=True, slots=True)
class Arms:
    """What entered on each day: moments of revenue and of that before, [experiments, days]."""

    champion: Moments
    challenger: Moments


def drawn_arms(
    shoppers: Shoppers, experiments: int, days: int, units_per_day: int, *, share: float = 0.5, seed: int = 0
) -> Arms:
    """Experiments without any effect; each unit falls to the challenger with the probability ``share``."""
    rng = np.random.default_rng(seed)
    sizes = rng.binomial(units_per_day, share, (experiments, days))
    away = np.stack([shoppers.revenue, shoppers.before])
    centre = away.mean(axis=1)
    away = away - centre[:, None]
    columns = [away[0], away[1], away[0] ** 2, away[0] * away[1], away[1] ** 2]
    sums = np.empty((experiments * days, 2, len(columns)))
    step = max(1, _AT_ONCE // units_per_day)
    flat = sizes.ravel()
    for start in range(0, flat.size, step):
        part = flat[start : start + step]
        who = rng.integers(0, _POPULATION, part.size * units_per_day, dtype=np.uint32)
        first = np.arange(part.size) * units_per_day
        bounds = np.column_stack([first, first + units_per_day - part]).ravel()
        for number, column in enumerate(columns):
            sums[start : start + step, :, number] = np.add.reduceat(column[who], bounds).reshape(-1, 2)
    of_arms = sums.reshape(experiments, days, 2, len(columns))
    champion, challenger = of_arms[:, :, 0], of_arms[:, :, 1]
    return Arms(_moments(units_per_day - sizes, champion, centre), _moments(sizes, challenger, centre))


def _moments(sizes: Ints, sums: Floats, centre: Floats) -> Moments:
    """Moments from sums of deviations from ``centre`` and of their products."""
    units = sizes.astype(np.float64)
    mean = sums[..., :2] / units[..., None]
    products = np.stack([sums[..., [2, 3]], sums[..., [3, 4]]], axis=-2)
    scatter = products - units[..., None, None] * mean[..., :, None] * mean[..., None, :]
    return Moments(units, mean + centre, scatter)


def with_lift(arm: Moments, lift: float) -> Moments:
    """The arm had each shopper spent (1 + lift) times as much."""
    factor = np.array([1 + lift, 1.0])
    return Moments(arm.units, arm.mean * factor, arm.scatter * factor[:, None] * factor)


def looks(arm: Moments) -> Moments:
    """What has been seen by the end of each day, from what entered on each: [experiments, days]."""
    total = Moments(arm.units[:, 0], arm.mean[:, 0], arm.scatter[:, 0])
    seen = [total]
    for day in range(1, arm.units.shape[1]):
        total = total + Moments(arm.units[:, day], arm.mean[:, day], arm.scatter[:, day])
        seen.append(total)
    units, mean, scatter = (np.stack([getattr(one, name) for one in seen], axis=1) for name in Moments.__slots__)
    return Moments(units, mean, scatter)
