"""Item-kNN by hand and against dense cosines."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets.recommendations.item_knn import ItemKnn


def test_by_hand() -> None:
    """0 and 1 share two of three groups each; 2 shares one with 1."""
    model = ItemKnn.fit(np.array([1, 1, 1, 2, 2, 3, 4, 4]), np.array([0, 1, 1, 0, 1, 0, 1, 2]), 4)
    answer = model.recommend([1], 5)
    assert answer.items.tolist() == [0, 2]
    np.testing.assert_allclose(answer.scores, [2 / 3, 1 / np.sqrt(3)], rtol=1e-6)
    assert model.recommend([3], 5).items.tolist() == []
    assert model.recommend([0, 1], 5).items.tolist() == [2]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=50), st.sets(st.integers(0, 6), min_size=1))
def test_against_dense_cosines(rows: list[tuple[int, int]], asked: set[int]) -> None:
    """The same sums as a dense matrix gives."""
    held = np.zeros((10, 7))
    for group, item in rows:
        held[group, item] = 1
    size = np.sqrt(held.sum(axis=0))
    cosine = (held.T @ held) / np.maximum(np.outer(size, size), 1)
    total = cosine[sorted(asked)].sum(axis=0)
    expected = {i: total[i] for i in range(7) if total[i] > 0 and i not in asked}
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    answer = ItemKnn.fit(table[:, 0], table[:, 1], 7).recommend(sorted(asked), 7)
    assert set(answer.items.tolist()) == set(expected)
    np.testing.assert_allclose(answer.scores, [expected[i] for i in answer.items.tolist()], rtol=1e-5)
