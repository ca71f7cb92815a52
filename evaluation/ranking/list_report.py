"""All measures of some recommenders on the same queries: how often they hit, and what kind of lists they give.

What belongs here: the table of figures with intervals, over all queries and by segment. What does not: the measures
(`evaluation.ranking.ranking`) and the queries.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats
from evaluation.ranking.ranking import Ranking, coverage, diversity, hit_rate, mrr, ndcg, novelty, recall
from evaluation.resampling.bootstrap import mean_interval, paired_difference_interval

__all__ = ["LEAST_QUERIES", "list_figures"]

LEAST_QUERIES = 20
"""Queries below which a segment's figures are not given."""
MODEL = "model"


def list_figures(
    lists: Mapping[str, Sequence[Ranking]],
    targets: Sequence[Collection[int]],
    k: int,
    *,
    interactions: NDArray[np.integer],
    labels: Sequence[Collection[str]] | None,
    segments: Mapping[str, Bools],
) -> dict[str, dict[str, Any]]:
    """Figures of each recommender, by its name.

    Args:
        lists: Recommender → one ranked list a query; the one called ``model`` is compared with the others.
        targets: Relevant items of each query, at least one.
        k: Length of list that is measured.
        interactions: int[n_items]: interactions of each item before the queries.
        labels: Labels of each item, such as its categories; none to leave out diversity.
        segments: Name → bool[queries].

    Returns:
        ``queries``; ``hit_rate``, ``mrr``, ``ndcg``, ``recall``, ``novelty`` (bits) and ``diversity``, each as
        estimate, lower and upper bound at 95 %; ``coverage``; ``segments`` with ``queries``, ``hit_rate`` and ``mrr``
        of those with 20 queries or more; for the model also ``<measure>_above_<other>`` of the first four measures.

    Raises:
        ValueError: As `evaluation.ranking.ranking`'s measures; no query at all.
    """
    of_query = {
        name: {
            "hit_rate": hit_rate(ranked, targets, k),
            "mrr": mrr(ranked, targets, k),
            "ndcg": ndcg(ranked, targets, k),
            "recall": recall(ranked, targets, k),
        }
        for name, ranked in lists.items()
    }
    figures = {
        name: {
            "queries": len(targets),
            **{label: mean_interval(values)._asdict() for label, values in of_query[name].items()},
            **_kind_of_lists(ranked, k, interactions, labels),
            "coverage": coverage(ranked, k, len(interactions)),
            "segments": _by_segment(of_query[name], segments),
        }
        for name, ranked in lists.items()
    }
    for other in [name for name in of_query if name != MODEL]:
        for label, values in of_query[MODEL].items():
            gain = paired_difference_interval(values, of_query[other][label])
            figures[MODEL][f"{label}_above_{other}"] = gain._asdict()
    return figures


def _kind_of_lists(
    ranked: Sequence[Ranking],
    k: int,
    interactions: NDArray[np.integer],
    labels: Sequence[Collection[str]] | None,
) -> dict[str, Any]:
    figures = {"novelty": mean_interval(novelty(ranked, k, interactions))._asdict()}
    if labels is not None:
        figures["diversity"] = mean_interval(diversity(ranked, k, labels))._asdict()
    return figures


def _by_segment(of_query: Mapping[str, Floats], segments: Mapping[str, Bools]) -> dict[str, Any]:
    return {
        name: {
            "queries": int(chosen.sum()),
            **{label: mean_interval(of_query[label][chosen])._asdict() for label in ("hit_rate", "mrr")},
        }
        for name, chosen in segments.items()
        if chosen.sum() >= LEAST_QUERIES
    }
