"""Intervals of the uplift measures of a score, and of their differences between two scores of the same users.

What belongs here: which measure, exact and resampled. What does not: the measures themselves, and how users are
resampled (`evaluation.uplift.poisson_cells`).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import USUAL, Bootstrap, Interval, percentile_interval
from evaluation.uplift.poisson_cells import cells_of, replicated
from evaluation.uplift.qini import area_of, coefficient_of, ranked_qini, ranked_qini_area
from evaluation.uplift.ranked_trial import ArmCounts, RankedTrial
from evaluation.uplift.trial import OutcomeValueError, TrialArrays, checked_arrays
from evaluation.uplift.uplift_at_k import checked_share, ranked_uplift_at_k, uplift_at_share

__all__ = ["qini_area_interval", "qini_interval", "uplift_at_k_interval"]


def qini_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    *,
    baseline: ArrayLike | None = None,
    bootstrap: Bootstrap = USUAL,
) -> Interval:
    """Qini coefficient of a binary outcome with its interval; the cost hardly grows with the users.

    With ``baseline`` it is the coefficient of ``score`` less that of ``baseline``, resampled together.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`, or an outcome other than 0 and 1.
    """
    trials = _trials(outcome, treatment, score, baseline)
    if trials[0].outcome.dtype != np.uint8:
        raise OutcomeValueError("outcome must be 0 or 1 for this interval: take qini_area_interval for any other")
    return _resampled(trials, ranked_qini, coefficient_of, bootstrap)


def qini_area_interval(
    outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, bootstrap: Bootstrap = USUAL
) -> Interval:
    """`evaluation.uplift.qini.qini_area` with its interval, of any outcome: revenue too.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    return _resampled(_trials(outcome, treatment, score), ranked_qini_area, area_of, bootstrap)


def uplift_at_k_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    k: float,
    *,
    baseline: ArrayLike | None = None,
    bootstrap: Bootstrap = USUAL,
) -> Interval:
    """Uplift among the top ``k`` with its interval, of any outcome; every resample has its own cut of the score.

    With ``baseline`` it is the uplift of ``score`` less that of ``baseline``, resampled together.

    Raises:
        ValueError: k out of range.
        InputError: see `evaluation.uplift.uplift_at_k.uplift_at_k`.
    """
    share = checked_share(k)
    return _resampled(
        _trials(outcome, treatment, score, baseline),
        lambda ranked: ranked_uplift_at_k(ranked, share),
        lambda counts: uplift_at_share(counts, share),
        bootstrap,
    )


def _trials(
    outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, baseline: ArrayLike | None = None
) -> list[TrialArrays]:
    """The trial by each of its scores."""
    scores = [score] if baseline is None else [score, baseline]
    return [checked_arrays(outcome, treatment, each) for each in scores]


def _resampled(
    trials: list[TrialArrays],
    exact: Callable[[RankedTrial], float],
    statistic: Callable[[ArmCounts], Floats],
    bootstrap: Bootstrap,
) -> Interval:
    """Interval of a measure by the first score, or of its difference to that by the second."""
    plain, drawn = replicated(cells_of(trials[0], [trial.score for trial in trials]), statistic, bootstrap)
    estimates = [exact(RankedTrial.of(*trial)) for trial in trials]
    # Bins move a figure a little; the resamples are moved back by as much.
    centred = drawn + (np.array(estimates) - plain)[:, None]
    if len(trials) == 1:
        return percentile_interval(estimates[0], centred[0], bootstrap.level)
    return percentile_interval(estimates[0] - estimates[1], centred[0] - centred[1], bootstrap.level)
