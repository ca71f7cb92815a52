"""What every uplift measure keeps: the order of rows does not matter, and a constant score is worth nothing."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.resampling.bootstrap import Bootstrap
from evaluation.uplift.auuc import auuc, auuc_coefficient, uplift_curve
from evaluation.uplift.deciles import uplift_by_decile
from evaluation.uplift.intervals import qini_area_interval, qini_interval, uplift_at_k_interval
from evaluation.uplift.qini import qini_area, qini_coefficient, qini_curve
from evaluation.uplift.rate import rate, rate_interval, toc_curve
from evaluation.uplift.uplift_at_k import uplift_at_k

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def _effects(outcome: np.ndarray, treatment: np.ndarray) -> np.ndarray:
    return 2.0 * outcome * (2 * treatment - 1)


def _money(outcome: np.ndarray) -> np.ndarray:
    # Returns make some of it negative.
    return outcome * (1.0 + np.arange(outcome.size) % 7 - 2)


FEW = Bootstrap(20)
WORTH: dict[str, Callable[..., object]] = {
    "qini_coefficient": qini_coefficient,
    "qini_area": qini_area,
    "auuc": auuc,
    "auuc_coefficient": auuc_coefficient,
    "autoc": lambda y, t, s: rate(_effects(y, t), s),
}
"""Measures of an order, which a constant score has none of."""

MEASURES = WORTH | {
    "qini_curve": qini_curve,
    "uplift_curve": uplift_curve,
    "toc_curve": lambda y, t, s: toc_curve(_effects(y, t), s),
    "uplift_at_k": lambda y, t, s: uplift_at_k(y, t, s, 0.63),
    "uplift_by_decile": lambda y, t, s: uplift_by_decile(y, t, s, bins=2).fill_null(-1).to_numpy(),
    "qini_interval": lambda *a: qini_interval(*a, bootstrap=FEW),
    "qini_area_interval": lambda *a: qini_area_interval(*a, FEW),
    "qini difference": lambda y, t, s: qini_interval(y, t, s, baseline=-s, bootstrap=FEW),
    "uplift_at_k_interval": lambda *a: uplift_at_k_interval(*a, 0.63, bootstrap=FEW),
    "uplift at k difference": lambda y, t, s: uplift_at_k_interval(y, t, s, 0.63, baseline=-s, bootstrap=FEW),
    "rate_interval": lambda y, t, s: rate_interval(_effects(y, t), s, bootstrap=FEW),
}
CONTINUOUS = ("qini_coefficient", "qini_area", "auuc", "autoc", "qini_curve", "uplift_curve", "uplift_at_k")


def a_trial(seed: int) -> tuple[Arrays, np.ndarray]:
    """A trial of which the top and the bottom hold both arms, and another order of its rows."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 80))
    treatment, outcome = rng.integers(0, 2, n), (rng.random(n) < rng.uniform(0.2, 0.8)).astype(int)
    score = np.round(rng.random(n), int(rng.integers(1, 3)))
    # All four kinds of user lead and close the order.
    treatment[:8], outcome[:8] = (0, 0, 1, 1, 0, 0, 1, 1), (0, 1, 0, 1, 0, 1, 0, 1)
    score[:8] = (2, 2, 2, 2, -1, -1, -1, -1)
    return (outcome, treatment, score), rng.permutation(n)


@pytest.mark.parametrize("name", MEASURES)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_row_order_does_not_matter(name: str, seed: int) -> None:
    """Shuffled rows give the same figures, bootstrap included."""
    arrays, order = a_trial(seed)
    figures = MEASURES[name](*arrays)
    np.testing.assert_allclose(MEASURES[name](*(values[order] for values in arrays)), figures, atol=1e-12)


@pytest.mark.parametrize("name", CONTINUOUS)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_row_order_does_not_matter_with_money(name: str, seed: int) -> None:
    """As above with revenue, some of it negative."""
    (outcome, treatment, score), order = a_trial(seed)
    money = _money(outcome)
    figures = MEASURES[name](money, treatment, score)
    shuffled = MEASURES[name](money[order], treatment[order], score[order])
    np.testing.assert_allclose(shuffled, figures, atol=1e-9)


@pytest.mark.parametrize("name", WORTH)
@pytest.mark.parametrize("constant", [0.3, 0.0, -7, np.inf])
def test_constant_score_is_worth_exactly_nothing(name: str, constant: float) -> None:
    """One block of ties is the diagonal itself."""
    (outcome, treatment, score), _ = a_trial(4)
    assert WORTH[name](outcome, treatment, np.full(score.size, constant)) == 0.0


@pytest.mark.parametrize("name", ["qini_coefficient", "qini_area", "auuc", "auuc_coefficient"])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_only_the_order_of_scores_matters(name: str, seed: int) -> None:
    """A strictly increasing function of the score gives the same figure."""
    (outcome, treatment, score), _ = a_trial(seed)
    figure = WORTH[name](outcome, treatment, score)
    assert WORTH[name](outcome, treatment, np.exp(score) * 2**10) == pytest.approx(figure, abs=1e-12)
