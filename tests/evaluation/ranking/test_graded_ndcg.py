"""Graded NDCG by hand, with scikit-learn as oracle."""

import numpy as np
import pytest

from evaluation.ranking.graded_ndcg import gain_of, graded_ndcg


def test_gains() -> None:
    """1 is worth nothing, 2 one, 3 three."""
    assert [gain_of(r) for r in (1.0, 2.0, 3.0)] == [0.0, 1.0, 3.0]


def test_by_hand() -> None:
    """The ideal order is 1; the second best first and the best third is (1 + 3/2) / (3 + 1/log2 3)."""
    gains = {7: 3.0, 8: 1.0, 9: 0.0}
    ideal, swapped, nothing = graded_ndcg([[7, 8], [8, 1, 7], []], [gains] * 3, 10)
    assert ideal == pytest.approx(1)
    assert swapped == pytest.approx((1 + 3 / 2) / (3 + 1 / np.log2(3)))
    assert nothing == 0


def test_as_scikit_learn() -> None:
    """Rankings of a whole small catalogue score as sklearn's ndcg_score."""
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(0)
    for _ in range(20):
        gain, score = rng.integers(0, 4, 30).astype(float), rng.permutation(30).astype(float)
        gain[0] = 1.0
        (own,) = graded_ndcg([np.argsort(-score)], [dict(enumerate(gain))], 10)
        assert own == pytest.approx(ndcg_score([gain], [score], k=10))


@pytest.mark.parametrize(
    ("ranked", "gains", "k", "said"),
    [
        ([[1]], [{1: 1.0}], 0, "at least 1"),
        ([[1]], [], 5, "one of each a query"),
        ([[1]], [{1: 0.0}], 5, "no gain above 0"),
        ([[1, 1]], [{1: 1.0}], 5, "twice"),
    ],
)
def test_refusals(ranked: list[list[int]], gains: list[dict[int, float]], k: int, said: str) -> None:
    """What cannot be measured is refused with the reason."""
    with pytest.raises(ValueError, match=said):
        graded_ndcg(ranked, gains, k)
