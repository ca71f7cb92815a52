"""Weights by hand, their limits, and users of several rows."""

import numpy as np
import pytest

from assets.models.uplift.exponential_weights import TEMPERATURE, exponential_weights


def test_by_hand() -> None:
    """Losses 4 and 4 + 16 · ¾, noise 1: the second weighs exp(-12 / 8) of the first."""
    errors = np.array([[1.0, -1, 1, -1], [2.0, -2, 2, -2]])
    weights = exponential_weights(errors, np.array([1.0, 1.0]), np.arange(4))
    assert TEMPERATURE == 8
    assert weights[1] / weights[0] == pytest.approx(np.exp(-12 / 8))
    assert weights.sum() == pytest.approx(1)


def test_equal_errors_leave_the_prior() -> None:
    """What the data cannot tell apart keeps its prior; no error at all divides by nothing."""
    for errors in (np.ones((3, 5)), np.zeros((3, 5))):
        weights = exponential_weights(errors, np.array([1.0, 0.5, 0.5]), np.arange(5))
        np.testing.assert_allclose(weights, [0.5, 0.25, 0.25])


def test_rows_of_a_user_count_as_one_where_they_err_together() -> None:
    """Every row written twice is no more evidence, if both rows are one user's."""
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(1, 50)) + np.array([[0.0], [0.3]])
    once = exponential_weights(errors, np.ones(2), np.arange(50))
    twice = exponential_weights(np.repeat(errors, 2, axis=1), np.ones(2), np.repeat(np.arange(50), 2))
    np.testing.assert_allclose(once, twice)


def test_more_users_find_the_better_one() -> None:
    """Ahead by a hundredth of the noise: unknown after 100 users, certain after 400,000."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=400_000)
    errors = np.stack([noise, noise + 0.1 * rng.normal(size=noise.size)])
    few, many = (exponential_weights(errors[:, :n], np.ones(2), np.arange(n))[0] for n in (100, 400_000))
    assert abs(few - 0.5) < 0.2
    assert many > 0.99
