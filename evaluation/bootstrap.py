"""Percentile intervals from Poisson bootstrap weights.

What belongs here: intervals of means, ratios, the uplift measures of one score, and the differences of two. What does
not: the measures themselves, and how users of a trial are resampled (`evaluation.poisson_cells`).

Each replicate weighs every row by an independent Poisson(1) draw (Chamandy et al. 2012), which approximates
resampling with replacement and needs no index arrays. Means and ratios are ratios of weighted sums, so many rows can
be gathered at random into `BUCKETS` buckets first and the buckets weighed: the variance stays right and the cost no
longer grows with the rows. The uplift measures resample cells of users, whose number does not grow either.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.poisson_cells import cells_of, replicated
from evaluation.qini import area_of, coefficient_of, ranked_qini, ranked_qini_area
from evaluation.ranked_trial import ArmCounts, RankedTrial
from evaluation.trial import OutcomeValueError, TrialArrays, checked_arrays, finite_vector
from evaluation.uplift_at_k import checked_share, ranked_uplift_at_k, uplift_at_share

__all__ = [
    "Interval",
    "mean_interval",
    "paired_difference_interval",
    "percentile_interval",
    "qini_area_interval",
    "qini_difference_interval",
    "qini_interval",
    "ratio_interval",
    "resampled_sums",
    "uplift_at_k_difference_interval",
    "uplift_at_k_interval",
]

Floats = NDArray[np.float64]

BUCKETS = 1_000
"""Random groups of rows that are weighed together; the interval's own noise from them is about 1/sqrt(2000)."""


class Interval(NamedTuple):
    """An estimate with the bounds of its interval, in the unit of the estimate."""

    estimate: float
    lower: float
    upper: float


def percentile_interval(estimate: float, replicates: Floats, level: float = 0.95) -> Interval:
    """Percentile interval of ``level`` from replicates float64[r]; undefined replicates (NaN) are left out.

    The bounds are the order statistics at tail · (r + 1), interpolated (Weibull): of r draws and one more of the same
    distribution, that one lies below the k-th smallest with probability k / (r + 1). The commoner interpolation
    between r - 1 gaps lies further in, and holds 94.8 % with 1,000 replicates and 94.0 % with 200.

    Raises:
        ValueError: level outside (0, 1), or no replicate is defined.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    defined = replicates[~np.isnan(replicates)]
    if defined.size == 0:
        raise ValueError("no bootstrap replicate is defined: there are too few rows for an interval")
    tail = 50 * (1 - level)
    lower, upper = np.percentile(defined, [tail, 100 - tail], method="weibull")
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


def _resampled(
    trial: TrialArrays,
    scores: list[Floats],
    exact: Callable[[RankedTrial], float],
    statistic: Callable[[ArmCounts], Floats],
    *,
    replicates: int,
    seed: int,
    level: float,
) -> Interval:
    """Interval of a measure of the first score, or of its difference to that of the second."""
    plain, drawn = replicated(cells_of(trial, scores), statistic, replicates=replicates, seed=seed)
    estimates = [exact(RankedTrial.of(trial.outcome, trial.treatment, score)) for score in scores]
    # Bins move a figure a little; the resamples are moved back by as much.
    centred = drawn + (np.array(estimates) - plain)[:, None]
    if len(scores) == 1:
        return percentile_interval(estimates[0], centred[0], level)
    return percentile_interval(estimates[0] - estimates[1], centred[0] - centred[1], level)


def _binary(trial: TrialArrays) -> TrialArrays:
    if trial.outcome.dtype != np.uint8:
        raise OutcomeValueError("outcome must be 0 or 1 for this interval: take qini_area_interval for any other")
    return trial


def qini_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Qini coefficient of a binary outcome with its interval; the cost hardly grows with the users.

    Raises:
        TrialError: see `evaluation.trial.checked_arrays`, or an outcome other than 0 and 1.
        ValueError: fewer than 2 replicates, or a level outside (0, 1).
    """
    trial = _binary(checked_arrays(outcome, treatment, score))
    return _resampled(trial, [trial.score], ranked_qini, coefficient_of, replicates=replicates, seed=seed, level=level)


def qini_area_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """`evaluation.qini.qini_area` with its interval, of any outcome: revenue too.

    Raises:
        TrialError: see `evaluation.trial.checked_arrays`.
        ValueError: fewer than 2 replicates, or a level outside (0, 1).
    """
    trial = checked_arrays(outcome, treatment, score)
    return _resampled(trial, [trial.score], ranked_qini_area, area_of, replicates=replicates, seed=seed, level=level)


def qini_difference_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    baseline: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Qini coefficient of ``score`` minus that of ``baseline`` on the same users, resampled together.

    Raises:
        TrialError: see `evaluation.trial.checked_arrays`, or an outcome other than 0 and 1.
        ValueError: fewer than 2 replicates, or a level outside (0, 1).
    """
    trial = _binary(checked_arrays(outcome, treatment, score))
    scores = [trial.score, checked_arrays(outcome, treatment, baseline).score]
    return _resampled(trial, scores, ranked_qini, coefficient_of, replicates=replicates, seed=seed, level=level)


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
    """Uplift among the top ``k`` with its interval, of any outcome; every resample has its own cut of the score.

    Raises:
        ValueError: k out of range, fewer than 2 replicates, or a level outside (0, 1).
        TrialError: see `evaluation.uplift_at_k.uplift_at_k`.
    """
    share, trial = checked_share(k), checked_arrays(outcome, treatment, score)
    return _resampled(
        trial,
        [trial.score],
        lambda ranked: ranked_uplift_at_k(ranked, share),
        lambda counts: uplift_at_share(counts, share),
        replicates=replicates,
        seed=seed,
        level=level,
    )


def uplift_at_k_difference_interval(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    baseline: ArrayLike,
    k: float,
    *,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Uplift among the top ``k`` of ``score`` minus that of ``baseline`` on the same users, resampled together.

    Raises:
        ValueError: k out of range, fewer than 2 replicates, or a level outside (0, 1).
        TrialError: see `evaluation.uplift_at_k.uplift_at_k`.
    """
    share, trial = checked_share(k), checked_arrays(outcome, treatment, score)
    return _resampled(
        trial,
        [trial.score, checked_arrays(outcome, treatment, baseline).score],
        lambda ranked: ranked_uplift_at_k(ranked, share),
        lambda counts: uplift_at_share(counts, share),
        replicates=replicates,
        seed=seed,
        level=level,
    )
