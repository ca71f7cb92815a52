"""Whom a strategy contacts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluation.policy_value.roi_strategies import spend_down


def test_by_hand() -> None:
    """Money of 4: the best costs 3, half of the two that tie at 2 each can be shared; the worst gets nothing."""
    share = spend_down(np.array([1.0, 5.0, 5.0, 9.0]), np.array([1.0, 1.0, 1.0, 3.0]), 4.0)
    assert share.tolist() == [0, 0.5, 0.5, 1]


def test_what_is_free_is_always_bought() -> None:
    """Also when the money is spent; what is not among the allowed never is."""
    among = np.array([True, True, False])
    assert spend_down(np.array([2.0, 1.0, 3.0]), np.array([1.0, 0.0, 0.0]), 0.0, among).tolist() == [0, 1, 0]
    assert spend_down(np.array([2.0]), np.array([1.0]), 9.0, np.array([False])).tolist() == [0]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.floats(0, 25))
def test_at_a_cost_of_one_it_is_the_share_of_the_top(scores: list[int], rows: float) -> None:
    """Of so many rows: that of each score is what those above it leave of them, shared by those who tie."""
    score = np.array(scores, dtype=float)
    expected = [min(1.0, max(0.0, rows - (score > one).sum()) / (score == one).sum()) for one in scores]
    np.testing.assert_allclose(spend_down(score, np.ones(score.size), rows), expected, atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.floats(0, 30))
def test_spends_the_money_and_no_more(seed: int, money: float) -> None:
    """All of it, or everybody is bought."""
    rng = np.random.default_rng(seed)
    score, cost = rng.integers(0, 4, 12).astype(float), rng.uniform(0, 3, 12)
    spent = (spend_down(score, cost, money) * cost).sum()
    np.testing.assert_allclose(spent, min(money, cost.sum()), atol=1e-9)
