"""Uplift at k: the measured effect among the users whom a score would target first.

What belongs here: the measure at one depth. The whole curve is `evaluation.qini`.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.top_share import top_share
from evaluation.trial import checked_trial

__all__ = ["uplift_at_k"]


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
    if not 0 < k <= 1:
        raise ValueError(f"k is a share of the users in (0, 1], got {k}")
    trial = checked_trial(outcome, treatment, score)
    weight = top_share(trial.score, k * trial.score.size)
    treated, control = weight * trial.treatment, weight * (1 - trial.treatment)
    if treated.sum() == 0 or control.sum() == 0:
        raise ValueError(f"the top {k:g} of the score holds users of one arm only: take a larger k")
    return float(np.average(trial.outcome, weights=treated) - np.average(trial.outcome, weights=control))
