"""Unbiased scores of each user's effect: noisy one by one, right on average over any group chosen by features.

What belongs here: inverse propensity and doubly robust scores. What does not: what is measured from them
(`evaluation.rate`), or the models behind the predictions.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.trial import ShapeError, checked_arrays, finite_vector

__all__ = ["doubly_robust_scores", "inverse_propensity_scores"]

Floats = NDArray[np.float64]


def doubly_robust_scores(
    outcome: ArrayLike, treatment: ArrayLike, propensity: ArrayLike, mean_control: ArrayLike, mean_treated: ArrayLike
) -> Floats:
    """AIPW scores, float64[n]: m1 - m0 + t * (y - m1) / p - (1 - t) * (y - m0) / (1 - p) (Robins et al. 1994).

    Their mean over a group estimates its average effect. It is right where the propensity or the predicted means
    are, provided that the latter were not fitted on the same users.

    Args:
        outcome: a number per user.
        treatment: 0/1 per user.
        propensity: probability of being treated, strictly between 0 and 1.
        mean_control: predicted outcome without treatment (m0).
        mean_treated: predicted outcome with it (m1).

    Raises:
        ValueError: a propensity outside (0, 1).
        TrialError: unequal lengths, or see `evaluation.trial.checked_arrays`.
    """
    p, m0, m1 = (
        finite_vector(values, name)
        for values, name in ((propensity, "propensity"), (mean_control, "mean_control"), (mean_treated, "mean_treated"))
    )
    y, t, _ = checked_arrays(outcome, treatment, p)
    if not m0.size == m1.size == p.size:
        raise ShapeError(f"mean_control and mean_treated must have {p.size} rows, got {m0.size} and {m1.size}")
    if ((p <= 0) | (p >= 1)).any():
        raise ValueError("propensity must lie strictly between 0 and 1: leave out users who had no choice of arm")
    return np.asarray(m1 - m0 + np.where(t == 1, (y - m1) / p, -(y - m0) / (1 - p)))


def inverse_propensity_scores(outcome: ArrayLike, treatment: ArrayLike, propensity: ArrayLike) -> Floats:
    """IPW scores, float64[n]: t * y / p - (1 - t) * y / (1 - p) (Horvitz and Thompson 1952); no models needed.

    Raises:
        ValueError: a propensity outside (0, 1).
        TrialError: see `evaluation.trial.checked_arrays`.
    """
    nothing = np.zeros(np.shape(np.asarray(propensity)))
    return doubly_robust_scores(outcome, treatment, propensity, nothing, nothing)
