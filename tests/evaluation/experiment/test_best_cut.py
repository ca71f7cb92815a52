"""The best of many cuts, beside what simulation says of its p-value."""

import numpy as np
import pytest
from scipy.stats import norm

from evaluation.experiment.best_cut import Cut, best_cut, candidate_cuts, selected_p_value


def cut_of(values: np.ndarray, scores: np.ndarray) -> Cut | None:
    """The best cut of a number by scores of weight 1."""
    cuts = candidate_cuts(values)
    parts = np.searchsorted(cuts, values, side="right")
    sums = [np.bincount(parts, weights=of, minlength=cuts.size + 1) for of in (np.ones(values.size), scores, scores**2)]
    return best_cut(cuts, *sums)


def test_a_step_is_found_where_it_is() -> None:
    """Scores are 1 higher below 39 of 0 … 99: the statistic is that of the two means there."""
    values = np.tile(np.arange(100.0), 20)
    scores = np.random.default_rng(0).normal(size=2_000) + (values < 39)
    found = cut_of(values, scores)
    assert found is not None
    assert found.below == 39
    low, high = scores[values < 39], scores[values >= 39]
    # The variance of all is the larger one where the means differ, and the safer one.
    error = scores.std() * np.sqrt(1 / 780 + 1 / 1_220)
    assert found.statistic == pytest.approx((low.mean() - high.mean()) / error)
    assert found.p_value < 1e-12


def test_one_cut_has_the_p_value_of_one_test_and_more_cuts_a_larger_one() -> None:
    """Two-sided normal for one; for many between that and Bonferroni's."""
    single = 2 * norm.sf(3.0)
    assert selected_p_value(3.0, np.array([0.5])) == pytest.approx(single)
    assert selected_p_value(3.0, np.array([0.5, 0.5])) == pytest.approx(single)
    assert 2 * single < selected_p_value(3.0, np.arange(2, 19) / 20) < 17 * single


def test_the_p_value_is_that_of_chance() -> None:
    """Of 1,000 trials of nothing about one in twenty has one below .05: the bound is near."""
    rng = np.random.default_rng(3)
    values = rng.random(400)
    found = [cut_of(values, rng.normal(size=400)) for _ in range(1_000)]
    assert 0.025 <= np.mean([of is not None and of.p_value < 0.05 for of in found]) <= 0.065


def test_where_there_is_nothing_to_cut() -> None:
    """One value, or none known: no cuts; a value that one in a hundred has leaves a side too small."""
    assert candidate_cuts(np.ones(50)).size == 0
    assert candidate_cuts(np.full(50, np.nan)).size == 0
    assert cut_of(np.ones(50), np.arange(50.0)) is None
    assert best_cut(np.array([1.0]), np.array([99.0, 1.0]), np.array([50.0, 1.0]), np.array([50.0, 1.0])) is None


def test_missing_values_are_a_side_of_their_own() -> None:
    """Unknown for half, one value for the others: the cut is at that value, so that the known are on its upper side."""
    values = np.repeat([np.nan, 7.0], 100)
    assert candidate_cuts(values).tolist() == [7.0]
