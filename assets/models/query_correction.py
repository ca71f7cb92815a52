"""A query with its unknown words corrected: misspelt ones replaced, run-together ones taken apart.

Belongs here: which words of a query are touched. Which near word is meant is ``speller``.
"""

import re
from collections.abc import Callable
from math import log

from assets.models.speller import SHORTEST_WORD, Speller
from assets.models.text_analysis import MAX_QUERY_CHARACTERS, STOP_WORDS, fold, stem

__all__ = ["MAX_CORRECTIONS", "correct_query", "letter_words"]

MAX_CORRECTIONS = 8
"""Unknown words of a query that are looked at; a query of more is no shopper's."""
SPLIT_LEAD = 3.0
"""By how much, in natural logarithms, two known words stand before a near word of the same frequency."""
_LETTERS = re.compile(r"[^\W\d_]+")


def letter_words(text: str) -> list[str]:
    """Runs of letters of a text, folded but not stemmed: what spelling is about."""
    return _LETTERS.findall(fold(text))


def correct_query(
    query: str, speller: Speller, held: Callable[[str], int], side_by_side: Callable[[str, str], int]
) -> str:
    """``query``, folded, with unknown words corrected; the query itself where there is nothing to correct.

    A word is unknown when no product holds it or another form of it. It becomes two known words that stand side by
    side in products (``countertop`` → ``counter top``), or a near word of the catalogue, whichever is likelier.

    Args:
        query: What the shopper typed; of a long one only the first part is read.
        speller: Words of the catalogue.
        held: Term → number of products that hold it.
        side_by_side: Two terms → number of products in which they follow each other.
    """
    looked_at = 0

    def corrected(match: re.Match[str]) -> str:
        nonlocal looked_at
        word = match.group()
        if len(word) < SHORTEST_WORD or word in STOP_WORDS or speller.count(word) or held(stem(word)):
            return word
        looked_at += 1
        if looked_at > MAX_CORRECTIONS:
            return word
        apart, near = _apart(word, side_by_side), speller.near(word)
        if apart is not None and (not near or near[0][1] <= apart[0]):
            return apart[1]
        return near[0][0] if near else word

    folded = fold(query[:MAX_QUERY_CHARACTERS])
    fixed = _LETTERS.sub(corrected, folded)
    return query if fixed == folded else fixed


def _apart(word: str, side_by_side: Callable[[str, str], int]) -> tuple[float, str] | None:
    """The likeliest two words that ``word`` runs together, with the score of a near word that equals it."""
    best: tuple[float, str] | None = None
    for at in range(2, min(len(word), 40) - 1):
        count = side_by_side(stem(word[:at]), stem(word[at:]))
        if count and (best is None or log(count) - SPLIT_LEAD > best[0]):
            best = (log(count) - SPLIT_LEAD, f"{word[:at]} {word[at:]}")
    return best
