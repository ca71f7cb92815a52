"""The Qini coefficient against hand-computed cases, invariants, and scikit-uplift."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.qini import qini_coefficient, qini_curve


def a_trial(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcome, treatment and score of a small random trial with both arms and a response."""
    n = int(rng.integers(4, 120))
    treatment, outcome = rng.integers(0, 2, n), (rng.random(n) < rng.random()).astype(int)
    treatment[:2], outcome[:2] = (0, 1), (1, 0)
    score = [rng.integers(-3, 4, n) / 2, rng.random(n), np.round(rng.random(n), 1)][int(rng.integers(3))]
    return outcome, treatment, score


def test_equals_scikit_uplift_on_random_arrays_with_ties() -> None:
    """400 random trials, two thirds of them with ties, agree to 1e-9."""
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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_row_order_and_monotone_transforms_do_not_matter(seed: int) -> None:
    """Shuffled rows, and a strictly increasing function of the score, give the same figure."""
    rng = np.random.default_rng(seed)
    outcome, treatment, score = a_trial(rng)
    order = rng.permutation(len(score))
    figure = qini_coefficient(outcome, treatment, score)
    assert figure == pytest.approx(qini_coefficient(outcome[order], treatment[order], score[order]), abs=1e-12)
    assert figure == pytest.approx(qini_coefficient(outcome, treatment, score * 2**10), abs=1e-12)
    assert figure <= 1 + 1e-12


@pytest.mark.parametrize(
    ("outcome", "treatment", "score", "message"),
    [
        ([1, 0], [1, 0], [np.nan, 1], "score has NaN in 1 rows"),
        ([1, np.nan], [1, 0], [0, 1], "outcome has NaN"),
        ([1, 0, 1], [1, 0], [0, 1], "equal lengths"),
        ([1, 0], [1, 2], [0, 1], "treatment must be 0 or 1"),
        ([np.inf, 0], [1, 0], [0, 1], "infinite"),
        (["1", "0"], [1, 0], [0, 1], "array of numbers"),
        ([1, 0], [1, 1], [0, 1], "one arm only"),
        ([1, 0], [0, 0], [0, 1], "one arm only"),
        ([0, 0], [1, 0], [0, 1], "no responses"),
        ([], [], [], "at least one row"),
        ([[1]], [[1]], [[1]], "one-dimensional"),
    ],
)
def test_broken_input_is_named(outcome: list, treatment: list, score: list, message: str) -> None:
    """Each rule that an array breaks is in the error."""
    with pytest.raises(ValueError, match=message):
        qini_coefficient(outcome, treatment, score)
