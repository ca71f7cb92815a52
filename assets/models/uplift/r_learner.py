"""The R-learner: residual on residual."""

from typing import Self

from assets.models.uplift.direct_learner import DirectLearner
from assets.models.uplift.effect_model import RidgeEffect, TreesEffect
from assets.models.uplift.effects import TrialSample
from assets.models.uplift.nuisances import Nuisances

__all__ = ["RLinear", "RTrees"]


class _RLearner(DirectLearner):
    """R-learner (Nie & Wager 2021): least squares of (y - m) - (t - e) tau, m the expected outcome, e the propensity.

    That is least squares on (y - m) / (t - e) with weights (t - e)². m = e p_treated + (1 - e) p_control comes from
    the cross-fitted outcome models that the DR-learner uses, so it costs no fit of its own.
    """

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Regress the ratio of the residuals on the features."""
        parts = shared or Nuisances(sample, seed)
        s, (p_control, p_treated) = parts.sample, parts.cross_fitted
        away = s.treatment - s.propensity
        expected = s.propensity * p_treated + (1 - s.propensity) * p_control
        # Scaled to a mean of 1, so that the penalties of the effect models mean what they mean elsewhere.
        weight = s.weight * away**2
        weight *= s.weight.sum() / weight.sum()
        return cls(parts.base, cls.EFFECT.fit(parts, (s.outcome - expected) / away, weight))


class RLinear(_RLearner):
    """Effect model: ridge regression."""

    name = "r_linear"
    EFFECT = RidgeEffect


class RTrees(_RLearner):
    """Effect model: boosted trees."""

    name = "r_trees"
    EFFECT = TreesEffect
