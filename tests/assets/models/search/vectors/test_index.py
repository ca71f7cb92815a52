"""Vector search against exact scoring, with and without filters."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assets.models.search.vectors.index import VectorIndex

N, DIM, K = 16_000, 48, 10


def clustered(n: int, dim: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors about 80 centres, as product texts lie about their categories."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(80, dim))
    rows = centres[rng.integers(0, 80, n)] + 0.6 * rng.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


VECTORS = clustered(N, DIM, 1)
QUERIES = clustered(100, DIM, 1)


@pytest.fixture(scope="module")
def index() -> VectorIndex:
    """The graph over 16,000 clustered vectors."""
    return VectorIndex.build(VECTORS)


def masks() -> dict[str, NDArray[np.bool_]]:
    """Random masks from all to one in 200, and one that is far from most queries."""
    rng = np.random.default_rng(2)
    drawn = {f"{share:.1%}": rng.random(N) < share for share in (1.0, 0.9, 0.3, 0.05, 0.005)}
    return {**drawn, "one half-space": VECTORS[:, 0] < np.quantile(VECTORS[:, 0], 0.3)}


@pytest.mark.parametrize(("name", "mask"), masks().items())
def test_recall_under_filters(index: VectorIndex, name: str, mask: NDArray[np.bool_]) -> None:
    """At least .97 of the exact ten are found, and every answer is full, allowed and sorted."""
    hits = 0
    for query in QUERIES:
        answer = index.search(query, K, None if name == "100.0%" else mask)
        exact = np.argsort(-np.where(mask, VECTORS @ query, -9), kind="stable")[:K]
        hits += len(set(answer.items.tolist()) & set(exact.tolist()))
        assert len(set(answer.items.tolist())) == K
        assert mask[answer.items].all()
        assert (np.diff(answer.scores) <= 0).all()
        np.testing.assert_allclose(answer.scores, VECTORS[answer.items] @ query, atol=1e-5)
    assert hits / (K * len(QUERIES)) >= 0.97


def test_by_hand() -> None:
    """Three directions: the query leans to the second; its length does not matter."""
    index = VectorIndex.build(np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32))
    answer = index.search(np.array([3, 4], dtype=np.float32), 5)
    assert answer.items.tolist() == [1, 0, 2]
    np.testing.assert_allclose(answer.scores, [0.8, 0.6, -0.6], atol=1e-6)


def test_similar_to_another_vector_than_its_own(index: VectorIndex) -> None:
    """What is asked for is the query, and the item is left out wherever it stands."""
    asked = index.search(QUERIES[0], K + 1)
    first, last = int(asked.items[0]), int(asked.items[-1])
    assert index.similar(first, K, query=QUERIES[0]).items.tolist() == asked.items[1:].tolist()
    assert index.similar(last, K, query=QUERIES[0]).items.tolist() == asked.items[:-1].tolist()
    assert index.vector(first).tolist() == VECTORS[first].tolist()
    with pytest.raises(ValueError, match="positions run from"):
        index.vector(-1)


def test_similar_is_never_itself(index: VectorIndex) -> None:
    """Also among equal vectors, where the item may not be the first it finds."""
    for item in range(0, 100, 7):
        assert item not in index.similar(item, K).items
        assert len(index.similar(item, K).items) == K
    same = VectorIndex.build(np.tile(np.array([[1, 0]], dtype=np.float32), (4_000, 1)))
    assert 2 not in same.similar(2, 3).items
    assert same.similar(2, 3).scores.tolist() == [1, 1, 1]


def test_recall_of_similar_items(index: VectorIndex) -> None:
    """At least .99 of the exact ten: the walk ends at the item itself."""
    asked = range(0, N, N // 100)
    hits = 0
    for item in asked:
        exact = np.argsort(-(VECTORS @ VECTORS[item]), kind="stable")
        hits += len(set(index.similar(item, K).items.tolist()) & set(exact[exact != item][:K].tolist()))
    assert hits / (K * len(asked)) >= 0.99


def test_a_graph_in_parts_still_gives_all() -> None:
    """Of 60 equal vectors apart from 4,000 others more are asked for than hang together: all that there are come."""
    apart = np.array([[0, -1]], dtype=np.float32)
    angle = np.linspace(0, 0.1, 4_000)
    rows = np.concatenate([np.column_stack([np.cos(angle), np.sin(angle)]), np.tile(apart, (60, 1))])
    answer = VectorIndex.build(rows.astype(np.float32)).search(apart[0], 50)
    assert len(set(answer.items.tolist())) == 50
    assert answer.scores.tolist() == [1] * 50


@settings(max_examples=30)
@given(st.integers(0, 99), st.integers(1, 60), st.floats(0, 1))
def test_a_full_answer_for_any_mask(index: VectorIndex, row: int, k: int, share: float) -> None:
    """As many items as are allowed, up to k, in any mix of mask and k."""
    mask = np.random.default_rng(row).random(N) < share
    answer = index.search(QUERIES[row], k, mask)
    assert len(answer.items) == len(set(answer.items.tolist())) == min(k, mask.sum())
    assert mask[answer.items].all()


def test_round_trip_and_same_bytes(index: VectorIndex, tmp_path: Path) -> None:
    """A loaded index answers alike, and a second build writes the same files."""
    first, second = tmp_path / "1", tmp_path / "2"
    for folder, one in ((first, index), (second, VectorIndex.build(VECTORS))):
        folder.mkdir()
        one.save(folder)
    assert (first / "index.bin").read_bytes() == (second / "index.bin").read_bytes()
    loaded = VectorIndex.load(first)
    for query in QUERIES[:20]:
        for mask in (None, masks()["30.0%"]):
            before, after = index.search(query, K, mask), loaded.search(query, K, mask)
            assert before.items.tolist() == after.items.tolist()
            assert before.scores.tolist() == after.scores.tolist()


def test_refusals(index: VectorIndex, tmp_path: Path) -> None:
    """Vectors that are not of length 1, queries without a direction, foreign items, mixed files."""
    with pytest.raises(ValueError, match="normalise the rows"):
        VectorIndex.build(np.array([[1, 1]], dtype=np.float32))
    with pytest.raises(ValueError, match="normalise the rows"):
        VectorIndex.build(np.array([[np.nan, 1]], dtype=np.float32))
    with pytest.raises(ValueError, match="one row for each item"):
        VectorIndex.build(np.empty((0, 4), dtype=np.float32))
    for bad in (np.zeros(DIM), np.full(DIM, np.nan), np.ones(DIM + 1)):
        with pytest.raises(ValueError, match="not all 0"):
            index.search(bad.astype(np.float32), K)
    with pytest.raises(ValueError, match="not in the index"):
        index.similar(N, K)
    index.save(tmp_path)
    np.save(tmp_path / "vectors.npy", VECTORS[:-1])
    with pytest.raises((ValueError, RuntimeError)):
        VectorIndex.load(tmp_path)
