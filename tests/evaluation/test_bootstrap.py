"""Bootstrap intervals: against the normal formula, the binomial truth, and themselves."""

from collections.abc import Callable

import numpy as np
import pytest

import evaluation.poisson_cells
from evaluation.bootstrap import (
    mean_interval,
    paired_difference_interval,
    percentile_interval,
    qini_area_interval,
    qini_difference_interval,
    qini_interval,
    ratio_interval,
    uplift_at_k_difference_interval,
    uplift_at_k_interval,
)
from evaluation.qini import qini_area, qini_coefficient
from evaluation.trial import checked_arrays
from evaluation.uplift_at_k import uplift_at_k


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


def test_width_hardly_depends_on_the_users_in_a_cell() -> None:
    """Ten copies of a trial have an interval sqrt(10) times narrower about the same estimate, within a tenth."""
    rng = np.random.default_rng(6)
    treatment, score = rng.integers(0, 2, 4000), rng.random(4000)
    outcome = rng.random(4000) < 0.1 + 0.3 * score * treatment
    one = qini_interval(outcome, treatment, score)
    ten = qini_interval(*(np.tile(values, 10) for values in (outcome, treatment, score)))
    assert ten.estimate == pytest.approx(one.estimate)
    assert np.sqrt(10) * (ten.upper - ten.lower) == pytest.approx(one.upper - one.lower, rel=0.1)


def test_revenue_intervals_are_as_wide_as_repeated_trials_vary() -> None:
    """Money of a few buyers and some returns: width against the spread over fresh samples, within a quarter."""

    def trial(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        treatment, score = rng.integers(0, 2, 3000), rng.random(3000)
        bought = rng.random(3000) < 0.05 + 0.1 * score * treatment
        return bought * (rng.gamma(1.0, 30.0, 3000) - 5.0), treatment, score

    for measure, interval in (
        (qini_area, qini_area_interval),
        (lambda *a: uplift_at_k(*a, 0.3), lambda *a, **how: uplift_at_k_interval(*a, 0.3, **how)),
    ):
        spread = np.std([measure(*trial(seed)) for seed in range(300)])
        widths = [np.diff(interval(*trial(seed), replicates=300)[1:])[0] for seed in range(900, 906)]
        assert np.mean(widths) / 3.92 == pytest.approx(spread, rel=1 / 4)


def test_differences_are_as_wide_as_repeated_trials_vary() -> None:
    """Two scores of which one is the other with noise: paired widths against the spread over fresh samples."""

    def trial(seed: int) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng(seed)
        treatment, score = rng.integers(0, 2, 2000), rng.random(2000)
        outcome = rng.random(2000) < 0.1 + 0.3 * score * treatment
        return outcome, treatment, score, score + 0.3 * rng.random(2000)

    def difference(
        measure: Callable[..., float], y: np.ndarray, t: np.ndarray, new: np.ndarray, old: np.ndarray
    ) -> float:
        return measure(y, t, new) - measure(y, t, old)

    for measure, interval in (
        (qini_coefficient, qini_difference_interval),
        (lambda *a: uplift_at_k(*a, 0.3), lambda *a, **how: uplift_at_k_difference_interval(*a, 0.3, **how)),
    ):
        found = [difference(measure, *trial(seed)) for seed in range(300)]
        intervals = [interval(*trial(seed), replicates=200) for seed in range(6)]
        assert intervals[0].estimate == pytest.approx(found[0], abs=1e-12)
        widths = [upper - lower for _, lower, upper in intervals]
        assert np.mean(widths) / 3.92 == pytest.approx(np.std(found), rel=1 / 4)


def test_two_scores_of_many_users_share_coarser_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bins are halved until the filled cells are few; the paired interval stays about as wide."""
    rng = np.random.default_rng(8)
    treatment, score = rng.integers(0, 2, 6000), rng.random(6000)
    outcome, second = rng.random(6000) < 0.1 + 0.3 * score * treatment, score + rng.random(6000)
    fine = qini_difference_interval(outcome, treatment, score, second)
    monkeypatch.setattr(evaluation.poisson_cells, "MAX_CELLS", 1500)
    trial = checked_arrays(outcome, treatment, score)
    cells = evaluation.poisson_cells.cells_of(trial, [score, second])
    assert cells.users.size <= 1500
    assert cells.users.sum() == 6000
    coarse = qini_difference_interval(outcome, treatment, score, second)
    assert coarse.estimate == fine.estimate
    assert coarse.upper - coarse.lower == pytest.approx(fine.upper - fine.lower, rel=0.15)
