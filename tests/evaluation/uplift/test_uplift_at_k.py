"""Uplift at k by hand, under ties, and against scikit-uplift."""

import warnings

import numpy as np
import pytest

from evaluation.uplift.uplift_at_k import uplift_at_k


def test_by_hand() -> None:
    """Top half: treated 1 and 0, control 0 and 0, so 0.5 - 0."""
    outcome, treatment = [1, 0, 0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 0, 1, 0]
    assert uplift_at_k(outcome, treatment, [8, 7, 6, 5, 4, 3, 2, 1], 0.5) == 0.5


def test_ties_are_averaged_in_part() -> None:
    """All tied: any k measures the whole trial, 2/2 - 0/2."""
    for order in ([0, 1, 2, 3], [3, 1, 0, 2]):
        outcome, treatment = np.array([1, 1, 0, 0])[order], np.array([1, 1, 0, 0])[order]
        assert uplift_at_k(outcome, treatment, [1, 1, 1, 1], 0.25) == 1.0


def test_equals_scikit_uplift_without_ties() -> None:
    """100 random trials at depths that cut between rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-uplift uses functions that scikit-learn deprecates
        from sklift.metrics import uplift_at_k as oracle

        rng = np.random.default_rng(3)
        for _ in range(100):
            outcome, treatment = rng.integers(0, 2, 256), rng.integers(0, 2, 256)
            score = rng.permutation(256)
            k = int(rng.integers(40, 256)) / 256  # a power of 2: scikit-uplift cuts at int(n * k)
            expected = oracle(outcome, score, treatment, strategy="overall", k=k)
            assert uplift_at_k(outcome, treatment, score, k) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("k", [0, -0.1, 1.01, float("nan")])
def test_k_out_of_range(k: float) -> None:
    """The depth is a share of the users."""
    with pytest.raises(ValueError, match="k is a share"):
        uplift_at_k([1, 0], [1, 0], [2, 1], k)


def test_top_of_one_arm() -> None:
    """The top row alone has no control to compare with."""
    with pytest.raises(ValueError, match="one arm only"):
        uplift_at_k([1, 0], [1, 0], [2, 1], 0.5)
