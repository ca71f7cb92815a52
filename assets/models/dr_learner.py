"""The DR-learner: a regression on cross-fitted doubly robust scores."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.effect_model import EffectModel, RidgeEffect, TreesEffect
from assets.models.effects import Effects, TrialSample, effects_from
from assets.models.nuisances import Nuisances

__all__ = ["DRLinear", "DRTrees"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _DRLearner:
    """DR-learner (Kennedy 2023).

    Outcome models are cross-fitted, and one effect model is fitted to the scores of all rows: nothing is lost to
    splitting but a third of the rows of each outcome model. Probabilities enter the scores, never labels.
    """

    name: ClassVar[str]
    EFFECT: ClassVar[type[EffectModel]]

    control: Any
    effect: EffectModel

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Regress the scores on the features."""
        parts = shared or Nuisances(sample, seed)
        return cls(parts.base, cls.EFFECT.fit(parts, parts.scores, parts.sample.weight))

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


class DRLinear(_DRLearner):
    """Effect model: ridge regression."""

    name = "dr_linear"
    EFFECT = RidgeEffect


class DRTrees(_DRLearner):
    """Effect model: boosted trees."""

    name = "dr_trees"
    EFFECT = TreesEffect
