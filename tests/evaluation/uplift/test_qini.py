"""The Qini coefficient against hand-computed cases, invariants, and scikit-uplift."""

import warnings

import numpy as np
import pytest

from evaluation.uplift.qini import perfect_qini_curve, qini_area, qini_coefficient, qini_curve
from evaluation.uplift.trial import NoResponseError


def a_trial(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, treatment and score of a small random trial with both arms and a response."""
    n = int(rng.integers(4, 120))
    treatment = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(int)
    outcome = (rng.random(n) < rng.random()).astype(int)
    treatment[:2], outcome[:2] = (0, 1), (1, 0)
    score = [rng.integers(-3, 4, n) / 2, rng.random(n), np.round(rng.random(n), 1)][int(rng.integers(3))]
    return outcome, treatment, score


def test_equals_scikit_uplift_on_random_arrays_with_ties() -> None:
    """400 random trials of 10 to 90 % treated, two thirds of them with ties, agree to 1e-9."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-uplift uses functions that scikit-learn deprecates
        from sklift.metrics import qini_auc_score
        from sklift.metrics import qini_curve as oracle_curve

        rng = np.random.default_rng(7)
        for _ in range(400):
            outcome, treatment, score = a_trial(rng)
            expected = qini_auc_score(outcome, score, treatment)
            assert qini_coefficient(outcome, treatment, score) == pytest.approx(expected, abs=1e-9)
            for ours, theirs in zip(
                qini_curve(outcome, treatment, score), oracle_curve(outcome, score, treatment), strict=True
            ):
                np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_curve_by_hand() -> None:
    """Treated responder, control responder, treated, control: Q = 1, 1-1*1/1, 1-1*2/1, 1-1*2/2."""
    x, y = qini_curve([1, 1, 0, 0], [1, 0, 1, 0], [4, 3, 2, 1])
    assert x.tolist() == [0, 1, 2, 3, 4]
    assert y.tolist() == [0, 1, 0, -1, 0]


def test_perfect_order_is_one_and_its_reverse_by_hand() -> None:
    """Treated responders first, control responders last: 1. Reversed Q = 0, -1/2, 0: area -3/4 of a perfect 3."""
    outcome, treatment = [1, 0, 0, 1], [1, 1, 0, 0]
    assert qini_coefficient(outcome, treatment, [3, 2, 2, 1]) == 1.0
    assert qini_coefficient(outcome, treatment, [1, 2, 2, 3]) == -0.25


def test_constant_score_is_zero() -> None:
    """One tie block is the diagonal itself."""
    assert qini_coefficient([1, 0, 1, 0, 1], [1, 0, 0, 1, 1], [0.3] * 5) == 0.0


def test_revenue_by_hand() -> None:
    """Treated 10, control 4 and -2, treated 0: Q = 10, 6 (=10-4·1/1), 9 (10-2·1/2), 8 (10-2·2/2)."""
    outcome, treatment, score = [10.0, 4.0, -2.0, 0.0], [1, 0, 0, 1], [4, 3, 2, 1]
    x, y = qini_curve(outcome, treatment, score)
    assert x.tolist() == [0, 1, 2, 3, 4]
    assert y.tolist() == [0, 10, 6, 9, 8]
    # N_t/N_c = 1: contributions 10, 2, 0, -4.
    perfect = perfect_qini_curve(outcome, treatment)
    assert [line.tolist() for line in perfect] == [[0, 1, 2, 3, 4], [0, 10, 12, 12, 8]]
    area, best, half = 5 + 8 + 7.5 + 8.5, 5 + 11 + 12 + 10, 16
    assert qini_area(outcome, treatment, score) == (area - half) / 16
    assert qini_coefficient(outcome, treatment, score) == pytest.approx((area - half) / (best - half))


def test_perfect_curve_of_binary_outcomes_has_its_four_corners() -> None:
    """(0, 0), (R_t, R_t), (N - R_c, R_t), (N, Q_N); the general form gives the binary coefficient too."""
    outcome, treatment = [1, 1, 0, 1, 0, 0, 1], [1, 1, 1, 0, 0, 0, 0]
    x, y = perfect_qini_curve(outcome, treatment)
    assert x.tolist() == [0, 2, 5, 7]
    assert y.tolist() == pytest.approx([0, 2, 2, 2 - 2 * 3 / 4])
    rng = np.random.default_rng(3)
    for _ in range(50):
        responses, arm, score = a_trial(rng)
        # Any positive factor makes the outcome one of money and leaves the coefficient as it is.
        assert qini_coefficient(2.5 * responses, arm, score) == pytest.approx(
            qini_coefficient(responses, arm, score), abs=1e-12
        )


def test_no_order_is_better_than_another() -> None:
    """Each treated adds 1, each of two controls -(-2)·(1/2) = 1: there is nothing to rank."""
    with pytest.raises(NoResponseError, match="every user adds the same"):
        qini_coefficient([1, -2, -2], [1, 0, 0], [1, 2, 3])
