"""The X-learner on LightGBM: each arm's effects are imputed with the other arm's model, then modelled."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.effects import Effects, TrialSample, effects_from
from assets.models.uplift.nuisances import Nuisances

__all__ = ["XTrees"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class XTrees:
    """X-learner (Künzel et al. 2019).

    The two models of the effect are mixed by the propensity e: e * tau_control + (1 - e) * tau_treated. Users who are
    scored later have none, so e is the mean of the training propensities.
    """

    name: ClassVar[str] = "x_trees"

    control: Any
    effect_on_control: Any
    effect_on_treated: Any
    propensity: float

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Take the outcome models of both arms, then fit the models of the imputed effects."""
        parts = shared or Nuisances(sample, seed)
        s, treated = parts.sample, parts.sample.treatment == 1
        imputed = np.empty(len(s.X))
        imputed[treated] = s.outcome[treated] - boosted_predictions(parts.control, s.X[treated])
        imputed[~treated] = boosted_predictions(parts.treated, s.X[~treated]) - s.outcome[~treated]
        on_control, on_treated = (
            parts.binned.boosted(
                rows, imputed, parts.weight, objective="regression", seed=seed, rarer_outcome=parts.rarer_outcome
            )
            for rows in (~treated, treated)
        )
        return cls(parts.control, on_control, on_treated, float(np.average(s.propensity, weights=s.weight)))

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]; p_control plus the effect is kept within [0, 1]."""
        effect = self.propensity * boosted_predictions(self.effect_on_control, X) + (
            1 - self.propensity
        ) * boosted_predictions(self.effect_on_treated, X)
        return effects_from(boosted_predictions(self.control, X), effect)

    def save(self, folder: Path) -> None:
        """Write three boosters as text and the propensity into an existing folder."""
        save_booster(self.control, folder / "x_trees_outcome.txt")
        save_booster(self.effect_on_control, folder / "x_trees_control.txt")
        save_booster(self.effect_on_treated, folder / "x_trees_treated.txt")
        (folder / "x_trees_propensity.txt").write_text(repr(self.propensity), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(
            loaded_booster(folder / "x_trees_outcome.txt"),
            loaded_booster(folder / "x_trees_control.txt"),
            loaded_booster(folder / "x_trees_treated.txt"),
            float((folder / "x_trees_propensity.txt").read_text(encoding="utf-8")),
        )
