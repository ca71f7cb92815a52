"""What another policy would have earned on slates that were drawn position by position, none twice.

The logged propensity of a row is that of its position given those above it. The weight of a row is the product of the
ratios down to it, which is unbiased where a reward depends on its own banner and those above it alone (reward
interaction IPS; McInerney et al., KDD 2020), and the doubly robust estimate has the model as its baseline at each
position (Kiyohara et al., WSDM 2022). Slates of one row are single draws. Intervals resample whole slates.
"""

from typing import NamedTuple

import numpy as np

from evaluation.arrays import Floats, Ints
from evaluation.policy_value.off_policy import SWITCH_AT, importance_weights
from evaluation.resampling.bootstrap import USUAL, Bootstrap, Interval, ratio_interval
from evaluation.resampling.effective_size import effective_sample_size

__all__ = ["SlateLog", "SlatePolicy", "doubly_robust_difference", "prefix_weights", "slate_estimates"]


class SlateLog(NamedTuple):
    """n rows, sorted by slate and position."""

    slate: Ints
    """Number of its slate, int64[n], 0 and up without gaps."""
    reward: Floats
    """float64[n]."""
    logged: Floats
    """Propensity with which the row was drawn given those above it, float64[n] in (0, 1]."""
    modelled: Floats
    """Reward that a model expects of the row, float64[n]."""


class SlatePolicy(NamedTuple):
    """A policy on the rows of a log."""

    target: Floats
    """Probability of the row under the policy given those above it, float64[n] in [0, 1]."""
    expected: Floats
    """What the model expects of the policy at this position given those above it, float64[n]."""


def prefix_weights(policy: SlatePolicy, log: SlateLog) -> tuple[Floats, Floats]:
    """Products of the ratios of a slate down to each row, and down to the one above it: float64[n] each.

    Raises:
        ValueError: as `importance_weights`.
    """
    ratio = importance_weights(policy.target, log.logged)
    through, before = ratio.copy(), np.ones(ratio.size)
    for row in np.flatnonzero(np.diff(log.slate) == 0).tolist():
        before[row + 1] = through[row]
        through[row + 1] *= through[row]
    return through, before


def slate_estimates(
    policy: SlatePolicy, log: SlateLog, bootstrap: Bootstrap = USUAL
) -> dict[str, dict[str, float] | float]:
    """The policy's reward of an impression, by each estimator.

    Returns:
        ``ips``, ``snips``, ``dm``, ``dr``, ``switch_dr`` → estimate, lower, upper; and ``effective_size``, the rows
        that the weights are worth. ``dm`` takes those above each position as logged.

    Raises:
        ValueError: as `importance_weights`, or no row that the policy would have shown.
    """
    through, before = prefix_weights(policy, log)
    if through.sum() == 0:
        raise ValueError("the target policy never shows a logged action: its value cannot be estimated from this log")
    ones = np.ones(through.size)
    used = np.where(through <= SWITCH_AT, through, 0.0)
    rest = log.reward - log.modelled

    def of(numerator: Floats, denominator: Floats = ones) -> dict[str, float]:
        return _interval(numerator, denominator, log.slate, bootstrap)._asdict()

    return {
        "ips": of(through * log.reward),
        "snips": of(through * log.reward, through),
        "dm": of(policy.expected),
        "dr": of(before * policy.expected + through * rest),
        "switch_dr": of(before * policy.expected + used * rest),
        "effective_size": effective_sample_size(through),
    }


def doubly_robust_difference(
    policy: SlatePolicy, other: SlatePolicy, log: SlateLog, bootstrap: Bootstrap = USUAL
) -> Interval:
    """How much more an impression earns under ``policy`` than under ``other``, on the same rows, doubly robust.

    Raises:
        ValueError: as `importance_weights`.
    """
    rest, values = log.reward - log.modelled, []
    for one in (policy, other):
        through, before = prefix_weights(one, log)
        values.append(before * one.expected + through * rest)
    return _interval(values[0] - values[1], np.ones(rest.size), log.slate, bootstrap)


def _interval(numerator: Floats, denominator: Floats, slate: Ints, bootstrap: Bootstrap) -> Interval:
    """Of a ratio of sums, by slates."""
    return ratio_interval(np.bincount(slate, weights=numerator), np.bincount(slate, weights=denominator), bootstrap)
