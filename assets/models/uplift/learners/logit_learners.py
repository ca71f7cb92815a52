"""Uplift learners on logistic regressions: two models (T), and one model with treatment × feature terms (S).

What belongs here: how effects follow from the regressions, which are `assets.models.uplift.learners.logit` and
`assets.models.uplift.learners.evidence_logit`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from assets.models.uplift.learners.effects import Effects, TrialSample
from assets.models.uplift.learners.logit import Columns, Logit, logistic
from assets.models.uplift.learners.nuisances import Nuisances
from evaluation.arrays import Floats

__all__ = ["SLogit", "TLogit"]


@dataclass(frozen=True, slots=True)
class _ArmLogits:
    """A logistic regression for each arm; the effect is the difference of their probabilities."""

    name: ClassVar[str]

    columns: Columns
    control: Logit
    treated: Logit

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        return Effects.of(*(logistic(log_odds) for log_odds in self.log_odds(X)))

    def log_odds(self, X: Floats) -> tuple[Floats, Floats]:
        """Logarithms of the odds of the outcome without and with the ad, float64[n] each."""
        Z = self.columns.prepare(X)
        return self.control.log_odds(Z), self.treated.log_odds(Z)

    def save(self, folder: Path) -> None:
        """Write ``<name>.json`` into an existing folder."""
        body = {
            "columns": self.columns.to_json(),
            "control": self.control.to_json(),
            "treated": self.treated.to_json(),
        }
        (folder / f"{self.name}.json").write_text(json.dumps(body), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / f"{cls.name}.json").read_text(encoding="utf-8"))
        return cls(
            Columns.from_json(body["columns"]), Logit.from_json(body["control"]), Logit.from_json(body["treated"])
        )


class TLogit(_ArmLogits):
    """Each arm's regression is fitted alone (Künzel et al. 2019)."""

    name = "t_logit"
    PENALTY_C: ClassVar[float] = 0.01

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit both arms; ``seed`` is not needed, the fit has no randomness."""
        parts = shared or Nuisances(sample, seed)
        Z, weight, s = parts.prepared, parts.weight, parts.sample
        control, treated = (
            Logit.fit(Z[rows], s.outcome[rows], weight[rows], cls.PENALTY_C)
            for rows in (s.treatment == 0, s.treatment == 1)
        )
        return cls(parts.columns, control, treated)


class SLogit(_ArmLogits):
    """One regression on features, treatment and treatment × feature (Lo 2002).

    The penalty of the interactions, which make effects differ between users, and that of the main terms are found by
    the data: effects vary less than outcomes do, and by how much less differs from trial to trial.
    """

    name = "s_logit"

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit the joint regression; ``seed`` is not needed, the fit has no randomness."""
        parts = shared or Nuisances(sample, seed)
        return cls(parts.columns, *parts.arm_logits)
