"""What all learners of a panel need and none should fit twice: binned columns, arm models, cross-fitted outcomes.

What belongs here: the shared parts of one trial sample, each made when it is first asked for. What does not: effects
(the learners) and the formula of the doubly robust scores (`evaluation.policy_value.effect_scores`).
"""

from functools import cached_property
from typing import Any

import numpy as np

from assets.models.uplift.learners.boosting import BinnedColumns, boosted_predictions
from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.evidence_logit import fit_arms_by_evidence
from assets.models.uplift.learners.honest_tree import Parted
from assets.models.uplift.learners.logit import Columns, Logit
from evaluation.arrays import Bools, Floats
from evaluation.policy_value.effect_scores import effect_scores

__all__ = ["Nuisances"]


N_FOLDS = 3
"""Parts of cross-fitting: each outcome model is trained on two thirds of the users and read on the rest."""


class Nuisances:
    """Shared parts of one sample. Everything is lazy, so a learner pays only for what it uses."""

    def __init__(self, sample: TrialSample, seed: int = 0) -> None:
        """Drop rows of weight 0: they must not decide where columns are cut."""
        self.sample = sample if (sample.weight > 0).all() else sample.take(sample.weight > 0)
        self.seed = seed
        self.weight = self.sample.balanced_weight()

    @cached_property
    def binned(self) -> BinnedColumns:
        """The features, cut into bins once."""
        return BinnedColumns.of(self.sample.X)

    @cached_property
    def binned_with_arm(self) -> BinnedColumns:
        """The features and, last, the treatment, cut into bins once: for boosters of both arms."""
        return BinnedColumns.of(np.column_stack([self.sample.X, self.sample.treatment]))

    @cached_property
    def parted(self) -> Parted:
        """The features, cut into a few parts once: for trees that test every cut."""
        return Parted.of(self.sample.X)

    @cached_property
    def columns(self) -> Columns:
        """How columns enter linear models."""
        return Columns.fit(self.sample.X)

    @cached_property
    def prepared(self) -> Floats:
        """The features as linear models take them, float64[n, q]."""
        return self.columns.prepare(self.sample.X)

    @cached_property
    def arm_logits(self) -> tuple[Logit, Logit]:
        """Regressions of P(outcome = 1) of the control and the treated, drawn together as far as the data allow."""
        return fit_arms_by_evidence(self.prepared, self.sample.treatment, self.sample.outcome, self.weight)

    def reweighted(self, weight: Floats) -> "Nuisances":
        """The same rows counted ``weight`` times (0 = absent), sharing bins and prepared columns with this one.

        Cross-fitted outcomes are shared as well: errors in them enter doubly robust scores as products only (Neyman
        orthogonality), so refitting them in each bootstrap would cost six boosters and hardly move the effect.
        """
        other = Nuisances.__new__(Nuisances)
        other.sample = self.sample.reweighted(weight)
        other.seed = self.seed
        other.weight = np.where(weight > 0, other.sample.balanced_weight(), 0.0)
        # cached_property keeps its value under its own name in the instance.
        other.__dict__.update(binned=self.binned, columns=self.columns, prepared=self.prepared)
        for made in ("binned_with_arm", "parted"):
            if made in self.__dict__:
                other.__dict__[made] = self.__dict__[made]
        if "cross_fitted" in self.__dict__:
            other.__dict__.update(cross_fitted=self.cross_fitted, scores=self.scores, base=self.base)
        return other

    @property
    def rarer_outcome(self) -> float:
        """Share of the rarer outcome."""
        share = float(np.average(self.sample.outcome, weights=self.sample.weight))
        return min(share, 1 - share)

    def outcome_booster(self, arm: int, rows: Bools | None = None) -> Any:  # noqa: ANN401  (lightgbm)
        """Booster of P(outcome = 1) in one arm, of all rows or of some, bool[n]."""
        taken = self.sample.treatment == arm
        return self.binned.boosted(
            taken if rows is None else taken & rows,
            self.sample.outcome,
            self.weight,
            objective="binary",
            seed=self.seed,
        )

    @cached_property
    def control(self) -> Any:  # noqa: ANN401  (lightgbm has no types)
        """Outcome booster of the control arm; all learners share it."""
        return self.outcome_booster(0)

    @cached_property
    def base(self) -> Any:  # noqa: ANN401  (lightgbm has no types)
        """Booster of p_control for learners of the effect itself; bootstraps share it, their effects do not use it."""
        return self.control

    @cached_property
    def treated(self) -> Any:  # noqa: ANN401  (lightgbm has no types)
        """Outcome booster of the treated arm."""
        return self.outcome_booster(1)

    @cached_property
    def cross_fitted(self) -> tuple[Floats, Floats]:
        """(p_control, p_treated) of every row by models that never saw its user, float64[n] each."""
        part = self.sample.parts(N_FOLDS, self.seed)
        p_control, p_treated = np.empty(len(part)), np.empty(len(part))
        for number in range(N_FOLDS):
            away, here = part != number, part == number
            X = self.sample.X[here]
            p_control[here] = boosted_predictions(self.outcome_booster(0, away), X)
            p_treated[here] = boosted_predictions(self.outcome_booster(1, away), X)
        return p_control, p_treated

    @cached_property
    def scores(self) -> Floats:
        """Cross-fitted doubly robust scores of the effect, float64[n]."""
        s = self.sample
        return effect_scores(s.outcome, s.treatment, s.propensity, *self.cross_fitted)
