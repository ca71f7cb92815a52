"""The compiled parts beside plain numpy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.compiled.partial_sort import top
from assets.models.sessions.candidates import nearest_items, session_vector, similar_sessions
from assets.models.sessions.knn import SessionKnn
from assets.models.sessions.vector_cells import VectorCells


@settings(max_examples=150)
@given(st.lists(st.integers(-2, 6), max_size=40), st.integers(1, 12))
def test_top_is_a_stable_sort(values: list[int], k: int) -> None:
    """Scores above 0, the highest first, the first of equals."""
    score = np.array(values, dtype=np.float32)
    order = np.argsort(-score, kind="stable")
    assert top(score, len(score), k).tolist() == [int(i) for i in order if score[i] > 0][:k]


def test_nearest_items_are_those_of_exact_search() -> None:
    """With fewer cells than are looked into, nothing is missed; items that are not allowed never come."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(120, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cells = VectorCells.build(vectors, 0)
    allowed = rng.random(120) < 0.5
    for mask in (np.zeros(0, dtype=np.bool_), allowed):
        found = nearest_items(cells.centres, cells.starts, cells.items, vectors[cells.items], vectors[3], 10, mask)
        product = vectors @ vectors[3]
        eligible = np.flatnonzero(mask) if len(mask) else np.arange(120)
        assert found.tolist() == eligible[np.argsort(-product[eligible])][:10].tolist()


def test_session_vector_by_its_formula() -> None:
    """Q = normalised(L e_last + M Σ a_t e_t) for the last clicks, of two members side by side."""
    rng = np.random.default_rng(1)
    members, attention, of_last, of_mean = (
        rng.normal(size=(2, *s)).astype(np.float32) for s in ((6, 4), *[(4, 4)] * 3)
    )
    bias = np.array([[0.5, 0.0, -0.5], [0.0, 1.0, 2.0]], dtype=np.float32)
    seq = np.array([0, 5, 2, 3], dtype=np.int32)
    expected = []
    for e in range(2):
        newest = members[e][[3, 2, 5]]
        weight = np.exp(newest @ (attention[e] @ newest[0]) + bias[e])
        vector = of_last[e] @ newest[0] + of_mean[e] @ (weight @ newest / weight.sum())
        expected.append(vector / np.linalg.norm(vector) / 2**0.5)
    side_by_side = np.concatenate(members, axis=1) / np.float32(2**0.5)
    found = session_vector(side_by_side, attention, bias, of_last, of_mean, seq)
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-4, atol=1e-5)


def test_the_session_that_shares_most_comes_first() -> None:
    """Of two that share as much the newer; sessions that share nothing are not neighbours."""
    sessions = [[0, 1, 4], [0, 5], [0, 6], [7, 8]]
    session = np.repeat(np.arange(4), [len(s) for s in sessions])
    item = np.array([i for s in sessions for i in s])
    knn = SessionKnn.fit(session, item, np.arange(len(item)), 9)
    item_starts, item_sessions, starts, _, idf = knn.arrays
    numbers, similarity, newest = similar_sessions(
        item_starts, item_sessions, idf, len(starts) - 1, np.array([1, 0]), 5, np.array([0.3, 0.15], dtype=np.float32)
    )
    assert numbers.tolist() == [0, 2, 1]
    assert newest.tolist() == [0, 1, 1]
    assert similarity[0] > similarity[1] > similarity[2]


def test_recency_and_rarity_weigh_what_is_shared() -> None:
    """Sessions {0, 1} and {0, 2}; asked for 0 and then 1: 1 + ½ for the first, ½ for the second; idf of 1 is ln 2."""
    knn = SessionKnn.fit(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 2]), np.arange(4), 3)
    item_starts, item_sessions, starts, _, idf = knn.arrays

    def similarities(recency: float, rarity: float) -> dict[int, float]:
        weights = np.array([recency, rarity], dtype=np.float32)
        numbers, similarity, _ = similar_sessions(
            item_starts, item_sessions, idf, len(starts) - 1, np.array([1, 0]), 5, weights
        )
        return dict(zip(numbers.tolist(), similarity.tolist(), strict=True))

    assert similarities(0, 0) == {0: 1.5, 1: 0.5}
    assert similarities(4, 0) == {0: 1.5, 1: 2.5}
    np.testing.assert_allclose(similarities(0, 1)[0], 1.5 + np.log(2), rtol=1e-6)
