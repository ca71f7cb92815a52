"""What another policy would have earned, from impressions that were logged with their propensities.

What belongs here: importance weights, IPS and SNIPS. What does not: policies.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import USUAL, Bootstrap, Interval, ratio_interval
from evaluation.resampling.checked import finite_vector

__all__ = ["importance_weights", "ips", "snips"]


def importance_weights(target: ArrayLike, logged: ArrayLike, clip: float | None = None) -> Floats:
    """Probability of the shown action under the target policy over that under the logging one: float64[n].

    Args:
        target: probability of the logged action under the policy to value, in [0, 1].
        logged: propensity with which it was shown, in (0, 1].
        clip: upper bound of a weight (None: no bound); it trades variance for a bias towards 0.

    Raises:
        ValueError: NaN, unequal lengths, a probability out of range, or a clip that is not positive.
    """
    expected, shown = finite_vector(target, "target"), finite_vector(logged, "logged")
    if expected.size != shown.size:
        raise ValueError(f"target and logged must have equal lengths, got {expected.size} and {shown.size}")
    if ((shown <= 0) | (shown > 1)).any():
        raise ValueError("logged propensities must lie in (0, 1]: an action that cannot be shown is never logged")
    if ((expected < 0) | (expected > 1)).any():
        raise ValueError("target probabilities must lie in [0, 1]")
    if clip is not None and clip <= 0:
        raise ValueError(f"clip is the largest weight allowed and must be positive, got {clip}")
    weights = expected / shown
    return weights if clip is None else np.minimum(weights, clip)


def _rewards(reward: ArrayLike, weights: Floats) -> Floats:
    rewards = finite_vector(reward, "reward")
    if rewards.size != weights.size:
        raise ValueError(f"reward and weights must have equal lengths, got {rewards.size} and {weights.size}")
    return rewards


def ips(reward: ArrayLike, weights: Floats, bootstrap: Bootstrap = USUAL) -> Interval:
    """Inverse propensity score estimate of the mean reward, mean(weight * reward), with its 95 % interval.

    Unbiased when weights are not clipped (Horvitz and Thompson 1952).

    Raises:
        ValueError: NaN or unequal lengths.
    """
    rewards = _rewards(reward, weights)
    return ratio_interval(rewards * weights, np.ones(weights.size), bootstrap)


def snips(reward: ArrayLike, weights: Floats, bootstrap: Bootstrap = USUAL) -> Interval:
    """Self-normalised estimate, sum(weight * reward) / sum(weight), with its 95 % interval.

    Stays within the range of the rewards (Swaminathan and Joachims 2015).

    Raises:
        ValueError: NaN, unequal lengths, or no impression that the target policy would have shown.
    """
    rewards = _rewards(reward, weights)
    if weights.sum() == 0:
        raise ValueError("the target policy never shows a logged action: its value cannot be estimated from this log")
    return ratio_interval(rewards * weights, weights, bootstrap)
