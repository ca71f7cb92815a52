"""The Qini curve, its area and its coefficient: how well a score ranks users by the effect of an ad.

What belongs here: the curve, the perfect one, and the coefficient of counts that were already accumulated (which the
bootstrap uses). What does not: intervals (`evaluation.uplift.intervals`) and pictures.

After the users with the k highest scores, Q(k) = Y_t - Y_c * N_t / N_c (Radcliffe 2007; Devriendt et al. 2020):
responses of the treated beyond what the controls, scaled to as many users, let expect. The curve is evaluated at the
ends of tie blocks only, so users with equal scores are averaged and the order of rows never matters. This is the
convention of scikit-uplift's ``qini_auc_score``.

Outcomes may be any numbers (revenue, below 0 for returns): Y is then their sum.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.uplift.ranked_trial import ArmCounts, RankedTrial
from evaluation.uplift.trial import NoResponseError

__all__ = [
    "area_of",
    "coefficient_of",
    "gain",
    "perfect_qini_curve",
    "qini_area",
    "qini_coefficient",
    "qini_curve",
    "ranked_qini",
    "ranked_qini_area",
]


def gain(counts: ArmCounts) -> Floats:
    """Q = Y_t - Y_c * N_t / N_c; before the first control user the treated responses stand alone."""
    ratio = np.divide(counts.treated, counts.control, out=np.zeros_like(counts.treated), where=counts.control > 0)
    ratio *= counts.control_responses
    return np.subtract(counts.treated_responses, ratio, out=ratio)


def _perfect_area(total: ArmCounts) -> Floats:
    """Area under (0, 0) → (R_t, R_t) → (N - R_c, R_t) → (N, Q_N) of binary outcomes."""
    n, last = total.treated + total.control, gain(total)
    ours, theirs = total.treated_responses, total.control_responses
    return np.asarray(0.5 * ours**2 + ours * (n - theirs - ours) + 0.5 * (ours + last) * theirs)


def coefficient_of(counts: ArmCounts) -> Floats:
    """Qini coefficient of accumulated counts of a binary outcome, float64[...] of the trailing axes.

    NaN where an arm is empty or nobody responded.
    """
    total = ArmCounts(*(column[-1] for column in counts))
    defined = (total.treated > 0) & (total.control > 0) & (total.treated_responses + total.control_responses > 0)
    room = _perfect_area(total) - 0.5 * (total.treated + total.control) * gain(total)
    above = _above_diagonal(counts)
    return np.asarray(np.divide(above, room, out=np.full_like(room, np.nan), where=defined & (room > 0)))


def area_of(counts: ArmCounts) -> Floats:
    """`qini_area` of accumulated counts of any outcome, float64[...]; NaN where an arm is empty."""
    n = counts.treated[-1] + counts.control[-1]
    defined = (counts.treated[-1] > 0) & (counts.control[-1] > 0)
    return np.asarray(np.divide(_above_diagonal(counts), n**2, out=np.full_like(n, np.nan), where=defined))


def _above_diagonal(counts: ArmCounts) -> Floats:
    x, y = counts.treated + counts.control, gain(counts)
    # Twice the trapezoids without a copy of the curve a side: each y counts for the points to its left and right.
    twice = (y[:-1] * (x[1:] - np.concatenate([np.zeros_like(x[:1]), x[:-2]]))).sum(axis=0)
    last = x[-2] if len(x) > 1 else np.zeros_like(x[-1])
    return np.asarray(0.5 * (twice + y[-1] * (x[-1] - last) - x[-1] * y[-1]))


def _contributions(ranked: RankedTrial) -> Floats:
    """What each user adds to Q_N, highest first: y of the treated, -y * N_t / N_c of the controls."""
    odds = float(ranked.total.treated / ranked.total.control)
    each = np.where(ranked.treated == 1, 1.0, -odds)
    each *= ranked.outcome
    each.sort()
    return each[::-1]


def _room_above_random(ranked: RankedTrial) -> float:
    """Area between the perfect curve and the diagonal, the coefficient's denominator."""
    half = 0.5 * ranked.size * float(gain(ranked.total))
    if ranked.binary:
        room = float(_perfect_area(ranked.total)) - half
    else:
        each = _contributions(ranked)
        room = float((np.cumsum(each) - 0.5 * each).sum()) - half
    if room <= 0:
        raise NoResponseError("every user adds the same to the effect: no order is better than another")
    return room


def ranked_qini(ranked: RankedTrial) -> float:
    """`qini_coefficient` of a trial that is already sorted.

    Raises:
        NoResponseError: no order of these users is better than another.
    """
    return _area_above_random(ranked) / _room_above_random(ranked)


def ranked_qini_area(ranked: RankedTrial) -> float:
    """`qini_area` of a trial that is already sorted."""
    return _area_above_random(ranked) / ranked.size**2


def _area_above_random(ranked: RankedTrial) -> float:
    # A single block is the diagonal itself: rounding must not make it anything but 0.
    return 0.0 if ranked.constant else ranked.area(gain) - 0.5 * ranked.size * float(gain(ranked.total))


def qini_curve(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """Points of the Qini curve: (number of users targeted, incremental treated responses), float64[m + 1] each.

    Args:
        outcome: 0/1 per user, or any finite number such as revenue.
        treatment: 0/1 per user, randomised.
        score: any number per user without NaN; higher is targeted first.

    Returns:
        x from 0 to n and y = Y_t - Y_c * N_t / N_c, one point at the end of each block of equal scores.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    return RankedTrial.of(outcome, treatment, score).curve(gain)


def perfect_qini_curve(outcome: ArrayLike, treatment: ArrayLike) -> tuple[Floats, Floats]:
    """Corners of the best curve: (number of users targeted, incremental treated responses), float64[m + 1] each.

    Users in descending order of what they add to Q_N: y for the treated, -y * N_t / N_c for the controls. For 0/1
    outcomes that is (0, 0) → (R_t, R_t) → (N - R_c, R_t) → (N, Q_N): responders of the treated arm first, those of
    the control arm last. It knows the outcomes, so no score comes near it where they are mostly chance.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    each = _contributions(RankedTrial.of(outcome, treatment, np.zeros(np.shape(np.asarray(outcome)))))
    ends = np.append(np.flatnonzero(each[1:] != each[:-1]), each.size - 1)
    return np.append(0.0, ends + 1.0), np.append(0.0, np.cumsum(each)[ends])


def qini_coefficient(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> float:
    """Area between the Qini curve and the diagonal, as a share of that of the perfect curve.

    (∫Q - ½·N·Q_N) / (∫Q* - ½·N·Q_N). 0 for a constant score and, in expectation, for a random one; negative when the
    order is worse than random; 1 for the perfect order of a binary outcome. Equal to scikit-uplift's
    ``qini_auc_score(outcome, score, treatment)`` for 0/1 outcomes. For others the perfect curve is that of
    `perfect_qini_curve`; the figure is small where outcomes are mostly chance, so compare it between scores on the
    same users only, or use `qini_area`, which has a unit.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`; `NoResponseError` also where no order of these users
            is better than another.
    """
    return ranked_qini(RankedTrial.of(outcome, treatment, score))


def qini_area(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> float:
    """Area between the Qini curve and the diagonal over N²: outcome per user, above a random order of the same depth.

    The coefficient without its denominator: (∫Q - ½·N·Q_N) / N². In the unit of the outcome, averaged over all
    depths of targeting; 0 for a constant score. It shares the coefficient's sign and order of scores.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    return ranked_qini_area(RankedTrial.of(outcome, treatment, score))
