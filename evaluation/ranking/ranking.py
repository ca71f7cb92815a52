"""Measures of ranked lists against sets of targets, one figure a query so that they can be resampled.

What belongs here: hit rate, reciprocal rank, NDCG, recall, coverage, novelty and diversity at k. What does not:
intervals (`evaluation.resampling.bootstrap`) and the replay that makes the lists.

Every function takes ``ranked``, one int array of items a query, best first, and ``targets``, one non-empty set of
relevant items a query. A list shorter than k counts as it is: what is missing is a miss. A k below 1, unequal lengths,
a query without targets and a list with duplicates raise a ValueError.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats

__all__ = ["coverage", "diversity", "hit_rate", "mrr", "ndcg", "novelty", "recall"]

Ranking = Sequence[int] | NDArray[np.integer]


def _hits(ranked: Sequence[Ranking], targets: Sequence[Collection[int]], k: int) -> list[NDArray[np.intp]]:
    """0-based positions of the targets in the first k of each list."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if len(ranked) != len(targets):
        raise ValueError(f"{len(ranked)} ranked lists but {len(targets)} target sets: give one of each a query")
    hits = []
    for query, (items, relevant) in enumerate(zip(ranked, targets, strict=True)):
        if len(relevant) == 0:
            raise ValueError(f"query {query} has no target: leave such queries out before measuring")
        top = [int(item) for item in items[:k]]
        if len(set(top)) != len(top):
            raise ValueError(f"query {query} ranks an item twice within its first {k}")
        members = relevant if isinstance(relevant, (set, frozenset)) else {int(item) for item in relevant}
        hits.append(np.array([place for place, item in enumerate(top) if item in members], dtype=np.intp))
    return hits


def hit_rate(ranked: Sequence[Ranking], targets: Sequence[Collection[int]], k: int) -> Floats:
    """1 where a target is among the first k, else 0: float64[queries]."""
    return np.array([float(hit.size > 0) for hit in _hits(ranked, targets, k)])


def mrr(ranked: Sequence[Ranking], targets: Sequence[Collection[int]], k: int) -> Floats:
    """1 / rank of the first target among the first k, 0 where there is none: float64[queries]."""
    return np.array([1.0 / (hit[0] + 1) if hit.size else 0.0 for hit in _hits(ranked, targets, k)])


def recall(ranked: Sequence[Ranking], targets: Sequence[Collection[int]], k: int) -> Floats:
    """Share of a query's targets that are among the first k: float64[queries]."""
    hits = _hits(ranked, targets, k)
    return np.array([hit.size / len(set(relevant)) for hit, relevant in zip(hits, targets, strict=True)])


def ndcg(ranked: Sequence[Ranking], targets: Sequence[Collection[int]], k: int) -> Floats:
    """Normalised discounted cumulative gain with binary relevance (Järvelin and Kekäläinen 2002): float64[queries]."""
    hits = _hits(ranked, targets, k)
    ideal = np.cumsum(1.0 / np.log2(np.arange(k) + 2))
    return np.array(
        [
            (1.0 / np.log2(hit + 2)).sum() / ideal[min(len(set(relevant)), k) - 1]
            for hit, relevant in zip(hits, targets, strict=True)
        ]
    )


def coverage(ranked: Sequence[Ranking], k: int, n_items: int) -> float:
    """Share of the catalogue's ``n_items`` that appear among the first k of at least one list, in [0, 1].

    Raises:
        ValueError: k or n_items < 1.
    """
    if k < 1 or n_items < 1:
        raise ValueError(f"k and n_items must be at least 1, got {k} and {n_items}")
    return len({int(item) for items in ranked for item in items[:k]}) / n_items


def novelty(ranked: Sequence[Ranking], k: int, interactions: NDArray[np.integer]) -> Floats:
    """Mean self-information of the first k of each list, in bits (Zhou et al. 2010): float64[queries].

    An item's is -log2 of its share of all interactions, one interaction added to each item; 0 for an empty list.

    Args:
        ranked: As everywhere here.
        k: At least 1.
        interactions: int[n_items] ≥ 0: how often users came across each item.

    Raises:
        ValueError: k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    counts = np.asarray(interactions, dtype=np.float64) + 1
    bits = -np.log2(counts / counts.sum())
    return np.array([bits[np.asarray(items[:k], dtype=np.intp)].mean() if len(items) else 0.0 for items in ranked])


def diversity(ranked: Sequence[Ranking], k: int, labels: Sequence[Collection[str]]) -> Floats:
    """Mean distance of the pairs among the first k of each list (Ziegler et al. 2005): float64[queries] in [0, 1].

    The distance of two items is 1 - Jaccard's similarity of their labels, 0 for two without any; a list of fewer than
    two items has none: 0.

    Args:
        ranked: As everywhere here.
        k: At least 1.
        labels: Labels of each item, such as its categories.

    Raises:
        ValueError: k < 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    of_item = {int(item): frozenset(labels[int(item)]) for items in ranked for item in items[:k]}
    kinds = {held: number for number, held in enumerate(dict.fromkeys(of_item.values()))}
    between = np.array([[_jaccard_distance(one, other) for other in kinds] for one in kinds])
    means = []
    for items in ranked:
        rows = [kinds[of_item[int(item)]] for item in items[:k]]
        n = len(rows)
        means.append(between[np.ix_(rows, rows)].sum() / (n * (n - 1)) if n > 1 else 0.0)
    return np.array(means)


def _jaccard_distance(one: frozenset[str], other: frozenset[str]) -> float:
    union = one | other
    return 1 - len(one & other) / len(union) if union else 0.0
