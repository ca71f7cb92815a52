"""Words and meaning in one score: a weighted sum of the two, each measured against its best.

Belongs here: the blend. The two searches are ``lexical_index`` and ``vector_index``; lists whose scores cannot be
compared are fused by rank (``fusion``).
"""

from typing import NamedTuple

import numpy as np

from assets.models.ranked import BoolArray, FloatArray, IntArray, Ranked, empty, top_k
from assets.models.search.lexical_index import LexicalIndex, best_of
from assets.models.search.vector_index import VectorIndex

__all__ = ["DEPTH", "WORDS_SHARE", "Candidates", "Searched", "blend", "candidates"]

WORDS_SHARE = 0.75
"""Weight of words, 1 - this of meaning (chosen on Home Depot's training queries; flat between .7 and .8)."""
DEPTH = 100
"""Best items of each search that are scored by both."""


class Searched(NamedTuple):
    """What the searches say of a query before any mask, so that none is asked twice."""

    words: FloatArray
    """float32[n], as ``LexicalIndex.scores``."""
    near: Ranked
    """Closest in meaning."""
    adapted: Ranked | None = None
    """Closest to the query's adapted vector; none without an adapter."""
    remembered: IntArray | None = None
    """Items that like queries found; none without a memory of queries."""


class Candidates:
    """Items that either search found, with both scores of each.

    Attributes:
        items: int32[m], ascending.
        words: float32[m], lexical score, 0 where no word matches.
        meaning: float32[m], cosine to the query.
        top_words: Best lexical score in the catalogue's allowed part, 0 if none.
    """

    __slots__ = ("items", "meaning", "top_words", "words")

    def __init__(self, items: IntArray, words: FloatArray, meaning: FloatArray, top_words: float) -> None:
        """Use ``candidates``."""
        self.items, self.words, self.meaning, self.top_words = items, words, meaning, top_words


def candidates(
    lexical: LexicalIndex,
    vectors: VectorIndex,
    query: str,
    vector: FloatArray,
    depth: int = DEPTH,
    allowed: BoolArray | None = None,
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
        ValueError: As the searches do.
    """
    if searched is None:
        searched = Searched(lexical.scores(query), vectors.search(vector, depth, allowed))
    by_words = best_of(searched.words, depth, allowed)
    found = [searched.near.items]
    if searched.adapted is not None:
        found.append(searched.adapted.items)
    if searched.remembered is not None:
        found.append(searched.remembered)
    others = np.concatenate(found)
    items = np.union1d(by_words.items, others if allowed is None else others[allowed[others]]).astype(np.int32)
    top_words = float(by_words.scores[0]) if by_words.scores.size else 0.0
    return Candidates(items, searched.words[items], _meaning(items, vectors, vector, searched), top_words)


def _meaning(items: IntArray, vectors: VectorIndex, vector: FloatArray, searched: Searched) -> FloatArray:
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


def blend(found: Candidates, k: int, words_share: float = WORDS_SHARE) -> Ranked:
    """Score = share · words / best words + (1 - share) · max(cosine, 0) / best cosine, in [0, 1].

    Measured against the best, so that a query of rare words and one of common words weigh the halves alike (Lee,
    SIGIR 1997, normalises by the maximum too).

    Args:
        found: What ``candidates`` gives.
        k: At least 1.
        words_share: In [0, 1].

    Raises:
        ValueError: If ``k`` is below 1 or the share outside [0, 1].
    """
    if not 0 <= words_share <= 1:
        raise ValueError(f"words_share is {words_share}: give a number from 0 to 1.")
    if not found.items.size:
        return empty()
    nearest = np.maximum(found.meaning, 0)
    best = max(float(nearest.max()), 1e-6)
    words = found.words / max(found.top_words, 1e-6)
    score = words_share * words + (1 - words_share) * nearest / best
    return top_k(found.items, np.round(score, 6), k)
