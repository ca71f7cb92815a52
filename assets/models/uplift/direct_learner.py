"""A learner that models the effect itself, on top of a boosted model of the control arm.

What belongs here: predicting and keeping such a learner. What its effect model is fitted to is the DR- and R-learner's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.effect_model import EffectModel
from assets.models.uplift.effects import Effects, effects_from

__all__ = ["DirectLearner"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DirectLearner:
    """p_control by a booster, the effect by an `EffectModel`."""

    name: ClassVar[str]
    EFFECT: ClassVar[type[EffectModel]]

    control: Any
    effect: EffectModel

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
