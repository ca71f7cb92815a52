"""What earlier queries found, by hand."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.query_memory import QueryMemory

EAST, NORTH = np.array([1, 0], dtype=np.float32), np.array([0, 2], dtype=np.float32)
BETWEEN = np.array([0.6, 0.8], dtype=np.float32)


@pytest.fixture
def memory() -> QueryMemory:
    """East found items 1 (gain 3) and 4 (gain 1), north found 4 (gain 2); item 0 was judged worthless."""
    judged = [JudgedQuery("east", EAST, {4: 1.0, 1: 3.0, 0: 0.0}), JudgedQuery("north", NORTH, {4: 2.0})]
    return QueryMemory.build(judged, n_items=6)


def test_what_is_remembered_of_items(memory: QueryMemory) -> None:
    """Cosines .6 to east and .8 to north: best cosine, best cosine·gain, Σ cosine^8·gain, number of queries."""
    remembered = memory.of(BETWEEN, np.array([0, 1, 4], dtype=np.int32))
    expected = [[0, 0, 0, 0], [0.6, 1.8, 3 * 0.6**8, 1], [0.8, 1.6, 0.6**8 + 2 * 0.8**8, 2]]
    np.testing.assert_allclose(remembered, expected, rtol=1e-5)


def test_proposals_and_their_mask(memory: QueryMemory) -> None:
    """Both queries are near enough to be asked; a mask takes products out."""
    assert memory.proposed(BETWEEN).tolist() == [1, 4]
    assert memory.proposed(BETWEEN, np.array([1, 0, 1, 1, 1, 1], dtype=bool)).tolist() == [4]


def test_only_queries_that_are_like_enough_propose(memory: QueryMemory) -> None:
    """North is at .8 and east at .6: above .7 north alone, above .9 neither."""
    assert memory.proposed(BETWEEN, like=0.7).tolist() == [4]
    assert memory.proposed(BETWEEN, like=0.9).tolist() == []


def test_round_trip(memory: QueryMemory, tmp_path: Path) -> None:
    """What is loaded says the same."""
    memory.save(tmp_path)
    items = np.arange(6, dtype=np.int32)
    again = QueryMemory.load(tmp_path, 6)
    np.testing.assert_array_equal(again.of(BETWEEN, items), memory.of(BETWEEN, items))
    assert again.proposed(EAST).tolist() == memory.proposed(EAST).tolist()


def test_nothing_to_remember() -> None:
    """A query without a gain is nothing to remember."""
    with pytest.raises(ValueError, match="nothing to remember"):
        QueryMemory.build([JudgedQuery("east", EAST, {0: 0.0})], 2)
