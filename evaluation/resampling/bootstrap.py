"""Percentile intervals from Poisson bootstrap weights.

What belongs here: intervals of means and ratios, and the differences of two. What does not: intervals of the uplift
measures (`evaluation.uplift.intervals`).

Each replicate weighs every row by an independent Poisson(1) draw (Chamandy et al. 2012), which approximates
resampling with replacement and needs no index arrays. Means and ratios are ratios of weighted sums, so many rows can
be gathered at random into `BUCKETS` buckets first and the buckets weighed: the variance stays right and the cost no
longer grows with the rows.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.insufficient import InsufficientDataError
from evaluation.resampling.checked import finite_vector

__all__ = [
    "USUAL",
    "Bootstrap",
    "Interval",
    "mean_interval",
    "paired_difference_interval",
    "percentile_interval",
    "ratio_interval",
    "resampled_sums",
]


BUCKETS = 1_000
"""Random groups of rows that are weighed together; the interval's own noise from them is about 1/sqrt(2000)."""


class Interval(NamedTuple):
    """An estimate with the bounds of its interval, in the unit of the estimate."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How an interval is resampled; equal ones give equal intervals."""

    replicates: int = 1000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.replicates < 2:
            raise ValueError(f"an interval needs at least 2 replicates, got {self.replicates}")
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie between 0 and 1, got {self.level}")


USUAL = Bootstrap()


def percentile_interval(estimate: float, replicates: Floats, level: float = 0.95) -> Interval:
    """Percentile interval of ``level`` from replicates float64[r]; undefined replicates (NaN) are left out.

    The bounds are the order statistics at tail · (r + 1), interpolated (Weibull): of r draws and one more of the same
    distribution, that one lies below the k-th smallest with probability k / (r + 1). The commoner interpolation
    between r - 1 gaps lies further in, and holds 94.8 % with 1,000 replicates and 94.0 % with 200.

    Raises:
        ValueError: no replicate is defined.
    """
    defined = replicates[~np.isnan(replicates)]
    if defined.size == 0:
        raise InsufficientDataError("no bootstrap replicate is defined: there are too few rows for an interval")
    tail = 50 * (1 - level)
    lower, upper = np.percentile(defined, [tail, 100 - tail], method="weibull")
    return Interval(float(estimate), float(lower), float(upper))


@lru_cache(maxsize=8)
def _bucket_weights(replicates: int, buckets: int, seed: int) -> Floats:
    weights = np.random.default_rng(seed).poisson(1.0, size=(replicates, buckets)).astype(np.float64)
    weights.setflags(write=False)
    return weights


def resampled_sums(columns: Floats, bootstrap: Bootstrap) -> Floats:
    """Sums of each of the columns float64[c, n] under Poisson weights: float64[replicates, c].

    The same weights serve every column, so that ratios and differences of the sums are paired. Use them only
    inside ratios (a mean is the sum of the values over the sum of a column of ones).
    """
    n = columns.shape[1]
    if n > BUCKETS:
        bucket = np.random.default_rng(bootstrap.seed + 1).permutation(n) % BUCKETS
        columns = np.stack([np.bincount(bucket, weights=column, minlength=BUCKETS) for column in columns])
    return np.asarray(_bucket_weights(bootstrap.replicates, columns.shape[1], bootstrap.seed) @ columns.T)


def ratio_interval(numerator: ArrayLike, denominator: ArrayLike, bootstrap: Bootstrap = USUAL) -> Interval:
    """Interval of sum(numerator) / sum(denominator) over rows that are resampled together.

    Raises:
        ValueError: NaN, unequal lengths, or a denominator that sums to 0.
    """
    top, bottom = finite_vector(numerator, "numerator"), finite_vector(denominator, "denominator")
    if top.size != bottom.size:
        raise ValueError(f"numerator and denominator must have equal lengths, got {top.size} and {bottom.size}")
    if bottom.sum() == 0:
        raise InsufficientDataError("the denominator sums to 0: the ratio is undefined")
    over, under = resampled_sums(np.stack([top, bottom]), bootstrap).T
    ratios = np.divide(over, under, out=np.full(over.size, np.nan), where=under != 0)
    return percentile_interval(top.sum() / bottom.sum(), ratios, bootstrap.level)


def mean_interval(values: ArrayLike, bootstrap: Bootstrap = USUAL) -> Interval:
    """Interval of the mean of values float[n], one independent unit (query, user) a row.

    Raises:
        ValueError: no rows, or NaN.
    """
    vector = finite_vector(values, "values")
    return ratio_interval(vector, np.ones(vector.size), bootstrap)


def paired_difference_interval(values: ArrayLike, baseline: ArrayLike, bootstrap: Bootstrap = USUAL) -> Interval:
    """Interval of mean(values - baseline), both measured on the same units in the same order.

    Raises:
        ValueError: unequal lengths, no rows, or NaN.
    """
    new, old = finite_vector(values, "values"), finite_vector(baseline, "baseline")
    if new.size != old.size:
        raise ValueError(f"values and baseline must have equal lengths, got {new.size} and {old.size}")
    return mean_interval(new - old, bootstrap)
