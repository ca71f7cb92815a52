"""What each row of a trial tells of an arm or an effect: scores whose mean over any users is their mean.

What belongs here: inverse propensity and doubly robust scores of one outcome. What does not: the models that predict
it, whom a strategy contacts, and intervals.
"""

from typing import Literal

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["ESTIMATORS", "Estimator", "arm_scores", "effect_scores"]

Estimator = Literal["ipw", "aipw"]
ESTIMATORS: tuple[Estimator, ...] = ("ipw", "aipw")
"""Inverse propensity weights; the same augmented by predictions (doubly robust)."""


def arm_scores(outcome: Floats, arm: Ints, propensity: Floats, predicted: Floats) -> Floats:
    """Doubly robust scores m_a + 1{arm = a} / p * (y - m_a) of the outcome in each arm a, float64[n, arms].

    A score's expectation given the features is the outcome in that arm if the propensity is right *or* the predictions
    are (Robins, Rotnitzky and Zhao 1994); the better the predictions, the less it varies. Predictions of 0 give inverse
    propensity weights (Horvitz and Thompson 1952).

    Args:
        outcome: any number a row (0/1, or revenue).
        arm: arm that each row was in, int64[n].
        propensity: probability of that arm, in (0, 1].
        predicted: outcome in each arm by models that did not see the row, float64[n, arms].

    Raises:
        ValueError: a propensity out of range, or arrays of unequal lengths.
    """
    if len({len(array) for array in (outcome, arm, propensity, predicted)}) != 1:
        lengths = [len(array) for array in (outcome, arm, propensity, predicted)]
        raise ValueError(f"outcome, arm, propensity and predicted have lengths {lengths}: must be equal")
    if not ((propensity > 0) & (propensity <= 1)).all():
        raise ValueError("propensity must lie in (0, 1]: clip it or leave such rows out")
    scores, rows = predicted.copy(), np.arange(arm.size)
    scores[rows, arm] += (outcome - predicted[rows, arm]) / propensity
    return scores


def effect_scores(
    outcome: Floats, treatment: Floats, propensity: Floats, p_control: Floats, p_treated: Floats
) -> Floats:
    """`arm_scores` of the treated less those of the control: a noisy but unbiased reading of each row's effect.

    Args:
        outcome: any number a row (0/1, or revenue).
        treatment: 0/1.
        propensity: P(treatment = 1), strictly between 0 and 1.
        p_control: expected outcome without the ad.
        p_treated: expected outcome with it.

    Raises:
        ValueError: as `arm_scores`.
    """
    treated = treatment == 1
    observed = np.where(treated, propensity, 1 - propensity)
    scores = arm_scores(outcome, treated.astype(np.int64), observed, np.column_stack([p_control, p_treated]))
    return np.asarray(scores[:, 1] - scores[:, 0])
