"""Asymptotic confidence sequences: intervals that hold at all looks together, however often one looks.

What belongs here: the boundary of an estimate whose variance is known or estimated, the interval and the p-value. What
does not: what is estimated (`evaluation.sequential.arm_effect`).

By Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), theorem 2.2: a normal mixture over the partial sums, whose
strong approximation needs no more than two moments and some. For a mean of n units with standard deviation s, the
half-width is s · sqrt(2 (n ρ² + 1) / (n² ρ²) · log(sqrt(n ρ² + 1) / α)). ρ says at which n the interval is tightest.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats

__all__ = [
    "LEVEL",
    "Estimate",
    "Sequence",
    "confidence_sequence",
    "mixture_ratio",
    "p_values",
    "width",
]

LEVEL = 0.95
"""Chance that the truth lies within the sequence at every look."""


class Estimate(NamedTuple):
    """What has been seen at each look, in any shape."""

    value: Floats
    variance: Floats
    """Of ``value``, which is estimated too; NaN or 0 where the units cannot tell it."""
    units: Floats
    """Units behind it, of all arms together."""


class Sequence(NamedTuple):
    """The interval at each look, in the unit of the estimate."""

    lower: Floats
    upper: Floats


def mixture_ratio(tightest_at: float, level: float = LEVEL) -> float:
    """ρ² for which the sequence is tightest once ``tightest_at`` units are there, by the paper's closed form.

    Raises:
        ValueError: fewer than one unit, or a level outside (0, 1).
    """
    if not tightest_at >= 1:
        raise ValueError(f"a sequence must be tightest at 1 unit or more, got {tightest_at}: give the units expected")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    twice = -2 * math.log1p(-level)
    return (twice + math.log(twice + 1)) / tightest_at


def width(units: ArrayLike, tightest_at: float, level: float = LEVEL) -> Floats:
    """Half-width in standard errors at so many units: float64, inf without any. A fixed sample of 95 % has 1.96.

    Raises:
        ValueError: As `mixture_ratio`.
    """
    grown = np.asarray(units, dtype=np.float64) * mixture_ratio(tightest_at, level)
    inverse = np.divide(1.0, grown, out=np.full(grown.shape, np.inf), where=grown > 0)
    return np.asarray(np.sqrt((1 + inverse) * (np.log1p(grown) - 2 * math.log1p(-level))))


def confidence_sequence(estimate: Estimate, tightest_at: float, level: float = LEVEL) -> Sequence:
    """The interval at each look; without limits where the variance is not known yet.

    Args:
        estimate: At each look.
        tightest_at: Units at which the interval is wanted tightest, chosen before the first look.
        level: Chance that all intervals hold.

    Raises:
        ValueError: As `mixture_ratio`.
    """
    known = estimate.variance > 0
    error = np.sqrt(np.where(known, estimate.variance, np.inf))
    half = np.where(known, width(estimate.units, tightest_at, level) * error, np.inf)
    value = np.where(known, estimate.value, 0.0)
    return Sequence(value - half, value + half)


def p_values(estimate: Estimate, tightest_at: float, truth: float = 0.0, level: float = LEVEL) -> Floats:
    """Always-valid p-value of ``truth`` at each look by itself: float64 in [0, 1]; its minimum so far is valid as well.

    It is at most 1 - level exactly where the sequence of that ``level`` leaves ``truth`` out.

    Raises:
        ValueError: As `mixture_ratio`.
    """
    grown = estimate.units * mixture_ratio(tightest_at, level)
    known = estimate.variance > 0
    square = np.divide(
        (estimate.value - truth) ** 2, estimate.variance, out=np.zeros(np.shape(estimate.value)), where=known
    )
    evidence = square * grown / (grown + 1) / 2 - np.log1p(grown) / 2
    return np.asarray(np.where(known, np.exp(-np.maximum(evidence, 0.0)), 1.0))
