"""Recall of the vector index: how much of what exact search finds it finds too."""

import numpy as np

from assets.models.search.vectors.index import VectorIndex
from evaluation.arrays import Floats32

__all__ = ["recall_against_exact"]


def recall_against_exact(index: VectorIndex, vectors: Floats32, *, queries: int, k: int) -> float:
    """Mean share of the exact ``k`` nearest that the index returns, in [0, 1].

    Args:
        index: Built over ``vectors``.
        vectors: float32[n, d] unit rows.
        queries: How many rows, evenly spaced, are asked for; each row is its own first neighbour.
        k: Neighbours asked for; fewer where there are fewer rows.
    """
    n = len(vectors)
    rows = np.unique(np.linspace(0, n - 1, min(queries, n)).astype(int))
    k = min(k, n)
    similarity = vectors[rows] @ vectors.T
    shares = 0.0
    for row, scores in zip(rows, similarity, strict=True):
        # Equal scores at the cut are all right: the k-th best score is the bar.
        bar = np.partition(scores, n - k)[n - k] - 1e-6
        shares += float((scores[index.search(vectors[row], k).items] >= bar).mean())
    return shares / len(rows)
