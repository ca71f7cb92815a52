"""How far the ordinary values of a column reach: a few absurd ones (an age of 999, a sum of 1e12) decide nothing.

What belongs here: bounds of columns, and clipping to them (winsorising). What does not: which models need it. Means,
deviations and regressions do; ranks and trees, which only ask what is larger, take values as they are.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from evaluation.arrays import Floats

__all__ = ["Whiskers"]


TAIL = 0.05
"""Share of a column's values at either end that does not decide how far the ordinary ones may reach."""
REACH = 2.0
"""Beyond the tail's quantile ordinary values go on by this many distances from there to the median: in a normal
distribution to 4.9 standard deviations."""
SKEWED = 2.0
"""A column whose upper quantile is this many times as far from the median as the lower one is judged by its logarithms:
money goes on by factors, not by sums."""


MIN_SENTINEL_ROWS = 30
"""A value beyond the ordinary ones that so many rows share, and at least half of those beyond, stands for "unknown"."""


@dataclass(frozen=True, slots=True)
class Whiskers:
    """Least and largest ordinary value of each column, and what stands for "unknown" in it; float64[p] each.

    As the whiskers of a box plot (Tukey 1977) they end at values that were seen, so that an absurd value is clipped to
    the last ordinary one; but they start from the 5 and 95 % quantiles, each end is as long as its own side, and of
    columns that are positive and skewed it is measured in logarithms. Zeros of more than 5 % of the rows ("none") take
    no part in the quantiles and are always ordinary. So flags, counts and sums that are mostly 0 keep all their values.
    """

    lower: Floats
    upper: Floats
    sentinel: Floats
    """One value beyond the whiskers that many rows share (999); NaN where there is none."""

    @classmethod
    def fit(cls, X: Floats) -> Self:
        """Learn from X float64[n, p]; NaN = missing. A column that is missing throughout gets the bounds 0 and 0."""
        found = [_found(column[~np.isnan(column)]) for column in X.T]
        return cls(*np.array(found, dtype=np.float64).reshape(-1, 3).T)

    def winsorised(self, X: Floats) -> Floats:
        """X float64[n, p] within the bounds; missing stays missing, and sentinels become so (NaN)."""
        return np.where(self.sentinel == X, np.nan, np.clip(X, self.lower, self.upper))

    def to_json(self) -> dict[str, Any]:
        """Plain lists; null for no sentinel."""
        sentinel = [None if math.isnan(value) else value for value in self.sentinel.tolist()]
        return {"lower": self.lower.tolist(), "upper": self.upper.tolist(), "sentinel": sentinel}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(*(np.array(body[name], dtype=np.float64) for name in ("lower", "upper", "sentinel")))


def _found(values: Floats) -> tuple[float, float, float]:
    """Bounds and sentinel of a column without missing values, float64[n]."""
    if not values.size:
        return 0.0, 0.0, math.nan
    lower, upper = _fences(values)
    is_ordinary = (values >= lower) & (values <= upper)
    ordinary, beyond = values[is_ordinary], values[~is_ordinary]
    sentinel = math.nan
    if beyond.size >= MIN_SENTINEL_ROWS:
        shared, counts = np.unique(beyond, return_counts=True)
        if counts.max() >= max(MIN_SENTINEL_ROWS, 0.5 * beyond.size):
            sentinel = float(shared[counts.argmax()])
    return float(ordinary.min()), float(ordinary.max()), sentinel


def _fences(values: Floats) -> tuple[float, float]:
    """Below and above which a column, float64[n], has no ordinary values."""
    some = values[values != 0]
    has_none = 0 < some.size < (1 - TAIL) * values.size
    low, middle, high = np.quantile(some if has_none else values, (TAIL, 0.5, 1 - TAIL)).tolist()
    lower, upper = -_fence(-high, -middle, -low), _fence(low, middle, high)
    return (min(lower, 0.0), max(upper, 0.0)) if has_none else (lower, upper)


def _fence(low: float, middle: float, high: float) -> float:
    """The upper one, of three quantiles."""
    above = high - middle
    if low >= 0 and middle > 0 and above > SKEWED * (middle - low):
        # Capped at the largest float.
        return math.exp(min(math.log(high) + REACH * math.log(high / middle), 709.0))
    return high + REACH * (above or abs(middle))
