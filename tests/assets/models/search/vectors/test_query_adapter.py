"""The adapter: its gradient, a space that it can learn, its refusals."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.search.vectors.query_adapter import TEMPERATURE, QueryAdapter, _gradient, _spared


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_gradient_is_that_of_torch() -> None:
    """Cross-entropy over the batch without the query's other products, differentiated by torch."""
    import torch

    rng = np.random.default_rng(0)
    q, p = _unit(rng.normal(size=(6, 5))), _unit(rng.normal(size=(6, 5)))
    query, weight = np.array([0, 0, 1, 2, 3, 4]), np.array([1.0, 2.0, 1.0, 1.0, 0.5, 1.0])
    w = torch.eye(5, requires_grad=True)
    logits = (torch.tensor(q) @ w) @ torch.tensor(p).T / TEMPERATURE
    same = torch.tensor((query[:, None] == query[None, :]) & ~np.eye(6, dtype=bool))
    each = torch.nn.functional.cross_entropy(logits.masked_fill(same, -1e9), torch.arange(6), reduction="none")
    ((each * torch.tensor(weight)).sum() / weight.sum()).backward()
    spared = _spared(query, np.arange(6), 6, None)
    own = _gradient(np.eye(5, dtype=np.float32), q, p, spared, weight)
    np.testing.assert_allclose(own, w.grad.numpy(), atol=1e-4)


def test_it_learns_a_turned_space(tmp_path: Path) -> None:
    """Queries are products seen through a permutation: unseen queries find their product more often than before."""
    rng = np.random.default_rng(1)
    products = _unit(rng.normal(size=(400, 16)))
    queries = _unit(products[:, np.roll(np.arange(16), 1)] + products)
    rows = np.arange(300)
    adapter = QueryAdapter.fit(queries, products, rows, rows, np.ones(300), epochs=60)
    adapter.save(tmp_path)
    unseen = np.arange(300, 400)

    def hits(vectors: np.ndarray) -> float:
        return float(((vectors @ products.T).argmax(axis=1) == unseen).mean())

    moved = QueryAdapter.load(tmp_path).adapt(queries[unseen])
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
    assert hits(moved) > hits(queries[unseen]) + 0.05


def test_known_pairs_are_no_wrong_answers() -> None:
    """Query 0 knows items 4 and 5, query 1 item 4: in a batch of (0, 4), (1, 4), (0, 7), (1, 5) these are spared."""
    query, item = np.array([0, 1, 0, 1]), np.array([4, 4, 7, 5])
    known = np.array([4, 5, 10 + 4])
    spared = np.argwhere(_spared(query, item, 10, known)).tolist()
    assert spared == [[0, 1], [0, 3], [1, 0], [2, 0], [2, 1], [2, 3], [3, 0], [3, 1]]
    assert np.argwhere(_spared(query, item, 10, None)).tolist() == [[0, 2], [1, 3], [2, 0], [3, 1]]


def test_no_pairs_are_refused() -> None:
    """Nothing to learn from."""
    one = np.ones((1, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="pass pairs"):
        QueryAdapter.fit(one, one, np.array([], int), np.array([], int), np.array([]))
