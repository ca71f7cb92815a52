"""The area under the uplift curve by hand, against scikit-uplift, and its invariants."""

import warnings

import numpy as np
import pytest

from evaluation.uplift.auuc import auuc, auuc_coefficient, uplift_curve
from evaluation.uplift.trial import NoResponseError


def test_curve_by_hand() -> None:
    """Treated responder, control responder, treated, control: (1-0)·1, (1-1)·2, (1/2-1)·3, (1/2-1/2)·4."""
    x, y = uplift_curve([1, 1, 0, 0], [1, 0, 1, 0], [4, 3, 2, 1])
    assert x.tolist() == [0, 1, 2, 3, 4]
    assert y.tolist() == [0, 1, 0, -1.5, 0]
    assert auuc([1, 1, 0, 0], [1, 0, 1, 0], [4, 3, 2, 1]) == (1 + 0 - 1.5 + 0) / 16


def test_revenue_by_hand() -> None:
    """Treated 10, control 4: U = 10, 12; above the diagonal's 6 by 4 at one of two."""
    assert auuc([10, 4], [1, 0], [2, 1]) == (0.5 * 10 + 0.5 * (10 + 12) - 12) / 4


def test_equals_scikit_uplift_on_random_arrays_with_ties() -> None:
    """100 random trials agree to 1e-9, curve and coefficient."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-uplift uses functions that scikit-learn deprecates
        from sklift.metrics import uplift_auc_score
        from sklift.metrics import uplift_curve as oracle_curve

        rng = np.random.default_rng(11)
        for _ in range(100):
            n = int(rng.integers(8, 200))
            treatment, outcome = (rng.random(n) < rng.uniform(0.1, 0.9)) * 1, (rng.random(n) < rng.random()) * 1
            treatment[:4], outcome[:4] = (0, 1, 0, 1), (1, 0, 0, 1)
            score = rng.random(n) if rng.random() < 0.4 else rng.integers(-3, 4, n) / 2
            expected = uplift_auc_score(outcome, score, treatment)
            assert auuc_coefficient(outcome, treatment, score) == pytest.approx(expected, abs=1e-9)
            for ours, theirs in zip(
                uplift_curve(outcome, treatment, score), oracle_curve(outcome, score, treatment), strict=True
            ):
                np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_no_order_better_than_another() -> None:
    """All of the treated responded and no control: the effect is the same everywhere, the perfect curve straight."""
    with pytest.raises(NoResponseError, match="no order"):
        auuc_coefficient([1, 0], [1, 0], [1, 2])
