"""Normalised discounted cumulative gain with graded relevance, one figure a query so that it can be resampled.

What belongs here: the graded measure. Binary measures are `evaluation.ranking.ranking`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats

__all__ = ["gain_of", "graded_ndcg"]


def gain_of(relevance: float) -> float:
    """Gain 2^(relevance - 1) - 1 of a judgment on a scale that starts at 1 (Burges et al., ICML 2005): 0 at 1."""
    return float(2.0 ** (relevance - 1.0) - 1.0)


def graded_ndcg(
    ranked: Sequence[NDArray[np.integer] | Sequence[int]], gains: Sequence[Mapping[int, float]], k: int
) -> Floats:
    """NDCG at ``k`` (Järvelin and Kekäläinen 2002): float64[queries] in [0, 1].

    Args:
        ranked: Items of each query, best first; a shorter list counts as it is.
        gains: Judged item → gain ≥ 0 of each query; an item that was not judged has gain 0.
        k: Cut, at least 1.

    Raises:
        ValueError: If k < 1, the lengths differ, a query has no gain above 0, or a list names an item twice.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if len(ranked) != len(gains):
        raise ValueError(f"{len(ranked)} ranked lists but {len(gains)} sets of gains: give one of each a query")
    discount = 1.0 / np.log2(np.arange(k) + 2)
    figures = np.empty(len(ranked))
    for query, (items, judged) in enumerate(zip(ranked, gains, strict=True)):
        best = np.sort(np.fromiter(judged.values(), np.float64))[::-1][:k]
        if not best.size or best[0] <= 0:
            raise ValueError(f"query {query} has no gain above 0: leave such queries out before measuring")
        top = [int(item) for item in items[:k]]
        if len(set(top)) != len(top):
            raise ValueError(f"query {query} ranks an item twice within its first {k}")
        gained = np.array([judged.get(item, 0.0) for item in top])
        figures[query] = gained @ discount[: len(gained)] / (best @ discount[: len(best)])
    return figures
