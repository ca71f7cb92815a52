"""The DR-learner: a regression on cross-fitted doubly robust scores."""

from typing import Self

from assets.models.uplift.direct_learner import DirectLearner
from assets.models.uplift.effect_model import RidgeEffect, TreesEffect
from assets.models.uplift.effects import TrialSample
from assets.models.uplift.nuisances import Nuisances

__all__ = ["DRLinear", "DRTrees"]


class _DRLearner(DirectLearner):
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
