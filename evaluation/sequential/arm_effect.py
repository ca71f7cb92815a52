"""The effect of a challenger against the champion, and its variance: of means, plain and adjusted (CUPED).

What belongs here: estimates, each from the moments of two arms of any sizes. What does not: their intervals
(`evaluation.sequential.confidence_sequence`).
"""

from typing import NamedTuple

import numpy as np

from evaluation.arrays import Floats
from evaluation.sequential.confidence_sequence import Estimate
from evaluation.sequential.moments import Moments

__all__ = ["ArmEffect", "cuped_effect", "mean_effect"]


class ArmEffect(NamedTuple):
    """What the challenger adds, in any shape."""

    champion: Floats
    """The metric of the champion's arm."""
    challenger: Floats
    """The metric of the challenger's arm."""
    difference: Estimate
    """Challenger - champion, in the unit of the metric."""
    lift: Estimate
    """challenger / champion - 1 by the delta method; of unknown variance where the champion has 0."""


class _Arm(NamedTuple):
    """The metric of an arm."""

    value: Floats
    variance: Floats
    units: Floats


def mean_effect(champion: Moments, challenger: Moments) -> ArmEffect:
    """Difference of the means of the first column, such as converted (0/1) or revenue of a user."""
    arms = [_weighed(arm, arm.mean[..., 0], _unit_weights(arm)) for arm in (champion, challenger)]
    return _effect(arms[0], arms[1])


def cuped_effect(champion: Moments, challenger: Moments) -> ArmEffect:
    """`mean_effect` of the first column, less what the second column explains (Deng, Xu, Kohavi and Walker 2013).

    The second column was known before the experiment, such as the same metric of the weeks before, so that it is alike
    in both arms but for chance. The slope is that of the units of both arms, each about the mean of its own. With a
    correlation r, the variance becomes 1 - r² of what it was.
    """
    pooled = champion.scatter + challenger.scatter
    spread = pooled[..., 1, 1]
    slope = np.divide(pooled[..., 0, 1], spread, out=np.zeros(spread.shape), where=spread > 0)
    everyone = champion + challenger
    weights = np.stack([np.ones(slope.shape), -slope], axis=-1)
    arms = [
        _weighed(arm, arm.mean[..., 0] - slope * (arm.mean[..., 1] - everyone.mean[..., 1]), weights)
        for arm in (champion, challenger)
    ]
    # The overall mean of the second column moves both adjusted means alike: the difference does not see it.
    shared = slope**2 * everyone.covariance[..., 1, 1] / np.maximum(everyone.units, 1)
    return _effect(arms[0], arms[1], shared)


def _unit_weights(arm: Moments) -> Floats:
    """Of the first column alone."""
    weights = np.zeros(arm.mean.shape)
    weights[..., 0] = 1.0
    return weights


def _weighed(arm: Moments, value: Floats, weights: Floats) -> _Arm:
    """An arm's metric whose variance is that of the mean of ``weights`` float64[..., k'] times the first columns."""
    columns = weights.shape[-1]
    covariance = arm.covariance[..., :columns, :columns]
    spread = np.einsum("...i,...ij,...j->...", weights, covariance, weights)
    return _Arm(value, spread / np.maximum(arm.units, 1), arm.units)


def _effect(champion: _Arm, challenger: _Arm, shared: Floats | float = 0.0) -> ArmEffect:
    """Compare two arms; ``shared`` is the variance of what moves both of them alike.

    An arm in which nothing varies yet does not know its variance, and neither does the comparison.
    """
    known = (champion.variance > 0) & (challenger.variance > 0)
    units = champion.units + challenger.units
    difference = np.where(known, champion.variance + challenger.variance, np.nan)
    base = champion.value
    lift = np.divide(challenger.value, base, out=np.full(base.shape, np.nan), where=base != 0) - 1
    apart = challenger.variance + (1 + lift) ** 2 * champion.variance + lift**2 * shared
    relative = np.divide(apart, base**2, out=np.full(base.shape, np.nan), where=known & (base != 0))
    return ArmEffect(
        base,
        challenger.value,
        Estimate(challenger.value - base, difference, units),
        Estimate(lift, relative, units),
    )
