"""A regularised logistic regression that is saved as JSON and predicts with numpy alone.

What belongs here: preparing columns (missing values, skew, scale) and the fit. What does not: treatment, effects, and
which values are absurd (`assets.models.uplift.whiskers`).
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from assets.models.uplift.whiskers import Whiskers
from evaluation.arrays import Bools, Floats, Ints

__all__ = ["Columns", "Logit", "logistic"]


SKEW_LIMIT = 2.0
"""Non-negative columns more skewed than this (counts, money) enter as log(1 + x)."""
MAX_CODE_LEVELS = 10
"""Distinct values at most of a numeric column that may be a code (1 = web, 2 = shop …): each gets a 0/1 column."""
MIN_CODE_ROWS = 30
"""A value of a code that fewer rows have gets no column."""
MAX_Z = 5.0
"""Standardised values are cut here: a user far outside what was seen must not get an extreme prediction."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Winsorised, standardised columns (skewed ones as logs, mean 0, scale 1); 0/1 columns of missing values and codes.

    Codes are told by the values as they came, so a rare one keeps its own column.
    """

    whiskers: Whiskers
    logged: Bools
    mean: Floats
    scale: Floats
    flagged: Bools
    codes: tuple[tuple[int, float], ...]
    """(column, value) of each 0/1 column of a code."""

    @classmethod
    def fit(cls, X: Floats) -> Self:
        """Learn the preparation of X float64[n, p]; NaN = missing."""
        whiskers = Whiskers.fit(X)
        values = whiskers.winsorised(X)
        seen = ~np.isnan(values)
        count = np.maximum(seen.sum(axis=0), 1)
        mean, scale = _moments(values, seen, count)
        skew = np.where(seen, ((values - mean) / scale) ** 3, 0.0).sum(axis=0) / count
        binary = np.array([np.isin(column[ok], (0.0, 1.0)).all() for column, ok in zip(values.T, seen.T, strict=True)])
        logged = (skew > SKEW_LIMIT) & (whiskers.lower >= 0) & ~binary
        values[:, logged] = np.log1p(values[:, logged])
        mean, scale = _moments(values, seen, count)
        flagged = np.array([bool(ok.any() and not ok.all()) for ok in seen.T])
        return cls(whiskers, logged, mean, scale, flagged, _codes(X, ~np.isnan(X)))

    def prepare(self, X: Floats) -> Floats:
        """float64[n, p + flags + codes]: standardised columns (missing = 0, the mean), 0/1 of missing, 0/1 of codes."""
        values = self.whiskers.winsorised(X)
        missing = np.isnan(values[:, self.flagged]).astype(np.float64)
        values[:, self.logged] = np.log1p(values[:, self.logged])
        z = np.clip((values - self.mean) / self.scale, -MAX_Z, MAX_Z)
        coded = np.empty((len(X), len(self.codes)))
        for place, (column, value) in enumerate(self.codes):
            coded[:, place] = X[:, column] == value
        return np.hstack([np.nan_to_num(z, nan=0.0), missing, coded])

    def to_json(self) -> dict[str, Any]:
        """Plain lists."""
        return {
            "whiskers": self.whiskers.to_json(),
            "logged": self.logged.tolist(),
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "flagged": self.flagged.tolist(),
            "codes": [[column, value] for column, value in self.codes],
        }

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            Whiskers.from_json(body["whiskers"]),
            np.array(body["logged"], dtype=bool),
            np.array(body["mean"], dtype=np.float64),
            np.array(body["scale"], dtype=np.float64),
            np.array(body["flagged"], dtype=bool),
            tuple((int(column), float(value)) for column, value in body["codes"]),
        )


@dataclass(frozen=True, slots=True)
class Logit:
    """P(y = 1 | Z) = 1 / (1 + exp(-(intercept + Z @ coefficients)))."""

    intercept: float
    coefficients: Floats

    @classmethod
    def fit(cls, Z: Floats, y: Floats, weight: Floats, C: float) -> Self:
        """Maximise the weighted likelihood with an L2 penalty of strength 1 / C on the coefficients.

        Args:
            Z: prepared columns float64[n, p].
            y: 0/1.
            weight: how often each row counts.
            C: inverse of the penalty, as in scikit-learn.
        """
        from sklearn.linear_model import LogisticRegression

        used = weight > 0
        model = LogisticRegression(C=C, max_iter=1000, tol=1e-6).fit(Z[used], y[used], sample_weight=weight[used])
        return cls(float(model.intercept_[0]), np.asarray(model.coef_[0], dtype=np.float64))

    def log_odds(self, Z: Floats) -> Floats:
        """Logarithms of the odds of y = 1, float64[n]."""
        return np.asarray(self.intercept + Z @ self.coefficients)

    def to_json(self) -> dict[str, Any]:
        """Plain lists."""
        return {"intercept": self.intercept, "coefficients": self.coefficients.tolist()}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(float(body["intercept"]), np.array(body["coefficients"], dtype=np.float64))


def logistic(log_odds: Floats) -> Floats:
    """Probabilities in [0, 1], of the shape of ``log_odds``; by the hyperbolic tangent, which does not overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * log_odds)))


def _moments(X: Floats, seen: Bools, count: Ints) -> tuple[Floats, Floats]:
    mean = np.where(seen, X, 0.0).sum(axis=0) / count
    scale = np.sqrt(np.where(seen, (X - mean) ** 2, 0.0).sum(axis=0) / count)
    return mean, np.where(scale > 0, scale, 1.0)


def _codes(X: Floats, seen: Bools) -> tuple[tuple[int, float], ...]:
    """(column, value) of columns with few distinct values; the rest of a code is its most frequent value's."""
    codes: list[tuple[int, float]] = []
    for column, (values, ok) in enumerate(zip(X.T, seen.T, strict=True)):
        # A glance at the first rows spares sorting a million of them.
        if np.unique(values[:1000][ok[:1000]]).size > MAX_CODE_LEVELS:
            continue
        levels, counts = np.unique(values[ok], return_counts=True)
        if 2 < levels.size <= MAX_CODE_LEVELS:
            codes += [
                (column, float(level)) for level, count in zip(levels, counts, strict=True) if count >= MIN_CODE_ROWS
            ]
    return tuple(codes)
