"""Recall of an index: all of it where the search is exact, what was planted where it is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.models.ranked import Ranked
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.recall import recall_against_exact


def unit_rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    """Random float32[n, 16] rows of length 1."""
    rows = np.random.default_rng(seed).normal(size=(n, 16)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class HalfBlind(VectorIndex):
    """An index that knows only every other row: those at even positions."""

    def search(self, query: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None) -> Ranked:
        """Answer from the even rows alone."""
        found = super().search(query, 4 * k, allowed)
        even = found.items % 2 == 0
        return Ranked(found.items[even][:k], found.scores[even][:k])


def test_an_index_of_few_rows_finds_all() -> None:
    """With as many neighbours as rows nothing can be missed; more than there are may be asked for."""
    rows = unit_rows(12)
    for k in (1, 5, 12, 50):
        assert recall_against_exact(VectorIndex.build(rows), rows, queries=100, k=k) == 1.0


def test_equal_rows_are_as_good_as_one_another() -> None:
    """Forty equal rows: whichever five are found, none is missed."""
    rows = np.repeat(unit_rows(1), 40, axis=0)
    assert recall_against_exact(VectorIndex.build(rows), rows, queries=10, k=5) == 1.0


def test_recall_is_the_share_that_is_found() -> None:
    """Of the two nearest of each row one is its twin next to it: an index without odd rows finds one of two."""
    rows = np.repeat(unit_rows(30), 2, axis=0)
    rows[1::2] += np.float32(1e-3)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert recall_against_exact(VectorIndex.build(rows), rows, queries=60, k=2) == 1.0
    assert recall_against_exact(HalfBlind.build(rows), rows, queries=60, k=2) == pytest.approx(0.5)


def test_one_row_is_its_own_neighbour() -> None:
    """The smallest index there is."""
    rows = unit_rows(1)
    assert recall_against_exact(VectorIndex.build(rows), rows, queries=10, k=10) == 1.0
