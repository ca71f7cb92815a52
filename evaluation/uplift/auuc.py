"""The uplift curve and the area under it (AUUC).

What belongs here: the curve of cumulated uplift, its area above a random order, and that area as a share of the best
one. What does not: the Qini curve (`evaluation.uplift.qini`), which scales the controls to the treated instead.

After the users with the k highest scores, U(k) = (Y_t / N_t - Y_c / N_c) * k (Devriendt et al. 2020): the measured
effect among them times their number. It is evaluated at the ends of tie blocks, so the order of rows never matters.
Packages differ in what they call AUUC. Here it is what the order of the score adds to a random order, per user:
(∫U - ½·N·U(N)) / N². causalml's ``auuc_score`` keeps the random part and divides by the effect of the whole trial;
scikit-uplift's ``uplift_auc_score`` is `auuc_coefficient`.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.uplift.ranked_trial import ArmCounts, RankedTrial
from evaluation.uplift.trial import NoResponseError, OutcomeValueError

__all__ = ["auuc", "auuc_coefficient", "uplift_curve"]


def _mean(sums: Floats, users: Floats) -> Floats:
    return np.asarray(np.divide(sums, users, out=np.zeros_like(users), where=users > 0))


def cumulated_uplift(counts: ArmCounts) -> Floats:
    """U = (Y_t / N_t - Y_c / N_c) * k; an arm without users yet counts as 0, scikit-uplift's convention."""
    effect = _mean(counts.treated_responses, counts.treated) - _mean(counts.control_responses, counts.control)
    return np.asarray(effect * (counts.treated + counts.control))


def uplift_curve(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> tuple[Floats, Floats]:
    """Points of the uplift curve: (number of users targeted, cumulated uplift), float64[m + 1] each.

    Args:
        outcome: 0/1 per user, or any finite number such as revenue.
        treatment: 0/1 per user, randomised.
        score: any number per user without NaN; higher is targeted first.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    return RankedTrial.of(outcome, treatment, score).curve(cumulated_uplift)


def _area_above_random(ranked: RankedTrial) -> float:
    if ranked.constant:
        return 0.0
    return ranked.area(cumulated_uplift) - 0.5 * ranked.size * float(cumulated_uplift(ranked.total))


def auuc(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> float:
    """Area between the uplift curve and the diagonal over N²: outcome per user, averaged over all depths.

    0 for a constant score and, in expectation, for a random one; negative when the order is worse than random.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    ranked = RankedTrial.of(outcome, treatment, score)
    return _area_above_random(ranked) / ranked.size**2


def auuc_coefficient(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> float:
    """`auuc` of a binary outcome as a share of that of the perfect order.

    The perfect order has the responders of the treated first, then the silent controls, and last either the silent
    treated before the responding controls or the other way round, whichever of the two groups is larger first.
    Equal to scikit-uplift's ``uplift_auc_score(outcome, score, treatment)``.

    Raises:
        InputError: see `evaluation.uplift.trial.checked_arrays`, or an outcome other than 0 and 1; `NoResponseError`
            also where no order of these users is better than another.
    """
    ranked = RankedTrial.of(outcome, treatment, score)
    if not ranked.binary:
        raise OutcomeValueError("outcome must be 0 or 1 for a perfect order to be defined: take auuc for any other")
    responded, treated = ranked.outcome == 1, ranked.treated == 1
    agree = 2 * (responded == treated)
    more_controls = np.count_nonzero(responded & ~treated) > np.count_nonzero(treated & ~responded)
    perfect = RankedTrial.of(ranked.outcome, ranked.treated, agree + (responded if more_controls else treated))
    room = _area_above_random(perfect)
    if room <= 0:
        raise NoResponseError("no order of these users is better than another")
    return _area_above_random(ranked) / room
