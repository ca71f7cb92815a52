"""How far to believe each of several predictions of an effect: exponentially weighted aggregation.

What belongs here: weights from cross-validated errors. What does not: the predictions and the folds.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats

__all__ = ["exponential_weights"]


TEMPERATURE = 8.0
"""In units of the noise's variance. From 4 on the average error of the blend exceeds the best member's by no more than
TEMPERATURE σ² log(members) / n (Dalalyan & Tsybakov 2008); simulated trials were alike from 4 to 16."""


def exponential_weights(errors: Floats, prior: Floats, user: NDArray[np.intp]) -> Floats:
    """w_k ∝ prior_k exp(-Σ errors_k² / (8 σ²)): the weight of each prediction, summing to 1.

    Errors are those of predicted effects to AIPW scores. A score is the effect plus noise a hundred times as large, but
    the noise is common to all predictions, so the differences of their sums tell which is nearer to the truth, and by
    how much more than chance would. Predictions that the data cannot tell apart keep their prior weights; the more
    users there are, the more the nearest one gets.

    Args:
        errors: prediction less score, float64[members, n].
        prior: positive weights, float64[members].
        user: number of each row's user. σ² is the mean square, over rows, of the errors summed within users: rows of
            one user, which err together, then count as fewer.
    """
    losses = np.sum(errors**2, axis=1)
    best = errors[int(np.argmin(losses))]
    noise = float(np.sum(np.bincount(user, weights=best) ** 2)) / best.size
    weights = prior * np.exp(-(losses - losses.min()) / (TEMPERATURE * max(noise, 1e-300)))
    return np.asarray(weights / weights.sum())
