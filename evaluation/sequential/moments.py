"""Sizes, means and scatters of arms, of one experiment or of many at once: all that a comparison needs to know.

What belongs here: gathering them and adding them up, day by day or part by part. What does not: comparing arms
(`evaluation.sequential.arm_effect`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.checked import finite_vector

__all__ = ["Moments"]


@dataclass(frozen=True, slots=True)
class Moments:
    """Of ``k`` columns over the units of an arm, in any leading shape (experiments, looks)."""

    units: Floats
    """Number of units: float64[...]."""
    mean: Floats
    """Of each column: float64[..., k]; 0 without units."""
    scatter: Floats
    """Sums of products of deviations from the means: float64[..., k, k]."""

    @classmethod
    def of(cls, *columns: ArrayLike) -> Self:
        """Moments of columns float[n], one unit a row.

        Raises:
            InputError: no column, no rows, NaN, or unequal lengths.
        """
        vectors = [finite_vector(column, f"column {place}") for place, column in enumerate(columns)]
        if len({vector.size for vector in vectors}) != 1:
            raise ValueError(f"columns must be of one length, got {[vector.size for vector in vectors]}")
        table = np.stack(vectors, axis=-1)
        mean = table.mean(axis=0)
        away = table - mean
        return cls(np.asarray(float(table.shape[0])), mean, away.T @ away)

    @classmethod
    def nothing(cls, columns: int) -> Self:
        """Moments of no unit at all."""
        return cls(np.zeros(()), np.zeros(columns), np.zeros((columns, columns)))

    def __add__(self, other: "Moments") -> "Moments":
        """Moments of the units of both, without the loss of digits that sums of squares have (Chan et al. 1983)."""
        units = self.units + other.units
        share = np.divide(other.units, units, out=np.zeros(np.shape(units)), where=units > 0)[..., None]
        gap = other.mean - self.mean
        between = (self.units[..., None] * share)[..., None] * gap[..., :, None] * gap[..., None, :]
        return Moments(units, self.mean + gap * share, self.scatter + other.scatter + between)

    @property
    def covariance(self) -> Floats:
        """Of the columns, by n - 1: float64[..., k, k]; NaN with fewer than two units."""
        degrees = (self.units - 1)[..., None, None]
        return np.asarray(np.divide(self.scatter, degrees, out=np.full(self.scatter.shape, np.nan), where=degrees > 0))
