"""The Qini curve and coefficient of a score that ranks users by the effect of an ad.

What belongs here: the curve, its area, and the same area on counts that were already accumulated (which the
bootstrap uses). What does not: intervals (`evaluation.bootstrap`) and pictures.

The convention is that of scikit-uplift's ``qini_auc_score`` (Radcliffe 2007; Devriendt et al. 2020): after the
users with the n highest scores, Q = Y_t - Y_c * N_t / N_c. The curve is evaluated at the ends of tie blocks
only, so users with equal scores are averaged and the order of rows never matters.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.trial import Trial, checked_trial

__all__ = ["ArmCounts", "coefficient_of", "qini_coefficient", "qini_curve", "tie_ends"]

Floats = NDArray[np.float64]


class ArmCounts(NamedTuple):
    """Accumulated counts at the ends of tie blocks, each float64[..., m] (leading axes: replicates)."""

    treated: Floats
    control: Floats
    treated_responses: Floats
    control_responses: Floats


def tie_ends(descending: Floats) -> NDArray[np.intp]:
    """Position of the last row of each block of equal values in an array that is already sorted."""
    return np.append(np.flatnonzero(descending[1:] != descending[:-1]), descending.size - 1)


def _counts(trial: Trial) -> ArmCounts:
    order = np.argsort(-trial.score, kind="stable")
    ends = tie_ends(trial.score[order])
    treatment, outcome = trial.treatment[order], trial.outcome[order]
    return ArmCounts(
        np.cumsum(treatment)[ends],
        np.cumsum(1.0 - treatment)[ends],
        np.cumsum(treatment * outcome)[ends],
        np.cumsum((1.0 - treatment) * outcome)[ends],
    )


def _curve_of(counts: ArmCounts) -> tuple[Floats, Floats]:
    # Before the first control user the treated responses stand alone: scikit-uplift's convention.
    ratio = np.divide(counts.treated, counts.control, out=np.zeros_like(counts.treated), where=counts.control > 0)
    gain = counts.treated_responses - counts.control_responses * ratio
    start = np.zeros((*gain.shape[:-1], 1))
    return (
        np.concatenate([start, counts.treated + counts.control], axis=-1),
        np.concatenate([start, gain], axis=-1),
    )


def coefficient_of(counts: ArmCounts) -> Floats:
    """Qini coefficient of accumulated counts, float64[...]; NaN where an arm is empty or nobody responded.

    The perfect curve is (0, 0) → (R_t, R_t) → (N - R_c, R_t) → (N, Q_N): responders of the treated arm first,
    those of the control arm last. The coefficient is (area - half) / (perfect area - half) with half = N * Q_N / 2.
    """
    x, y = _curve_of(counts)
    n, last = x[..., -1], y[..., -1]
    responders_t, responders_c = counts.treated_responses[..., -1], counts.control_responses[..., -1]
    half = 0.5 * n * last
    area = np.trapezoid(y, x, axis=-1)
    perfect = (
        0.5 * responders_t**2
        + responders_t * (n - responders_c - responders_t)
        + 0.5 * (responders_t + last) * responders_c
    )
    defined = (counts.treated[..., -1] > 0) & (counts.control[..., -1] > 0) & (responders_t + responders_c > 0)
    empty = np.full_like(n, np.nan)
    return np.asarray(np.divide(area - half, perfect - half, out=empty, where=defined))


def qini_curve(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """Points of the Qini curve: (number of users targeted, incremental treated responses), float64[m + 1] each.

    Args:
        outcome: 0/1 per user.
        treatment: 0/1 per user, randomised.
        score: any number per user without NaN; higher is targeted first.

    Returns:
        x from 0 to n and y = Y_t - Y_c * N_t / N_c, one point at the end of each block of equal scores.

    Raises:
        ValueError: see `evaluation.trial.checked_trial`.
    """
    return _curve_of(_counts(checked_trial(outcome, treatment, score)))


def qini_coefficient(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> float:
    """Area between the Qini curve and the diagonal, as a share of that of the perfect order (at most 1).

    0 for a constant score and, in expectation, for a random one; negative when the order is worse than random.
    Equal to scikit-uplift's ``qini_auc_score(outcome, score, treatment)``.

    Raises:
        ValueError: see `evaluation.trial.checked_trial`.
    """
    return float(coefficient_of(_counts(checked_trial(outcome, treatment, score))))
