"""Trials whose true measures are known, for the coverage of intervals.

A user's score s is even on [0, 1]; without the ad a share ``base(s)`` respond, with it ``base(s) + effect(s)``. The
truth is each measure of the whole population, computed from expected counts on a fine grid of scores.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import Bootstrap, Interval
from evaluation.uplift.intervals import qini_area_interval, qini_interval, uplift_at_k_interval
from evaluation.uplift.qini import area_of, coefficient_of
from evaluation.uplift.ranked_trial import ArmCounts
from evaluation.uplift.rate import rate_interval
from evaluation.uplift.uplift_at_k import uplift_at_share

__all__ = ["KNOWN", "MAIN_MEASURES", "MEASURES", "covered", "truth"]

Arrays = tuple[NDArray[np.int8], NDArray[np.int8], Floats, Floats]

USERS = 8_000
REPLICATES = 1_000
GRID = 200_000
K = 0.3
MONEY_PER_RESPONSE = 20.0


class Known(NamedTuple):
    """Response rates by score, and the noise of a second score of the same users."""

    base: Callable[[Floats], Floats]
    effect: Callable[[Floats], Floats]
    noise: float


KNOWN = {
    "effect grows with the score": Known(lambda s: 0.08 + 0.05 * s, lambda s: 0.10 * s, 0.5),
    "rare, some put off": Known(lambda s: 0.02 + 0.02 * s, lambda s: 0.03 * (s - 0.3), 0.5),
    "same effect on everyone": Known(lambda s: 0.10 + 0.10 * s, lambda s: 0.04 + 0 * s, 0.5),
}


def _counts(known: Known, s: Floats) -> ArmCounts:
    """Expected counts of equal arms along the order of ``s``, float64[m, 1]."""
    half = np.full(s.size, 0.5)
    columns = half, half, 0.5 * (known.base(s) + known.effect(s)), 0.5 * known.base(s)
    return ArmCounts(*(np.cumsum(column)[:, None] for column in columns))


def truth(known: Known) -> dict[str, float]:
    """Every measure of `MEASURES` in the population."""
    s = 1 - (np.arange(GRID) + 0.5) / GRID
    model = _counts(known, s)
    # The second score s + noise·u, u even on [0, 1]: its order from a grid over both.
    side = int(np.sqrt(GRID * 10))
    middle = (np.arange(side) + 0.5) / side
    first = np.repeat(middle, side)
    second = first + known.noise * np.tile(middle, side)
    baseline = _counts(known, first[np.argsort(-second)])
    effect = known.effect(s)
    toc = np.cumsum(effect) / np.arange(1, GRID + 1) - effect.mean()
    at = {name: float(uplift_at_share(counts, K)[0]) for name, counts in (("model", model), ("baseline", baseline))}
    qini = {name: float(coefficient_of(counts)[0]) for name, counts in (("model", model), ("baseline", baseline))}
    return {
        "Qini coefficient": qini["model"],
        "Uplift@30": at["model"],
        "Qini difference, paired": qini["model"] - qini["baseline"],
        "Uplift@30 difference, paired": at["model"] - at["baseline"],
        "Qini area of revenue": MONEY_PER_RESPONSE * float(area_of(model)[0]),
        "RATE, AUTOC": float(toc.mean()),
    }


def _revenue(outcome: NDArray[np.int8], seed: int) -> Floats:
    return np.asarray(outcome * np.random.default_rng(seed).exponential(MONEY_PER_RESPONSE, outcome.size))


MEASURES: dict[str, Callable[[Arrays, Bootstrap], Interval]] = {
    "Qini coefficient": lambda a, b: qini_interval(*a[:3], bootstrap=b),
    "Uplift@30": lambda a, b: uplift_at_k_interval(*a[:3], K, bootstrap=b),
    "Qini difference, paired": lambda a, b: qini_interval(*a[:3], baseline=a[3], bootstrap=b),
    "Uplift@30 difference, paired": lambda a, b: uplift_at_k_interval(*a[:3], K, baseline=a[3], bootstrap=b),
    "Qini area of revenue": lambda a, b: qini_area_interval(_revenue(a[0], b.seed), a[1], a[2], b),
    "RATE, AUTOC": lambda a, b: rate_interval(2.0 * a[0] * (2.0 * a[1] - 1), a[2], bootstrap=b),
}
"""Interval of each measure from (outcome, treatment, score, second score) and a bootstrap."""

MAIN_MEASURES = ("Qini coefficient", "Uplift@30")
"""The measures of one score and a binary outcome."""


def _sample(known: Known, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    s = rng.random(USERS)
    treatment = rng.integers(0, 2, USERS, dtype=np.int8)
    outcome = (rng.random(USERS) < known.base(s) + treatment * known.effect(s)).astype(np.int8)
    return outcome, treatment, s, s + known.noise * rng.random(USERS)


def covered(known: Known, simulations: int, *, measures: tuple[str, ...] = tuple(MEASURES)) -> dict[str, float]:
    """Share of simulated trials of 8,000 users in which the 95 % interval of each measure holds the truth."""
    true = truth(known)
    hits = dict.fromkeys(measures, 0)
    for seed in range(simulations):
        arrays = _sample(known, 10_000 + seed)
        for name in measures:
            interval = MEASURES[name](arrays, Bootstrap(REPLICATES, seed))
            hits[name] += interval.lower <= true[name] <= interval.upper
    return {name: count / simulations for name, count in hits.items()}
