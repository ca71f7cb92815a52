"""What another policy would have earned, from impressions that were logged with their propensities.

What belongs here: importance weights and the estimators of a policy's value. What does not: policies, and the models of
rewards that some estimators ask for.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import USUAL, Bootstrap, Interval, ratio_interval
from evaluation.resampling.checked import finite_vector

__all__ = [
    "SWITCH_AT",
    "direct_method",
    "doubly_robust",
    "importance_weights",
    "ips",
    "replay",
    "snips",
    "switch_doubly_robust",
]

SWITCH_AT = 10.0
"""Weight above which the model of rewards alone is believed."""


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


def replay(reward: ArrayLike, chosen: ArrayLike, bootstrap: Bootstrap = USUAL) -> Interval:
    """Mean reward where a policy that always knows its choice would have shown what was shown, with its 95 % interval.

    Unbiased where the log was drawn uniformly (Li et al., WSDM 2011).

    Args:
        reward: float[n].
        chosen: bool[n], whether the policy would have shown the logged action.
        bootstrap: how the interval is resampled.

    Raises:
        ValueError: as `snips`.
    """
    return snips(reward, finite_vector(chosen, "chosen"), bootstrap)


def direct_method(expected: ArrayLike, bootstrap: Bootstrap = USUAL) -> Interval:
    """Mean of what a model of rewards expects of the policy, with an interval that knows nothing of the model's error.

    Args:
        expected: sum over actions of their probability under the policy times the model's reward: float[n].
        bootstrap: how the interval is resampled.

    Raises:
        ValueError: NaN or no rows.
    """
    values = finite_vector(expected, "expected")
    return ratio_interval(values, np.ones(values.size), bootstrap)


def doubly_robust(
    reward: ArrayLike, weights: Floats, modelled: ArrayLike, expected: ArrayLike, bootstrap: Bootstrap = USUAL
) -> Interval:
    """mean(expected + weight * (reward - modelled)), with its 95 % interval.

    Unbiased if the propensities or the model of rewards are right (Dudík, Langford and Li, ICML 2011).

    Args:
        reward: float[n].
        weights: `importance_weights`, float[n].
        modelled: what the model expects of the logged action, float[n].
        expected: as of `direct_method`, float[n].
        bootstrap: how the interval is resampled.

    Raises:
        ValueError: NaN or unequal lengths.
    """
    return switch_doubly_robust(reward, weights, modelled, expected, np.inf, bootstrap)


def switch_doubly_robust(
    reward: ArrayLike,
    weights: Floats,
    modelled: ArrayLike,
    expected: ArrayLike,
    switch_at: float = SWITCH_AT,
    bootstrap: Bootstrap = USUAL,
) -> Interval:
    """As `doubly_robust`, without the correction of rows whose weight is above ``switch_at``, with its 95 % interval.

    A bias where the model is wrong there, for a variance that no few large weights decide (Wang, Agarwal and Dudík,
    ICML 2017).

    Raises:
        ValueError: NaN, unequal lengths, or ``switch_at`` below 0.
    """
    if not switch_at >= 0:
        raise ValueError(f"switch_at is the largest weight that is used and must not be negative, got {switch_at}")
    rewards, seen, of_policy = (
        _rewards(values, weights)
        for values in (reward, finite_vector(modelled, "modelled"), finite_vector(expected, "expected"))
    )
    used = np.where(weights <= switch_at, weights, 0.0)
    return direct_method(of_policy + used * (rewards - seen), bootstrap)
