"""Ranking measures by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.ranking.ranking import coverage, diversity, hit_rate, mrr, ndcg, novelty, recall

RANKED = [np.array([5, 3, 9], dtype=np.int32), np.array([1, 2], dtype=np.int32), np.array([], dtype=np.int32)]
TARGETS = [{9, 3}, {7}, [4]]


def test_by_hand() -> None:
    """Targets at ranks 2 and 3 of the first query; misses in the others."""
    assert hit_rate(RANKED, TARGETS, 3).tolist() == [1, 0, 0]
    assert hit_rate(RANKED, TARGETS, 1).tolist() == [0, 0, 0]
    assert mrr(RANKED, TARGETS, 3).tolist() == [0.5, 0, 0]
    assert recall(RANKED, TARGETS, 2).tolist() == [0.5, 0, 0]
    gain = (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3))
    np.testing.assert_allclose(ndcg(RANKED, TARGETS, 3), [gain, 0, 0])
    assert coverage(RANKED, 2, 10) == 0.4


def test_more_targets_than_places() -> None:
    """The ideal list is k long: k hits of five targets are a perfect NDCG, and a recall of k/5."""
    assert ndcg([[1, 2]], [{1, 2, 3, 4, 5}], 2).tolist() == [1.0]
    assert recall([[1, 2]], [{1, 2, 3, 4, 5}], 2).tolist() == [0.4]


@given(st.permutations(list(range(8))), st.sets(st.integers(0, 7), min_size=1), st.integers(1, 8))
def test_all_lie_in_the_unit_interval_and_agree_on_hits(items: list[int], wanted: set[int], k: int) -> None:
    """Each is 0 exactly where there is no hit."""
    figures = [measure([items], [wanted], k)[0] for measure in (hit_rate, mrr, recall, ndcg)]
    assert all(0 <= figure <= 1 + 1e-12 for figure in figures)
    assert len({figure > 0 for figure in figures}) == 1


def test_broken_input_is_named() -> None:
    """Rules of the inputs."""
    with pytest.raises(ValueError, match="k must be at least 1"):
        hit_rate(RANKED, TARGETS, 0)
    with pytest.raises(ValueError, match="3 ranked lists but 1 target"):
        hit_rate(RANKED, [{1}], 1)
    with pytest.raises(ValueError, match="query 0 has no target"):
        mrr([[1]], [set()], 1)
    with pytest.raises(ValueError, match="ranks an item twice"):
        ndcg([[1, 1]], [{1}], 2)
    with pytest.raises(ValueError, match="n_items"):
        coverage(RANKED, 1, 0)


def test_novelty_by_hand() -> None:
    """Shares 1/2, 1/4, 1/4 with one added to each: 1, 2 and 2 bits."""
    seen = np.array([3, 1, 1])
    assert novelty([[0, 1], [1, 2], [], [2]], 2, seen).tolist() == [1.5, 2, 0, 2]
    assert novelty([[0, 1]], 1, seen).tolist() == [1]


def test_diversity_by_hand() -> None:
    """0 and 1 are alike, 2 shares one of two labels with each, 3 nothing; 4 and 5 have no label."""
    labels = [{"a"}, {"a"}, {"a", "b"}, {"c"}, (), ()]
    found = diversity([[0, 1], [0, 2], [0, 3], [0, 1, 3], [4, 5], [0, 4], [0], []], 3, labels)
    np.testing.assert_allclose(found, [0, 0.5, 1, 2 / 3, 0, 1, 0, 0])
    assert diversity([[0, 1, 3]], 2, labels).tolist() == [0]


def test_broken_input_of_novelty_and_diversity() -> None:
    """A k of 0."""
    with pytest.raises(ValueError, match="k must be at least 1"):
        novelty([[0]], 0, np.array([1]))
    with pytest.raises(ValueError, match="k must be at least 1"):
        diversity([[0]], 0, [{"a"}])
