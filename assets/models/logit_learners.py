"""Uplift learners on logistic regressions: two models (T) and one model with treatment × feature terms (S).

What belongs here: how effects follow from the regressions. The regression itself is `assets.models.logit`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.effects import Effects, TrialSample
from assets.models.logit import Columns, Logit
from assets.models.nuisances import Nuisances

__all__ = ["SLogit", "TLogit"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TLogit:
    """One logistic regression an arm; the effect is the difference of their probabilities (Künzel et al. 2019)."""

    name: ClassVar[str] = "t_logit"
    PENALTY_C: ClassVar[float] = 0.01

    columns: Columns
    control: Logit
    treated: Logit

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

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        Z = self.columns.prepare(X)
        without, with_ad = self.control.predict(Z), self.treated.predict(Z)
        return Effects(without, with_ad, with_ad - without)

    def save(self, folder: Path) -> None:
        """Write ``t_logit.json`` into an existing folder."""
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


@dataclass(frozen=True, slots=True)
class SLogit:
    """One logistic regression on features, treatment and treatment × feature (Lo 2002).

    The interaction columns are shrunk, so the penalty holds the effect's differences between users down harder
    than the outcome's: effects vary less than outcomes do.
    """

    name: ClassVar[str] = "s_logit"
    PENALTY_C: ClassVar[float] = 0.05
    INTERACTION_SCALE: ClassVar[float] = 0.5

    columns: Columns
    joint: Logit

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Fit the joint regression; ``seed`` is not needed, the fit has no randomness."""
        parts = shared or Nuisances(sample, seed)
        terms = cls._terms(parts.prepared, parts.sample.treatment - 0.5)
        return cls(parts.columns, Logit.fit(terms, parts.sample.outcome, parts.weight, cls.PENALTY_C))

    @classmethod
    def _terms(cls, Z: Floats, arm: Floats) -> Floats:
        # Arms coded ±½: then both arms' effects are penalised alike. The main effect of treatment is scaled up
        # because the average effect should hardly be shrunk.
        return np.hstack([Z, 10.0 * arm[:, None], cls.INTERACTION_SCALE * Z * arm[:, None]])

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        Z = self.columns.prepare(X)
        without = self.joint.predict(self._terms(Z, np.full(len(Z), -0.5)))
        with_ad = self.joint.predict(self._terms(Z, np.full(len(Z), 0.5)))
        return Effects(without, with_ad, with_ad - without)

    def save(self, folder: Path) -> None:
        """Write ``s_logit.json`` into an existing folder."""
        body = {"columns": self.columns.to_json(), "joint": self.joint.to_json()}
        (folder / f"{self.name}.json").write_text(json.dumps(body), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / f"{cls.name}.json").read_text(encoding="utf-8"))
        return cls(Columns.from_json(body["columns"]), Logit.from_json(body["joint"]))
