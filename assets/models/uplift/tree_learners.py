"""Uplift learners on LightGBM outcome models: one model (S) and two models (T).

What belongs here: how effects follow from outcome boosters. The booster itself is `assets.models.uplift.boosting`.
causalml's own learners are not used: they take seconds to import and are saved by pickle only; tests hold these
against them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.effects import Effects, TrialSample
from assets.models.uplift.logit import logistic
from assets.models.uplift.logit_learners import SLogit
from assets.models.uplift.nuisances import Nuisances

__all__ = ["STrees", "TTrees"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class STrees:
    """The S-learner's regression, and one booster of what it leaves, with the treatment as one more column.

    One booster from nothing (Künzel et al. 2019) shrinks effects towards 0: where they are small beside what decides
    the outcome, few trees split on the treatment. Here the regression with its treatment × feature terms has said
    already what straight lines can, and trees add steps, bends and products. They cut at random places and choose among
    half of the columns (extremely randomised trees, Geurts, Ernst & Wehenkel 2006): many small, different corrections
    instead of a few large ones that follow the noise.
    """

    name: ClassVar[str] = "s_trees"
    TREES: ClassVar[int] = 120
    OWN: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"learning_rate": 0.025, "extra_trees": True, "feature_fraction_bynode": 0.5}
    )

    start: SLogit
    joint: Any

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit both arms together."""
        parts = shared or Nuisances(sample, seed)
        s, start = parts.sample, SLogit.fit(sample, seed, parts)
        without, with_ad = (regression.log_odds(parts.prepared) for regression in parts.arm_logits)
        booster = parts.binned_with_arm.boosted(
            np.ones(len(s.X), dtype=bool),
            s.outcome,
            parts.weight,
            objective="binary",
            seed=seed,
            start=np.where(s.treatment == 1, with_ad, without),
            trees=cls.TREES,
            own=cls.OWN,
        )
        return cls(start, booster)

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        without, with_ad = (
            logistic(log_odds + boosted_predictions(self.joint, np.column_stack([X, np.full(len(X), arm)]), raw=True))
            for arm, log_odds in enumerate(self.start.log_odds(X))
        )
        return Effects(without, with_ad, with_ad - without)

    def save(self, folder: Path) -> None:
        """Write the regression as JSON and the booster as text into an existing folder."""
        self.start.save(folder)
        save_booster(self.joint, folder / "s_trees.txt")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(SLogit.load(folder), loaded_booster(folder / "s_trees.txt"))


@dataclass(frozen=True, slots=True)
class TTrees:
    """One booster an arm; the effect is the difference of their probabilities (Künzel et al. 2019)."""

    name: ClassVar[str] = "t_trees"

    control: Any
    treated: Any

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit both arms."""
        parts = shared or Nuisances(sample, seed)
        return cls(parts.control, parts.treated)

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        without, with_ad = boosted_predictions(self.control, X), boosted_predictions(self.treated, X)
        return Effects(without, with_ad, with_ad - without)

    def save(self, folder: Path) -> None:
        """Write two boosters as text into an existing folder."""
        save_booster(self.control, folder / "t_trees_control.txt")
        save_booster(self.treated, folder / "t_trees_treated.txt")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(loaded_booster(folder / "t_trees_control.txt"), loaded_booster(folder / "t_trees_treated.txt"))
