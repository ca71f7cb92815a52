"""A linear map of query vectors learnt from what shoppers found: the same products, asked for in their words.

Belongs here: the map and its training. Frozen product vectors stay as they are, so neither they nor their index are
built again: a bilinear score q·W·p covers whatever maps of both sides would give. The query may be a product too, whose
page asks for products like it.
"""

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats32, Ints

__all__ = ["QueryAdapter"]

TEMPERATURE = 0.05
BATCH_PAIRS = 512
LEARNING_RATE = 1e-3
PULL_TO_IDENTITY = 1e-2
"""Weight of the squared distance to the identity: few pairs must not bend the whole space."""


class QueryAdapter:
    """W float32[d, d]; a query q becomes q·W at length 1."""

    def __init__(self, weights: Floats32) -> None:
        """Use ``fit`` or ``load``."""
        self.weights = weights

    @classmethod
    def fit(
        cls,
        queries: Floats32,
        products: Floats32,
        query: NDArray[np.integer],
        item: NDArray[np.integer],
        weight: NDArray[np.floating],
        epochs: int = 10,
        spared: Ints | None = None,
    ) -> Self:
        """InfoNCE with in-batch negatives (van den Oord et al. 2018), by Adam, from the identity.

        Args:
            queries: float32[q, d] unit rows.
            products: float32[n, d] unit rows.
            query: int[m], row of ``queries`` of each pair.
            item: int[m], row of ``products`` found by that query.
            weight: float[m], how much a pair counts, at least 0.
            epochs: Passes over the pairs.
            spared: int64, ascending ``query · n + item`` of what is no wrong answer, whatever else a batch holds; by
                default that is the query's other products of the batch.

        Raises:
            ValueError: If there is no pair or the columns differ in length.
        """
        if not len(query) or not len(query) == len(item) == len(weight):
            raise ValueError(
                f"{len(query)} queries, {len(item)} items, {len(weight)} weights: pass pairs, at least one."
            )
        size = queries.shape[1]
        w = np.eye(size, dtype=np.float32)
        first, second = np.zeros_like(w), np.zeros_like(w)
        rng, step = np.random.default_rng(0), 0
        for _ in range(epochs):
            order = rng.permutation(len(query))
            for at in range(0, len(order), BATCH_PAIRS):
                rows = order[at : at + BATCH_PAIRS]
                same = _spared(query[rows], item[rows], len(products), spared)
                gradient = _gradient(w, queries[query[rows]], products[item[rows]], same, weight[rows])
                gradient += 2 * PULL_TO_IDENTITY * (w - np.eye(size, dtype=np.float32))
                step += 1
                first = 0.9 * first + 0.1 * gradient
                second = 0.999 * second + 0.001 * gradient * gradient
                move = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
                w = (w - LEARNING_RATE * move).astype(np.float32)
        return cls(w)

    def adapt(self, vectors: Floats32) -> Floats32:
        """Query vectors float32[…, d] in the learnt space, of length 1."""
        moved = vectors @ self.weights
        length = np.linalg.norm(moved, axis=-1, keepdims=True)
        return np.asarray(moved / np.maximum(length, 1e-12), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write ``query_adapter.npy``."""
        np.save(folder / "query_adapter.npy", self.weights)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote."""
        return cls(np.load(folder / "query_adapter.npy"))


def _spared(query: NDArray[np.integer], item: NDArray[np.integer], n_items: int, known: Ints | None) -> Bools:
    """bool[m, m]: which products of a batch are no wrong answer to which of its queries, but for each one's own."""
    if known is None:
        same = query[:, None] == query[None, :]
    else:
        keys = query.astype(np.int64) * n_items
        begin, end = np.searchsorted(known, keys), np.searchsorted(known, keys + n_items)
        row = np.repeat(np.arange(len(query)), end - begin)
        at = np.arange(len(row)) - np.repeat(np.cumsum(end - begin) - end, end - begin)
        answers = known[at] - keys[row]
        distinct, column = np.unique(item, return_inverse=True)
        place = np.minimum(np.searchsorted(distinct, answers), len(distinct) - 1)
        hit = distinct[place] == answers
        correct = np.zeros((len(query), len(distinct)), dtype=np.bool_)
        correct[row[hit], place[hit]] = True
        same = correct[:, column]
    np.fill_diagonal(same, val=False)
    return np.asarray(same, dtype=np.bool_)


def _gradient(w: Floats32, q: Floats32, p: Floats32, spared: Bools, weight: NDArray[np.floating]) -> Floats32:
    """Gradient by W of the weighted mean cross-entropy of each pair's product among the batch's products."""
    logits = (q @ w) @ p.T / TEMPERATURE
    logits[spared] = -1e9
    logits -= logits.max(axis=1, keepdims=True)
    share = np.exp(logits)
    share /= share.sum(axis=1, keepdims=True)
    share[np.arange(len(q)), np.arange(len(q))] -= 1
    share *= (weight / max(float(weight.sum()), 1e-12))[:, None]
    return np.asarray(q.T @ (share @ p) / TEMPERATURE, dtype=np.float32)
