"""Uplift at k: the measured effect among the users whom a score would target first.

What belongs here: the measure at one depth. The whole curve is `evaluation.qini`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.top_share import top_share
from evaluation.trial import checked_trial

__all__ = ["top_arms", "uplift_at_k"]

Floats = NDArray[np.float64]


def top_arms(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, k: float) -> tuple[Floats, Floats, Floats]:
    """Outcome, and the weight of each user as treated and as control among the top ``k``: float64[n] each.

    Raises:
        ValueError: as `uplift_at_k`.
    """
    if not 0 < k <= 1:
        raise ValueError(f"k is a share of the users in (0, 1], got {k}")
    trial = checked_trial(outcome, treatment, score)
    weight = top_share(trial.score, k * trial.score.size)
    treated, control = weight * trial.treatment, weight * (1 - trial.treatment)
    if treated.sum() == 0 or control.sum() == 0:
        raise ValueError(f"the top {k:g} of the score holds users of one arm only: take a larger k")
    return trial.outcome, treated, control


def uplift_at_k(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, k: float) -> float:
    """Response rate of the treated minus that of the controls among the top ``k`` of all users.

    scikit-uplift's strategy ``overall``; users tied at the cut count in part, so row order never matters.

    Args:
        outcome: 0/1 per user.
        treatment: 0/1 per user, randomised.
        score: higher is targeted first.
        k: share of the users, in (0, 1].

    Returns:
        A difference of rates in [-1, 1].

    Raises:
        ValueError: k out of range, an arm without users in the top, or a broken trial (`checked_trial`).
    """
    outcomes, treated, control = top_arms(outcome, treatment, score, k)
    return float(np.average(outcomes, weights=treated) - np.average(outcomes, weights=control))
