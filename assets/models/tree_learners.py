"""Uplift learners on LightGBM: two models (T) and the X-learner.

What belongs here: how effects follow from the boosters. The booster itself is `assets.models.boosting`. causalml's
own learners are not used: they take seconds to import and are saved by pickle only; a test holds these against them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.boosting import boosted, boosted_predictions, loaded_booster, save_booster
from assets.models.effects import Effects, TrialSample

__all__ = ["TTrees", "XTrees"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TTrees:
    """One booster an arm; the effect is the difference of their probabilities (Künzel et al. 2019)."""

    name: ClassVar[str] = "t_trees"

    control: Any
    treated: Any

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0) -> Self:
        """Fit both arms."""
        weight = sample.balanced_weight()
        control, treated = (
            boosted(sample.X[rows], sample.outcome[rows], weight[rows], objective="binary", seed=seed)
            for rows in (sample.treatment == 0, sample.treatment == 1)
        )
        return cls(control, treated)

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


@dataclass(frozen=True, slots=True)
class XTrees:
    """X-learner (Künzel et al. 2019): each arm's effects are imputed with the other arm's model, then modelled.

    The two models of the effect are mixed by the propensity e: e * tau_control + (1 - e) * tau_treated. Users who are
    scored later have none, so e is the mean of the training propensities.
    """

    name: ClassVar[str] = "x_trees"

    outcomes: TTrees
    effect_on_control: Any
    effect_on_treated: Any
    propensity: float

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0) -> Self:
        """Fit the outcome models of both arms, then the models of the imputed effects."""
        outcomes = TTrees.fit(sample, seed)
        first, weight = outcomes.predict(sample.X), sample.balanced_weight()
        imputed = np.where(sample.treatment == 1, sample.outcome - first.p_control, first.p_treated - sample.outcome)
        on_control, on_treated = (
            boosted(sample.X[rows], imputed[rows], weight[rows], objective="regression", seed=seed)
            for rows in (sample.treatment == 0, sample.treatment == 1)
        )
        return cls(outcomes, on_control, on_treated, float(np.average(sample.propensity, weights=sample.weight)))

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]; p_control plus the effect is kept within [0, 1]."""
        without = self.outcomes.predict(X).p_control
        effect = self.propensity * boosted_predictions(self.effect_on_control, X) + (
            1 - self.propensity
        ) * boosted_predictions(self.effect_on_treated, X)
        with_ad = np.clip(without + effect, 0.0, 1.0)
        return Effects(without, with_ad, with_ad - without)

    def save(self, folder: Path) -> None:
        """Write four boosters as text and the propensity into an existing folder."""
        self.outcomes.save(folder)
        save_booster(self.effect_on_control, folder / "x_trees_control.txt")
        save_booster(self.effect_on_treated, folder / "x_trees_treated.txt")
        (folder / "x_trees_propensity.txt").write_text(repr(self.propensity), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(
            TTrees.load(folder),
            loaded_booster(folder / "x_trees_control.txt"),
            loaded_booster(folder / "x_trees_treated.txt"),
            float((folder / "x_trees_propensity.txt").read_text(encoding="utf-8")),
        )
