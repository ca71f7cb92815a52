"""Models of the effect itself, by squared error on a pseudo-outcome: boosted trees or a ridge regression.

What belongs here: the regressions that the DR- and the R-learner share. What does not: the pseudo-outcomes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.uplift.learners.boosting import SavedBooster
from assets.models.uplift.learners.logit import Columns
from assets.models.uplift.learners.nuisances import Nuisances
from evaluation.arrays import Floats

__all__ = ["RidgeEffect", "TreesEffect"]


class TreesEffect(SavedBooster):
    """Regularised LightGBM regression."""

    FILE = "effect.txt"

    @classmethod
    def fit(cls, parts: Nuisances, target: Floats, weight: Floats) -> Self:
        """Fit on the shared bins."""
        every = np.ones(len(target), dtype=bool)
        return cls(
            parts.binned.boosted(
                every, target, weight, objective="regression", seed=parts.seed, rarer_outcome=parts.rarer_outcome
            )
        )


@dataclass(frozen=True, slots=True)
class RidgeEffect:
    """Ridge regression on standardised columns, its penalty found by the data (empirical Bayes).

    With target = mean + Zb + noise of variance s² and b ~ N(0, v), the posterior mean of b is a ridge regression with
    penalty s² / v. v is estimated by moments from the unpenalised coefficients: their mean square less their mean
    sampling variance. Where the columns tell effects apart no better than noise would, v is near 0 and so are they.
    """

    columns: Columns
    intercept: float
    coefficients: Floats

    @classmethod
    def fit(cls, parts: Nuisances, target: Floats, weight: Floats) -> Self:
        """Fit in closed form."""
        Z, total = parts.prepared, float(weight.sum())
        center, mean = (weight @ Z) / total, float(weight @ target) / total
        centred = Z - center
        gram = (centred * weight[:, None]).T @ centred
        moment = (centred * weight[:, None]).T @ (target - mean)
        # Columns that never vary, or repeat others (one-hots), would make the matrix singular.
        floor = 1e-6 * max(float(np.trace(gram)) / len(gram), 1e-12) * np.eye(len(gram))
        free = np.linalg.solve(gram + floor, moment)
        noise = float(weight @ (target - mean - centred @ free) ** 2) / total
        # In the directions of the principal axes the coefficients are independent, so repeated columns do no harm.
        size, axes = np.linalg.eigh(gram)
        kept = size > 1e-6 * size.max()
        along = (axes[:, kept].T @ moment) / size[kept]
        sampling = noise / size[kept]
        # Precision-weighted: axes along which the data say little must not decide.
        sureness = size[kept] / size[kept].sum()
        spread = max(float(sureness @ (along**2 - sampling)), 0.05 * float(sureness @ sampling))
        coefficients = axes[:, kept] @ (along * spread / (spread + sampling))
        return cls(parts.columns, mean - float(center @ coefficients), coefficients)

    def predict(self, X: Floats) -> Floats:
        """Effects of X float64[n, p]."""
        return np.asarray(self.intercept + self.columns.prepare(X) @ self.coefficients)

    def save(self, folder: Path) -> None:
        """Write ``effect.json``."""
        body = {
            "columns": self.columns.to_json(),
            "intercept": self.intercept,
            "coefficients": self.coefficients.tolist(),
        }
        (folder / "effect.json").write_text(json.dumps(body), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / "effect.json").read_text(encoding="utf-8"))
        return cls(Columns.from_json(body["columns"]), body["intercept"], np.array(body["coefficients"], dtype=float))
