"""What another policy would have earned, from impressions that were logged with their propensities.

What belongs here: importance weights, IPS, SNIPS and the effective sample size. What does not: policies.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.bootstrap import Interval, ratio_interval
from evaluation.trial import finite_vector

__all__ = ["effective_sample_size", "importance_weights", "ips", "snips"]

Floats = NDArray[np.float64]


def importance_weights(target: ArrayLike, logged: ArrayLike, clip: float | None = None) -> Floats:
    """Probability of the shown action under the target policy over that under the logging one: float64[n].

    Args:
        target: probability of the logged action under the policy to value, in [0, 1].
        logged: propensity with which it was shown, in (0, 1].
        clip: upper bound of a weight (None: no bound); it trades variance for a bias towards 0.

    Raises:
        ValueError: NaN, unequal lengths, a probability out of range, or a clip that is not positive.
    """
    wanted, shown = finite_vector(target, "target"), finite_vector(logged, "logged")
    if wanted.size != shown.size:
        raise ValueError(f"target and logged must have equal lengths, got {wanted.size} and {shown.size}")
    if ((shown <= 0) | (shown > 1)).any():
        raise ValueError("logged propensities must lie in (0, 1]: an action that cannot be shown is never logged")
    if ((wanted < 0) | (wanted > 1)).any():
        raise ValueError("target probabilities must lie in [0, 1]")
    if clip is not None and clip <= 0:
        raise ValueError(f"clip is the largest weight allowed and must be positive, got {clip}")
    weights = wanted / shown
    return weights if clip is None else np.minimum(weights, clip)


def _rewards(reward: ArrayLike, weights: Floats) -> Floats:
    rewards = finite_vector(reward, "reward")
    if rewards.size != weights.size:
        raise ValueError(f"reward and weights must have equal lengths, got {rewards.size} and {weights.size}")
    return rewards


def ips(reward: ArrayLike, weights: Floats, *, replicates: int = 1000, seed: int = 0) -> Interval:
    """Inverse propensity score estimate of the mean reward, mean(weight * reward), with its 95 % interval.

    Unbiased when weights are not clipped (Horvitz and Thompson 1952).

    Raises:
        ValueError: NaN or unequal lengths.
    """
    rewards = _rewards(reward, weights)
    return ratio_interval(rewards * weights, np.ones(weights.size), replicates=replicates, seed=seed)


def snips(reward: ArrayLike, weights: Floats, *, replicates: int = 1000, seed: int = 0) -> Interval:
    """Self-normalised estimate, sum(weight * reward) / sum(weight), with its 95 % interval.

    Stays within the range of the rewards (Swaminathan and Joachims 2015).

    Raises:
        ValueError: NaN, unequal lengths, or no impression that the target policy would have shown.
    """
    rewards = _rewards(reward, weights)
    if weights.sum() == 0:
        raise ValueError("the target policy never shows a logged action: its value cannot be estimated from this log")
    return ratio_interval(rewards * weights, weights, replicates=replicates, seed=seed)


def effective_sample_size(weights: Floats) -> float:
    """Kish's (Σw)² / Σw²: how many equally weighted rows the weighted ones are worth, in [0, n]."""
    square = float((weights**2).sum())
    return float(weights.sum() ** 2 / square) if square else 0.0
