"""Uplift learners on LightGBM outcome models: one model (S) and two models (T).

What belongs here: how effects follow from outcome boosters. The booster itself is `assets.models.uplift.boosting`.
causalml's own learners are not used: they take seconds to import and are saved by pickle only; tests hold these
against them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.boosting import BinnedColumns, boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.effects import Effects, TrialSample
from assets.models.uplift.nuisances import Nuisances

__all__ = ["STrees", "TTrees"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class STrees:
    """One booster with the treatment as one more column (Künzel et al. 2019).

    Bins its own matrix, because the others must not see the treatment. Where effects are small beside what decides the
    outcome, few trees split on the treatment and effects are shrunk towards 0: good for nothing but a safe beginning.
    """

    name: ClassVar[str] = "s_trees"

    joint: Any

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit both arms together."""
        parts = shared or Nuisances(sample, seed)
        s = parts.sample
        binned = BinnedColumns.of(np.column_stack([s.X, s.treatment]))
        every = np.ones(len(s.X), dtype=bool)
        return cls(binned.boosted(every, s.outcome, parts.weight, objective="binary", seed=seed))

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        without, with_ad = (
            boosted_predictions(self.joint, np.column_stack([X, np.full(len(X), arm)])) for arm in (0.0, 1.0)
        )
        return Effects(without, with_ad, with_ad - without)

    def save(self, folder: Path) -> None:
        """Write the booster as text into an existing folder."""
        save_booster(self.joint, folder / "s_trees.txt")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(loaded_booster(folder / "s_trees.txt"))


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
