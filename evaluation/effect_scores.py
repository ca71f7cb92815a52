"""What each row of a trial tells of an effect: scores whose mean over any users is their mean effect.

What belongs here: inverse propensity and doubly robust scores of one outcome. What does not: whom a strategy contacts,
and intervals.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ESTIMATORS", "EffectScores", "Estimator", "effect_scores"]

Floats = NDArray[np.float64]
Estimator = Literal["ipw", "aipw"]
ESTIMATORS: tuple[Estimator, ...] = ("ipw", "aipw")
"""Inverse propensity weights; the same augmented by predictions (doubly robust)."""


class EffectScores(NamedTuple):
    """Scores in the unit of the outcome, each float64[n]."""

    effect: Floats
    """Unbiased for outcome with contact less outcome without."""
    treated: Floats
    """Unbiased for the outcome with contact."""


def effect_scores(
    outcome: Floats,
    treatment: Floats,
    propensity: Floats,
    *,
    predicted_control: Floats | None = None,
    predicted_treated: Floats | None = None,
) -> EffectScores:
    """Scores of a trial whose propensities are known.

    Without predictions y * t / p - y * (1 - t) / (1 - p) (Horvitz and Thompson 1952). With them
    m_t + t / p * (y - m_t) - m_c - (1 - t) / (1 - p) * (y - m_c) (Robins, Rotnitzky and Zhao 1994): unbiased however
    bad the predictions, as the propensities are known, and the tighter the better they are. Predictions must come
    from models that were not fitted on these rows.

    Args:
        outcome: float64[n], of any unit.
        treatment: 0/1.
        propensity: probability of treatment, in (0, 1).
        predicted_control: predicted outcome without contact (give both predictions or none).
        predicted_treated: predicted outcome with contact.

    Raises:
        ValueError: one prediction without the other.
    """
    if (predicted_control is None) != (predicted_treated is None):
        raise ValueError("give both predicted_control and predicted_treated, or none of them")
    without = np.zeros(outcome.size) if predicted_control is None else predicted_control
    with_ = np.zeros(outcome.size) if predicted_treated is None else predicted_treated
    treated = with_ + treatment / propensity * (outcome - with_)
    control = without + (1 - treatment) / (1 - propensity) * (outcome - without)
    return EffectScores(treated - control, treated)
