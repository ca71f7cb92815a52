"""Queries with one random edit each, as hasty fingers make them.

What belongs here: the edits. What they cost is measured by `benchmarks.search.relevance`.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["misspelt"]

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def misspelt(queries: Sequence[str], seed: int) -> list[str]:
    """Each query with one letter inserted, deleted, replaced or swapped with the next, all four alike often.

    The place is drawn among the letters of the query; a query without a letter stays as it is.
    """
    rng = np.random.default_rng(seed)
    return [_edited(query, rng) for query in queries]


def _edited(query: str, rng: np.random.Generator) -> str:
    places = [i for i, character in enumerate(query) if character.isalpha()]
    kind, letter = int(rng.integers(4)), _LETTERS[int(rng.integers(len(_LETTERS)))]
    if not places:
        return query
    at = places[int(rng.integers(len(places)))]
    before, here, after = query[:at], query[at], query[at + 1 :]
    if kind == 0:
        return f"{before}{letter}{here}{after}"
    if kind == 1:
        return f"{before}{after}"
    if kind == 2 or not after:
        return f"{before}{letter}{after}"
    return f"{before}{after[0]}{here}{after[1:]}"
