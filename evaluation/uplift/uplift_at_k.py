"""Uplift at k: the measured effect among the users whom a score would target first.

What belongs here: the measure at one depth. The whole curve is `evaluation.uplift.auuc`.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.uplift.ranked_trial import ArmCounts, RankedTrial
from evaluation.uplift.trial import OneArmError

__all__ = ["checked_share", "counts_at_share", "ranked_uplift_at_k", "uplift_at_k", "uplift_at_share"]


def checked_share(k: float) -> float:
    """``k`` as a share of the users.

    Raises:
        ValueError: outside (0, 1].
    """
    if not 0 < k <= 1:
        raise ValueError(f"k is a share of the users in (0, 1], got {k}")
    return float(k)


def ranked_uplift_at_k(ranked: RankedTrial, k: float) -> float:
    """`uplift_at_k` of a trial that is already sorted.

    Raises:
        ValueError: k out of range.
        OneArmError: an arm without users in the top.
    """
    top = ranked.top(checked_share(k) * ranked.size)
    if top.treated == 0 or top.control == 0:
        raise OneArmError(f"the top {k:g} of the score holds users of one arm only: take a larger k")
    return float(top.treated_responses / top.treated - top.control_responses / top.control)


def counts_at_share(counts: ArmCounts, k: float) -> ArmCounts:
    """Accumulated counts float64[m, r] of the top ``k`` users of each column, straight within a block: float64[r]."""
    users = counts.treated + counts.control
    cut = k * users[-1]
    # First block that reaches the cut; before the first one everything is 0.
    block = np.minimum((users < cut).sum(axis=0), len(users) - 1)
    columns = np.arange(cut.size)

    def at(column: Floats) -> tuple[Floats, Floats]:
        end = column[block, columns]
        return np.where(block > 0, column[block - 1, columns], 0.0), end

    start, stop = at(users)
    share = np.divide(cut - start, stop - start, out=np.zeros_like(cut), where=stop > start)
    sums = []
    for column in counts:
        before, after = at(column)
        sums.append(before + share * (after - before))
    return ArmCounts(*sums)


def uplift_at_share(counts: ArmCounts, k: float) -> Floats:
    """Uplift among the top ``k`` of accumulated counts float64[m, r]: float64[r], NaN where an arm is empty there."""
    treated, control, ours, theirs = counts_at_share(counts, k)
    empty = np.full_like(treated, np.nan)
    defined = (treated > 0) & (control > 0)
    return np.asarray(
        np.divide(ours, treated, out=empty.copy(), where=defined) - np.divide(theirs, control, out=empty, where=defined)
    )


def uplift_at_k(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, k: float) -> float:
    """Mean outcome of the treated minus that of the controls among the top ``k`` of all users.

    scikit-uplift's strategy ``overall``, but a cut through tied users takes the same part of each, so the order of
    rows never matters. A constant score gives the effect in the whole trial, at any k.

    Args:
        outcome: 0/1 per user, or any finite number such as revenue.
        treatment: 0/1 per user, randomised.
        score: higher is targeted first.
        k: share of the users, in (0, 1].

    Returns:
        A difference of means in the unit of the outcome; in [-1, 1] for 0/1 outcomes.

    Raises:
        ValueError: k out of range.
        InputError: an arm without users in the top, or as `evaluation.uplift.trial.checked_arrays`.
    """
    return ranked_uplift_at_k(RankedTrial.of(outcome, treatment, score), k)
