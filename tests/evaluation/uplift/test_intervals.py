"""Intervals of the uplift measures: as wide as the measures vary over fresh trials."""

from collections.abc import Callable

import numpy as np
import pytest

import evaluation.uplift.poisson_cells
from evaluation.resampling.bootstrap import Bootstrap
from evaluation.uplift.intervals import qini_area_interval, qini_interval, uplift_at_k_interval
from evaluation.uplift.qini import qini_area, qini_coefficient
from evaluation.uplift.trial import checked_arrays
from evaluation.uplift.uplift_at_k import uplift_at_k


def test_qini_interval_holds_its_estimate_and_is_deterministic() -> None:
    """The estimate is the coefficient itself; equal seeds give equal bounds, row order hardly matters."""
    rng = np.random.default_rng(0)
    treatment, score = rng.integers(0, 2, 2000), rng.random(2000)
    outcome = rng.random(2000) < 0.1 + 0.3 * score * treatment
    interval = qini_interval(outcome, treatment, score, bootstrap=Bootstrap(seed=4))
    assert interval.estimate == qini_coefficient(outcome, treatment, score)
    assert 0 < interval.lower < interval.estimate < interval.upper
    assert interval == qini_interval(outcome, treatment, score, bootstrap=Bootstrap(seed=4))


def test_qini_interval_is_as_wide_as_repeated_trials_vary() -> None:
    """Its width is that of the estimate's distribution over fresh samples, within a third."""

    def trial(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        treatment, score = rng.integers(0, 2, 1500), np.round(rng.random(1500), 2)
        return rng.random(1500) < 0.1 + 0.3 * score * treatment, treatment, score

    spread = np.std([qini_coefficient(*trial(seed)) for seed in range(300)])
    widths = [np.diff(qini_interval(*trial(seed), bootstrap=Bootstrap(seed=seed))[1:])[0] for seed in range(900, 910)]
    assert np.mean(widths) / 3.92 == pytest.approx(spread, rel=1 / 3)


def test_qini_difference_is_paired() -> None:
    """A score against itself differs by exactly nothing; against noise by something above 0."""
    rng = np.random.default_rng(1)
    treatment, score = rng.integers(0, 2, 3000), rng.random(3000)
    outcome = rng.random(3000) < 0.05 + 0.4 * score * treatment
    assert qini_interval(outcome, treatment, score, baseline=score) == (0.0, 0.0, 0.0)
    assert qini_interval(outcome, treatment, score, baseline=rng.random(3000)).lower > 0


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
        (lambda *a: uplift_at_k(*a, 0.3), lambda y, t, s, b: uplift_at_k_interval(y, t, s, 0.3, bootstrap=b)),
    ):
        spread = np.std([measure(*trial(seed)) for seed in range(300)])
        widths = [np.diff(interval(*trial(seed), Bootstrap(300))[1:])[0] for seed in range(900, 906)]
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
        (qini_coefficient, lambda y, t, s, old, b: qini_interval(y, t, s, baseline=old, bootstrap=b)),
        (
            lambda *a: uplift_at_k(*a, 0.3),
            lambda y, t, s, old, b: uplift_at_k_interval(y, t, s, 0.3, baseline=old, bootstrap=b),
        ),
    ):
        found = [difference(measure, *trial(seed)) for seed in range(300)]
        intervals = [interval(*trial(seed), Bootstrap(200)) for seed in range(6)]
        assert intervals[0].estimate == pytest.approx(found[0], abs=1e-12)
        widths = [upper - lower for _, lower, upper in intervals]
        assert np.mean(widths) / 3.92 == pytest.approx(np.std(found), rel=1 / 4)


def test_two_scores_of_many_users_share_coarser_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bins are halved until the filled cells are few; the paired interval stays about as wide."""
    rng = np.random.default_rng(8)
    treatment, score = rng.integers(0, 2, 6000), rng.random(6000)
    outcome, second = rng.random(6000) < 0.1 + 0.3 * score * treatment, score + rng.random(6000)
    fine = qini_interval(outcome, treatment, score, baseline=second)
    monkeypatch.setattr(evaluation.uplift.poisson_cells, "MAX_CELLS", 1500)
    trial = checked_arrays(outcome, treatment, score)
    cells = evaluation.uplift.poisson_cells.cells_of(trial, [score, second])
    assert cells.users.size <= 1500
    assert cells.users.sum() == 6000
    coarse = qini_interval(outcome, treatment, score, baseline=second)
    assert coarse.estimate == fine.estimate
    assert coarse.upper - coarse.lower == pytest.approx(fine.upper - fine.lower, rel=0.15)
