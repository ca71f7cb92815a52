"""Bootstrap intervals: against the normal formula, the binomial truth, and themselves."""

import numpy as np
import pytest

from evaluation.resampling.bootstrap import (
    Bootstrap,
    mean_interval,
    paired_difference_interval,
    percentile_interval,
    ratio_interval,
)


@pytest.mark.parametrize("n", [400, 30_000])
def test_mean_interval_has_the_width_of_the_normal_one(n: int) -> None:
    """±1.96 sd/sqrt(n) within 15 %, with and without buckets, also far from 0."""
    values = 100 + np.random.default_rng(0).exponential(size=n)
    interval = mean_interval(values, Bootstrap(2000, 1))
    expected = 2 * 1.96 * values.std() / np.sqrt(n)
    assert interval.estimate == pytest.approx(values.mean())
    assert interval.upper - interval.lower == pytest.approx(expected, rel=0.15)
    assert interval.lower < interval.estimate < interval.upper


def test_mean_interval_covers_the_truth_about_95_times_in_100() -> None:
    """Coverage over 300 samples of 500 coin throws."""
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(300):
        interval = mean_interval(rng.random(500) < 0.3, Bootstrap(300, seed))
        covered += interval.lower <= 0.3 <= interval.upper
    assert 0.90 <= covered / 300 <= 0.985


@pytest.mark.parametrize(("draws", "lower", "upper"), [(39, 1.0, 39.0), (1_000, 25.025, 975.975), (3, 1.0, 3.0)])
def test_percentile_bounds_by_hand(draws: int, lower: float, upper: float) -> None:
    """Of 1 … r the 2.5 % bound is (r + 1) / 40: one more draw is as likely to be at each of the r + 1 places."""
    interval = percentile_interval(2.0, np.random.default_rng(0).permutation(np.arange(1.0, draws + 1)))
    assert interval == pytest.approx((2.0, lower, upper))


def test_paired_difference_of_equal_values_is_exactly_zero() -> None:
    """Pairing removes what both share."""
    values = np.random.default_rng(0).random(200)
    assert paired_difference_interval(values, values) == (0.0, 0.0, 0.0)
    shifted = paired_difference_interval(values + 0.25, values)
    assert shifted == pytest.approx((0.25, 0.25, 0.25))


def test_ratio_by_hand() -> None:
    """Sum over sum, not the mean of ratios."""
    assert ratio_interval([1, 2], [1, 5]).estimate == 0.5


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ValueError, match="equal lengths"):
        paired_difference_interval([1, 2], [1])
    with pytest.raises(ValueError, match="sums to 0"):
        ratio_interval([1], [0])
    with pytest.raises(ValueError, match="at least one row"):
        mean_interval([])
    with pytest.raises(ValueError, match="at least 2 replicates"):
        Bootstrap(replicates=1)
    with pytest.raises(ValueError, match="level"):
        Bootstrap(level=95)
    with pytest.raises(ValueError, match="no bootstrap replicate"):
        percentile_interval(0.0, np.array([np.nan]))
