"""Learners that model the effect itself, on top of a boosted model of the control arm: DR- and R-learner.

What belongs here: what their effect models are fitted to. What does not: the effect models
(`assets.models.uplift.learners.effect_model`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from assets.models.uplift.learners.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.learners.effect_model import RidgeEffect, TreesEffect
from assets.models.uplift.learners.effects import Effects, TrialSample, effects_from
from assets.models.uplift.learners.nuisances import Nuisances
from evaluation.arrays import Floats

__all__ = ["DRLinear", "DRTrees", "RLinear", "RTrees"]


@dataclass(frozen=True, slots=True)
class _DirectLearner:
    """p_control by a booster, the effect by a model of its own."""

    name: ClassVar[str]
    EFFECT: ClassVar[type[RidgeEffect | TreesEffect]]

    control: Any
    effect: RidgeEffect | TreesEffect

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]; p_control plus the effect is kept within [0, 1]."""
        return effects_from(boosted_predictions(self.control, X), self.effect.predict(X))

    def save(self, folder: Path) -> None:
        """Write the control arm's booster as text, and the effect model, into an existing folder."""
        save_booster(self.control, folder / "control.txt")
        self.effect.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(loaded_booster(folder / "control.txt"), cls.EFFECT.load(folder))


class _DRLearner(_DirectLearner):
    """DR-learner (Kennedy 2023).

    Outcome models are cross-fitted, and one effect model is fitted to the scores of all rows: nothing is lost to
    splitting but a third of the rows of each outcome model. Probabilities enter the scores, never labels.
    """

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Regress the scores on the features."""
        parts = shared or Nuisances(sample, seed)
        return cls(parts.base, cls.EFFECT.fit(parts, parts.scores, parts.sample.weight))


class DRLinear(_DRLearner):
    """Effect model: ridge regression."""

    name = "dr_linear"
    EFFECT = RidgeEffect


class DRTrees(_DRLearner):
    """Effect model: boosted trees."""

    name = "dr_trees"
    EFFECT = TreesEffect


class _RLearner(_DirectLearner):
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
