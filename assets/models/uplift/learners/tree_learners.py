"""Uplift learners on LightGBM outcome models: one model (S), two models (T), and two of imputed effects (X).

What belongs here: how effects follow from outcome boosters. The booster is `assets.models.uplift.learners.boosting`.
Tests hold these against causalml's (docs/decisions/0015).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from assets.models.uplift.learners.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.learners.effects import Effects, TrialSample, effects_from
from assets.models.uplift.learners.logit import logistic
from assets.models.uplift.learners.logit_learners import SLogit
from assets.models.uplift.learners.nuisances import Nuisances
from evaluation.arrays import Floats

__all__ = ["STrees", "TTrees", "XTrees"]


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
    PARAMETERS: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"learning_rate": 0.025, "extra_trees": True, "feature_fraction_bynode": 0.5}
    )

    start: SLogit
    joint: Any

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit both arms together."""
        parts = shared or Nuisances(sample, seed)
        s, start = parts.sample, SLogit.fit(sample, seed, parts)
        control, treated = (regression.log_odds(parts.prepared) for regression in parts.arm_logits)
        booster = parts.binned_with_arm.boosted(
            np.ones(len(s.X), dtype=bool),
            s.outcome,
            parts.weight,
            objective="binary",
            seed=seed,
            start=np.where(s.treatment == 1, treated, control),
            trees=cls.TREES,
            parameters=cls.PARAMETERS,
        )
        return cls(start, booster)

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        p_control, p_treated = (
            logistic(log_odds + boosted_predictions(self.joint, np.column_stack([X, np.full(len(X), arm)]), raw=True))
            for arm, log_odds in enumerate(self.start.log_odds(X))
        )
        return Effects.of(p_control, p_treated)

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
        return Effects.of(boosted_predictions(self.control, X), boosted_predictions(self.treated, X))

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
