"""Words and meaning in one score: a weighted sum of the two, each measured against its best.

Belongs here: the blend. Lists whose scores cannot be compared are fused by rank
(`assets.models.fusion`).
"""

from typing import NamedTuple

import numpy as np

from assets.models.ranked import Ranked, empty, top_k
from assets.models.search.lexical.index import LexicalIndex, best_of
from assets.models.search.vectors.index import VectorIndex
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["DEPTH", "WORDS_SHARE", "Candidates", "Searched", "blend", "find_candidates"]

WORDS_SHARE = 0.75
"""Weight of words, 1 - this of meaning (docs/decisions/0007)."""
DEPTH = 100
"""Best items of each search that are scored by both."""


class Searched(NamedTuple):
    """What the searches say of a query before any mask, so that none is asked twice."""

    words: Floats32
    """float32[n], as ``LexicalIndex.scores``."""
    near: Ranked
    """Closest in meaning."""
    adapted: Ranked | None = None
    """Closest to the query's adapted vector; none without an adapter."""
    remembered: Ints32 | None = None
    """Items that like queries found; none without a memory of queries."""
    moved: Floats32 | None = None
    """The query's adapted vector, float32[d] of length 1; none without an adapter."""


class Candidates:
    """Items that either search found, with both scores of each.

    Attributes:
        items: int32[m], ascending.
        words: float32[m], lexical score, 0 where no word matches.
        meaning: float32[m], cosine to the query.
        top_words: Best lexical score in the catalogue's allowed part, 0 if none.
    """

    __slots__ = ("items", "meaning", "top_words", "words")

    def __init__(self, items: Ints32, words: Floats32, meaning: Floats32, top_words: float) -> None:
        """Use ``find_candidates``."""
        self.items, self.words, self.meaning, self.top_words = items, words, meaning, top_words


def find_candidates(
    lexical: LexicalIndex,
    vectors: VectorIndex,
    query: str,
    vector: Floats32,
    depth: int = DEPTH,
    allowed: Bools | None = None,
    searched: Searched | None = None,
) -> Candidates:
    """The ``depth`` best of each search. Both scores are exact, also of an item that only one of them found.

    Args:
        lexical: Of the same catalogue as ``vectors``.
        vectors: Product vectors.
        query: The query's words.
        vector: The query's vector, not zero.
        depth: At least 1.
        allowed: bool[n] mask; None allows every item.
        searched: What the searches say of the query, where they were asked already.

    Raises:
        ValueError: If ``depth`` is below 1, or the vector or the mask does not fit the indexes.
    """
    if searched is None:
        searched = Searched(lexical.scores(query), vectors.search(vector, depth, allowed))
    by_words = best_of(searched.words, depth, allowed)
    sources = [searched.near.items]
    if searched.adapted is not None:
        sources.append(searched.adapted.items)
    if searched.remembered is not None:
        sources.append(searched.remembered)
    others = np.concatenate(sources)
    items = np.union1d(by_words.items, others if allowed is None else others[allowed[others]]).astype(np.int32)
    top_words = float(by_words.scores[0]) if by_words.scores.size else 0.0
    return Candidates(items, searched.words[items], _meaning(items, vectors, vector, searched), top_words)


def _meaning(items: Ints32, vectors: VectorIndex, vector: Floats32, searched: Searched) -> Floats32:
    """float32[m] cosines of ascending ``items``: those that the search has found already, and what is left."""
    near, scores = searched.near
    if not items.size:
        return np.empty(0, dtype=np.float32)
    meaning = np.full(items.size, np.nan, dtype=np.float32)
    place = np.minimum(np.searchsorted(items, near), items.size - 1)
    hit = items[place] == near
    meaning[place[hit]] = scores[hit]
    left = np.isnan(meaning)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    meaning[left] = vectors.vectors[items[left]] @ unit
    return meaning


def blend(candidates: Candidates, k: int) -> Ranked:
    """Score = share · words / best words + (1 - share) · max(cosine, 0) / best cosine, in [0, 1].

    Measured against the best, so that a query of rare words and one of common words weigh the halves alike (Lee,
    SIGIR 1997, normalises by the maximum too).

    Args:
        candidates: What ``find_candidates`` gives.
        k: At least 1.

    Raises:
        ValueError: If ``k`` is below 1.
    """
    if not candidates.items.size:
        return empty()
    nearest = np.maximum(candidates.meaning, 0)
    best = max(float(nearest.max()), 1e-6)
    words = candidates.words / max(candidates.top_words, 1e-6)
    score = WORDS_SHARE * words + (1 - WORDS_SHARE) * nearest / best
    return top_k(candidates.items, np.round(score, 6), k)
