"""Head, torso and tail of a search log: figures of the few frequent queries say little of the many rare ones.

What belongs here: which query is in which class. What is measured by class is the caller's.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from evaluation.arrays import Ints

__all__ = ["CLASSES", "query_classes"]

CLASSES = ("head", "torso", "tail")


def query_classes(past: Iterable[str], queries: Sequence[str]) -> Ints:
    """Class of each query by how often it was asked before: int64[queries], an index into ``CLASSES``.

    The queries of the past, the most frequent first (ties by text), make up its searches: those of the first third
    of the searches are the head, of the second the torso, of the last the tail. A query never asked is of the tail.

    Args:
        past: One query a search.
        queries: Queries to class.
    """
    counts = Counter(past)
    ranked = sorted(counts, key=lambda query: (-counts[query], query))
    before = np.cumsum([0, *(counts[query] for query in ranked)])[:-1]
    third = {query: int(3 * b // counts.total()) for query, b in zip(ranked, before.tolist(), strict=True)}
    return np.array([third.get(query, 2) for query in queries], dtype=np.int64)
