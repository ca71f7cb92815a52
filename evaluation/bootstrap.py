"""Percentile intervals from Poisson bootstrap weights.

What belongs here: resampling of means, ratios, Qini coefficients and their differences. What does not: the
measures themselves.

Each replicate weighs every row by an independent Poisson(1) draw (Chamandy et al. 2012), which approximates
resampling with replacement and needs no index arrays. Statistics are ratios of weighted sums, so many rows can be
gathered at random into `BUCKETS` buckets first and the buckets weighed: the variance stays right and the cost no
longer grows with the rows.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.qini import ArmCounts, coefficient_of, qini_coefficient, tie_ends
from evaluation.trial import Trial, checked_trial, finite_vector
from evaluation.uplift_at_k import top_arms, uplift_at_k

__all__ = [
    "Interval",
    "mean_interval",
    "paired_difference_interval",
    "percentile_interval",
    "qini_difference_interval",
    "qini_interval",
    "ratio_interval",
    "resampled_sums",
    "uplift_at_k_interval",
]

Floats = NDArray[np.float64]

BUCKETS = 1_000
"""Random groups of rows that are weighed together; the interval's own noise from them is about 1/sqrt(2000)."""
CHUNK_WEIGHTS = 2_000_000
"""Weights held in memory at a time."""


class Interval(NamedTuple):
    """An estimate with the bounds of its interval, in the unit of the estimate."""

    estimate: float
    lower: float
    upper: float


def percentile_interval(estimate: float, replicates: Floats, level: float = 0.95) -> Interval:
    """Percentile interval of ``level`` from replicates float64[r]; undefined replicates (NaN) are left out.

    Raises:
        ValueError: level outside (0, 1), or no replicate is defined.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    defined = replicates[~np.isnan(replicates)]
    if defined.size == 0:
        raise ValueError("no bootstrap replicate is defined: there are too few rows for an interval")
    tail = 50 * (1 - level)
    lower, upper = np.percentile(defined, [tail, 100 - tail])
    return Interval(float(estimate), float(lower), float(upper))


@lru_cache(maxsize=8)
def _bucket_weights(replicates: int, buckets: int, seed: int) -> Floats:
    weights = np.random.default_rng(seed).poisson(1.0, size=(replicates, buckets)).astype(np.float64)
    weights.setflags(write=False)
    return weights


def resampled_sums(columns: Floats, *, replicates: int, seed: int) -> Floats:
    """Sums of each of the columns float64[c, n] under Poisson weights: float64[replicates, c].

    The same weights serve every column, so that ratios and differences of the sums are paired. Use them only
    inside ratios (a mean is the sum of the values over the sum of a column of ones).

    Raises:
        ValueError: fewer than 2 replicates.
    """
    if replicates < 2:
        raise ValueError(f"an interval needs at least 2 replicates, got {replicates}")
    n = columns.shape[1]
    if n > BUCKETS:
        bucket = np.random.default_rng(seed + 1).permutation(n) % BUCKETS
        columns = np.stack([np.bincount(bucket, weights=column, minlength=BUCKETS) for column in columns])
    return np.asarray(_bucket_weights(replicates, columns.shape[1], seed) @ columns.T)


def ratio_interval(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Interval of sum(numerator) / sum(denominator) over rows that are resampled together.

    Raises:
        ValueError: NaN, unequal lengths, or a denominator that sums to 0.
    """
    top, bottom = finite_vector(numerator, "numerator"), finite_vector(denominator, "denominator")
    if top.size != bottom.size:
        raise ValueError(f"numerator and denominator must have equal lengths, got {top.size} and {bottom.size}")
    if bottom.sum() == 0:
        raise ValueError("the denominator sums to 0: the ratio is undefined")
    sums = resampled_sums(np.stack([top, bottom]), replicates=replicates, seed=seed)
    undefined = np.full(replicates, np.nan)
    ratios = np.divide(sums[:, 0], sums[:, 1], out=undefined, where=sums[:, 1] != 0)
    return percentile_interval(top.sum() / bottom.sum(), ratios, level)


def mean_interval(values: ArrayLike, *, replicates: int = 1000, seed: int = 0, level: float = 0.95) -> Interval:
    """Interval of the mean of values float[n], one independent unit (query, user) a row.

    Raises:
        ValueError: no rows, or NaN.
    """
    vector = finite_vector(values, "values")
    return ratio_interval(vector, np.ones(vector.size), replicates=replicates, seed=seed, level=level)


def paired_difference_interval(
    values: ArrayLike, baseline: ArrayLike, *, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> Interval:
    """Interval of mean(values - baseline), both measured on the same units in the same order.

    Raises:
        ValueError: unequal lengths, no rows, or NaN.
    """
    new, old = finite_vector(values, "values"), finite_vector(baseline, "baseline")
    if new.size != old.size:
        raise ValueError(f"values and baseline must have equal lengths, got {new.size} and {old.size}")
    return mean_interval(new - old, replicates=replicates, seed=seed, level=level)


def _qini_replicates(trial: Trial, replicates: int, seed: int) -> Floats:
    order = np.argsort(-trial.score, kind="stable")
    ends = tie_ends(trial.score[order])
    treated = trial.treatment[order]
    columns = (
        treated,
        1 - treated,
        treated * trial.outcome[order],
        (1 - treated) * trial.outcome[order],
    )
    rng = np.random.default_rng(seed)
    chunk = max(1, CHUNK_WEIGHTS // order.size)
    coefficients = np.empty(replicates)
    for start in range(0, replicates, chunk):
        size = min(chunk, replicates - start)
        # Drawn in the order of the rows, not of the score: two scores with one seed see the same resamples.
        weights = rng.poisson(1.0, size=(size, order.size))[:, order]
        counts = ArmCounts(*(np.cumsum(weights * column, axis=1)[:, ends] for column in columns))
        coefficients[start : start + size] = coefficient_of(counts)
    return coefficients


def qini_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    *,
    replicates: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Qini coefficient with its interval; users are sorted once and each replicate is a weighted cumulative sum.

    Raises:
        ValueError: see `evaluation.trial.checked_trial`.
    """
    trial = checked_trial(outcome, treatment, score)
    return percentile_interval(qini_coefficient(*trial), _qini_replicates(trial, replicates, seed), level)


def qini_difference_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    baseline: ArrayLike,
    *,
    replicates: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Qini coefficient of ``score`` minus that of ``baseline`` on the same users, resampled together.

    Raises:
        ValueError: see `evaluation.trial.checked_trial`.
    """
    new, old = checked_trial(outcome, treatment, score), checked_trial(outcome, treatment, baseline)
    differences = _qini_replicates(new, replicates, seed) - _qini_replicates(old, replicates, seed)
    return percentile_interval(qini_coefficient(*new) - qini_coefficient(*old), differences, level)


def uplift_at_k_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    k: float,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Uplift among the top ``k`` with its interval; the cut of the score is held fixed.

    Raises:
        ValueError: see `evaluation.uplift_at_k.uplift_at_k`.
    """
    outcomes, treated, control = top_arms(outcome, treatment, score, k)
    columns = np.stack([treated * outcomes, treated, control * outcomes, control])
    sums = resampled_sums(columns, replicates=replicates, seed=seed)
    rates = [
        np.divide(sums[:, at], sums[:, at + 1], out=np.full(replicates, np.nan), where=sums[:, at + 1] > 0)
        for at in (0, 2)
    ]
    return percentile_interval(uplift_at_k(outcome, treatment, score, k), rates[0] - rates[1], level)
