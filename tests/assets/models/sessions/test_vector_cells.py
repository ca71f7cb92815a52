"""Filing of vectors."""

import numpy as np

from assets.models.sessions.vector_cells import VectorCells


def unit_rows(n: int, seed: int) -> np.ndarray:
    """Random unit vectors."""
    rows = np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_each_known_item_is_in_the_cell_of_its_nearest_centre() -> None:
    """Rows of 0 are in none."""
    vectors = unit_rows(300, 0)
    vectors[::7] = 0
    cells = VectorCells.build(vectors, seed=1)
    assert sorted(cells.items.tolist()) == np.flatnonzero(vectors.any(axis=1)).tolist()
    cell = np.repeat(np.arange(len(cells.centres)), np.diff(cells.starts))
    np.testing.assert_array_equal(cell, np.argmax(vectors[cells.items] @ cells.centres.T, axis=1))


def test_the_same_seed_gives_the_same_cells() -> None:
    """Bit by bit."""
    one, other = (VectorCells.build(unit_rows(200, 3), seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.centres, other.centres)
    np.testing.assert_array_equal(one.items, other.items)


def test_without_vectors_there_is_one_empty_cell() -> None:
    """A query then finds nothing."""
    cells = VectorCells.build(np.zeros((4, 6), dtype=np.float32), seed=0)
    assert cells.starts.tolist() == [0, 0]
    assert len(cells.items) == 0
