"""Moments of arms."""

import numpy as np
import pytest

from evaluation.sequential.moments import Moments


def test_sum_is_that_of_all_units() -> None:
    """Parts added up are the whole, also around a mean that dwarfs the spread."""
    rng = np.random.default_rng(1)
    first, second = rng.normal(1e9, 1, 70), rng.normal(1e9, 2, 130)
    whole = Moments.of(np.concatenate([first, second]), np.arange(200))
    parts = Moments.of(first, np.arange(70)) + Moments.of(second, np.arange(70, 200))
    assert parts.units == 200
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
    expected = np.cov(np.concatenate([first, second]) - 1e9, np.arange(200))
    assert parts.covariance == pytest.approx(expected, rel=1e-6)


def test_nothing_adds_nothing() -> None:
    """No unit is the zero of the sum, and alone has no covariance."""
    some = Moments.of([1.0, 3.0])
    total = Moments.nothing(1) + some
    assert (total.units, total.mean[0], total.covariance[0, 0]) == (2, 2, 2)
    nothing = Moments.nothing(1) + Moments.nothing(1)
    assert (nothing.units, nothing.mean[0]) == (0, 0)
    assert np.isnan(nothing.covariance).all()


def test_many_experiments_at_once() -> None:
    """Leading axes are independent experiments."""
    one, other = Moments.of([0.0, 2.0]), Moments.of([5.0, 9.0])
    both = Moments(*(np.stack([getattr(one, n), getattr(other, n)]) for n in ("units", "mean", "scatter")))
    doubled = both + both
    assert doubled.units.tolist() == [4, 4]
    assert doubled.covariance[:, 0, 0] == pytest.approx([4 / 3, 16 / 3])


def test_refuses_columns_of_unequal_lengths() -> None:
    """One row is one unit."""
    with pytest.raises(ValueError, match="one length"):
        Moments.of([1.0], [1.0, 2.0])
