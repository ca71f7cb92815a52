"""Doubly robust (AIPW) scores: a noisy but unbiased reading of each user's effect.

What belongs here: the formula and its mean. What does not: the nuisance models that enter it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MeanEffect", "aipw_scores", "mean_effect"]

Floats = NDArray[np.float64]

Z_95 = 1.959964


class MeanEffect(NamedTuple):
    """Mean of scores with its 95 % interval."""

    mean: float
    lower: float
    upper: float


def aipw_scores(outcome: Floats, treatment: Floats, propensity: Floats, p_control: Floats, p_treated: Floats) -> Floats:
    """Γ = μ₁ - μ₀ + t (y - μ₁) / e - (1 - t) (y - μ₀) / (1 - e) per row (Robins, Rotnitzky & Zhao 1994), float64[n].

    Its expectation given the features is the effect if the propensity is right *or* both outcome models are; the
    models must not have seen the row (cross-fitting), or the scores are biased towards them.

    Args:
        outcome: any number a row (0/1, or revenue).
        treatment: 0/1.
        propensity: P(treatment = 1), strictly between 0 and 1.
        p_control: expected outcome without the ad.
        p_treated: expected outcome with it.

    Raises:
        ValueError: a propensity of 0 or 1 or beyond, or arrays of unequal lengths.
    """
    arrays = (outcome, treatment, propensity, p_control, p_treated)
    if len({len(array) for array in arrays}) != 1:
        raise ValueError(f"the arrays of AIPW scores have lengths {[len(array) for array in arrays]}: must be equal")
    if not ((propensity > 0) & (propensity < 1)).all():
        raise ValueError("propensity must be strictly between 0 and 1: clip it or leave such rows out")
    residual = np.where(treatment == 1, (outcome - p_treated) / propensity, -(outcome - p_control) / (1 - propensity))
    return np.asarray(p_treated - p_control + residual)


def mean_effect(scores: Floats) -> MeanEffect:
    """Mean of AIPW scores: the average effect, with its normal 95 % interval (NaN for fewer than two rows)."""
    if scores.size < 2:
        return MeanEffect(float(scores.mean()) if scores.size else float("nan"), float("nan"), float("nan"))
    mean, half = float(scores.mean()), Z_95 * float(scores.std(ddof=1)) / float(np.sqrt(scores.size))
    return MeanEffect(mean, mean - half, mean + half)
