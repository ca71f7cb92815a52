"""Bootstrap intervals: against the normal formula, the binomial truth, and themselves."""

import numpy as np
import pytest

from evaluation.bootstrap import (
    mean_interval,
    paired_difference_interval,
    percentile_interval,
    qini_difference_interval,
    qini_interval,
    ratio_interval,
    uplift_at_k_interval,
)
from evaluation.qini import qini_coefficient


@pytest.mark.parametrize("n", [400, 30_000])
def test_mean_interval_has_the_width_of_the_normal_one(n: int) -> None:
    """±1.96 sd/sqrt(n) within 15 %, with and without buckets, also far from 0."""
    values = 100 + np.random.default_rng(0).exponential(size=n)
    interval = mean_interval(values, replicates=2000, seed=1)
    expected = 2 * 1.96 * values.std() / np.sqrt(n)
    assert interval.estimate == pytest.approx(values.mean())
    assert interval.upper - interval.lower == pytest.approx(expected, rel=0.15)
    assert interval.lower < interval.estimate < interval.upper


def test_mean_interval_covers_the_truth_about_95_times_in_100() -> None:
    """Coverage over 300 samples of 500 coin throws."""
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(300):
        interval = mean_interval(rng.random(500) < 0.3, replicates=300, seed=seed)
        covered += interval.lower <= 0.3 <= interval.upper
    assert 0.90 <= covered / 300 <= 0.985


def test_paired_difference_of_equal_values_is_exactly_zero() -> None:
    """Pairing removes what both share."""
    values = np.random.default_rng(0).random(200)
    assert paired_difference_interval(values, values) == (0.0, 0.0, 0.0)
    shifted = paired_difference_interval(values + 0.25, values)
    assert shifted == pytest.approx((0.25, 0.25, 0.25))


def test_ratio_by_hand() -> None:
    """Sum over sum, not the mean of ratios."""
    assert ratio_interval([1, 2], [1, 5]).estimate == 0.5


def test_qini_interval_holds_its_estimate_and_is_deterministic() -> None:
    """The estimate is the coefficient itself; equal seeds give equal bounds, row order hardly matters."""
    rng = np.random.default_rng(0)
    treatment, score = rng.integers(0, 2, 2000), rng.random(2000)
    outcome = rng.random(2000) < 0.1 + 0.3 * score * treatment
    interval = qini_interval(outcome, treatment, score, seed=4)
    assert interval.estimate == qini_coefficient(outcome, treatment, score)
    assert 0 < interval.lower < interval.estimate < interval.upper
    assert interval == qini_interval(outcome, treatment, score, seed=4)


def test_qini_interval_is_as_wide_as_repeated_trials_vary() -> None:
    """Its width is that of the estimate's distribution over fresh samples, within a third."""

    def trial(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        treatment, score = rng.integers(0, 2, 1500), np.round(rng.random(1500), 2)
        return rng.random(1500) < 0.1 + 0.3 * score * treatment, treatment, score

    spread = np.std([qini_coefficient(*trial(seed)) for seed in range(300)])
    widths = [np.diff(qini_interval(*trial(seed), seed=seed)[1:])[0] for seed in range(900, 910)]
    assert np.mean(widths) / 3.92 == pytest.approx(spread, rel=1 / 3)


def test_qini_difference_is_paired() -> None:
    """A score against itself differs by exactly nothing; against noise by something above 0."""
    rng = np.random.default_rng(1)
    treatment, score = rng.integers(0, 2, 3000), rng.random(3000)
    outcome = rng.random(3000) < 0.05 + 0.4 * score * treatment
    assert qini_difference_interval(outcome, treatment, score, score) == (0.0, 0.0, 0.0)
    assert qini_difference_interval(outcome, treatment, score, rng.random(3000)).lower > 0


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ValueError, match="equal lengths"):
        paired_difference_interval([1, 2], [1])
    with pytest.raises(ValueError, match="sums to 0"):
        ratio_interval([1], [0])
    with pytest.raises(ValueError, match="at least one row"):
        mean_interval([])
    with pytest.raises(ValueError, match="at least 2 replicates"):
        mean_interval([1, 2], replicates=1)
    with pytest.raises(ValueError, match="level"):
        mean_interval([1, 2], level=95)
    with pytest.raises(ValueError, match="no bootstrap replicate"):
        percentile_interval(0.0, np.array([np.nan]))


@pytest.mark.parametrize("n", [800, 8000])
def test_uplift_at_k_interval_has_the_width_of_two_proportions(n: int) -> None:
    """±1.96 sqrt(p(1-p)/m + q(1-q)/m) of the users in the top half, within a fifth."""
    rng = np.random.default_rng(3)
    treatment, score = np.arange(n) % 2, rng.random(n)
    outcome = rng.random(n) < 0.2 + 0.3 * treatment
    interval = uplift_at_k_interval(outcome, treatment, score, 0.5)
    expected = 2 * 1.96 * np.sqrt((0.5 * 0.5 + 0.2 * 0.8) / (n / 4))
    assert interval.upper - interval.lower == pytest.approx(expected, rel=0.2)


def test_uplift_at_k_interval_covers_the_truth_about_95_times_in_100() -> None:
    """Coverage of a true effect of .3 over 200 trials of 800 users."""
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        treatment = np.arange(800) % 2
        outcome = rng.random(800) < 0.2 + 0.3 * treatment
        interval = uplift_at_k_interval(outcome, treatment, rng.random(800), 0.5, replicates=300, seed=seed)
        covered += interval.lower <= 0.3 <= interval.upper
    assert 0.90 <= covered / 200 <= 0.985
