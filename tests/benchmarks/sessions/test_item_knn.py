"""The baseline by hand."""

import numpy as np

from benchmarks.sessions.item_knn import SHRINKAGE, ItemKnn


def test_by_hand() -> None:
    """Sessions 0 1 1, 0 1 and 0 2: of 0's three sessions 1 shares two and 2 one; nothing is known after an unknown."""
    session, item = np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 0, 1, 0, 2])
    model = ItemKnn(session, item, 4)
    answer = model.recommend([3, 0], 5)
    assert answer.items.tolist() == [1, 2]
    np.testing.assert_allclose(answer.scores, [2 / (6**0.5 + SHRINKAGE), 1 / (3**0.5 + SHRINKAGE)])
    assert model.recommend([0], 5).items.tolist() == [1, 2]
    assert not len(model.recommend([3], 5).items)
    assert not len(model.recommend([0, -1], 5).items)
