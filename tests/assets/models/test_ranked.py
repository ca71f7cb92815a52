"""The answer type: order, ties and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.ranked import check_mask, check_positions, empty, first_by, top_k


def test_ties_go_to_the_lower_item() -> None:
    """Three items share the best score; a cut at two keeps the two lowest."""
    answer = top_k(np.array([9, 4, 7, 1]), np.array([1.0, 1.0, 1.0, 0.5]), 2)
    assert answer.items.tolist() == [4, 7]
    assert answer.scores.tolist() == [1.0, 1.0]
    assert (answer.items.dtype, answer.scores.dtype) == (np.int32, np.float32)


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 50), st.randoms(use_true_random=False))
def test_equals_a_full_sort_in_any_row_order(grades: list[int], k: int, random: object) -> None:
    """The cut by partition gives what sorting everything gives."""
    rows = list(range(len(grades)))
    random.shuffle(rows)  # type: ignore[attr-defined]  # hypothesis hands out random.Random
    expected = sorted(range(len(grades)), key=lambda i: (-grades[i], i))[:k]
    scores = np.array([grades[i] for i in rows], dtype=np.float64)
    answer = top_k(np.array(rows, dtype=np.int64), scores, k)
    assert answer.items.tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 3) | st.just(np.inf), st.integers(0, 2)), max_size=40),
    st.integers(1, 50),
)
def test_the_first_rows_are_those_of_a_whole_sort(rows: list[tuple[float, int]], k: int) -> None:
    """By the first key, then the second, then the row; infinite keys are last."""
    keys = [np.array([row[column] for row in rows], dtype=np.float64) for column in (0, 1)]
    expected = sorted(range(len(rows)), key=lambda i: (*rows[i], i))[:k]
    assert first_by(keys, k).tolist() == expected


def test_take_and_empty() -> None:
    """Taking more than there is gives what there is."""
    answer = top_k(np.array([1, 2]), np.array([0.1, 0.2]), 5)
    assert answer.take(1).items.tolist() == [2]
    assert answer.take(9).items.tolist() == [2, 1]
    assert len(empty().items) == 0


def test_refusals_name_the_remedy() -> None:
    """A bad k, mask or position is refused with what to do."""
    with pytest.raises(ValueError, match="at least 1"):
        top_k(np.array([1]), np.array([1.0]), 0)
    with pytest.raises(ValueError, match="at least 1"):
        first_by([np.array([1.0])], 0)
    with pytest.raises(ValueError, match="same release's catalogue"):
        check_mask(np.ones(3, dtype=np.bool_), 4)
    with pytest.raises(ValueError, match="look the ids up"):
        check_positions(np.array([0, 5]), 5)
    check_positions(np.array([-1, 4]), 5)
    check_mask(None, 4)
