"""A query with its unknown words corrected: misspelt ones replaced, run-together ones taken apart.

Belongs here: which words of a query are touched. Which near word is meant is ``speller``.
"""

import re
from collections.abc import Collection
from math import log
from typing import NamedTuple, Protocol

from assets.models.search.lexical.speller import SHORTEST_WORD, Speller
from assets.models.text.analysis import MAX_QUERY_CHARACTERS
from assets.models.text.edit_distance import edit_distance
from assets.models.text.folding import fold
from assets.models.text.splitting import LETTERS, is_unspaced

__all__ = ["MAX_CORRECTIONS", "CatalogueWords", "Correction", "correct_query"]

MAX_CORRECTIONS = 8
"""Unknown or rare words of a query that are looked at; a query of more is no shopper's."""
SPLIT_LEAD = 3.0
"""By how much, in natural logarithms, two known words stand before a near word of the same frequency."""
ALONE = 0.02
"""What a product with a near word counts beside one that has it next to the query's own next word."""
RARE_ITEMS = 5
"""Products that hold a word up to which it may be a misspelling of the catalogue's own."""
RARE_RATIO = 20
"""How many times more products a near word must be in to be suggested for a rare one, beside the same neighbour."""
SURE_ITEMS = 20
"""Products that must hold a word for one edit to be evidence enough."""
SURE_REPLACED = 6
"""Letters from which a word may have another letter in place of one and still be corrected without a neighbour."""
SURE_TWO_EDITS = 8
"""Letters from which a word may be two edits off and still be corrected without a neighbour."""


class CatalogueWords(Protocol):
    """What the products of a catalogue say of folded words."""

    def held(self, word: str) -> int:
        """Number of products that hold ``word`` or another form of it."""

    def beside(self, one: str, other: str) -> int:
        """Number of products in which one of them follows the other so."""

    def knows(self, word: str) -> bool:
        """Whether products hold ``word`` as part of a compound, or its parts, though none may hold itself."""


class Correction(NamedTuple):
    """A query as it should be searched for, and as it might have been meant."""

    query: str
    """With the corrections that there is little doubt of; as typed where there is none."""
    suggestion: str | None
    """With the doubtful ones too; none where there is no doubt."""


def correct_query(
    query: str,
    speller: Speller,
    catalogue: CatalogueWords,
    right: Collection[str] = (),
) -> Correction:
    """``query``, folded, with unknown words corrected; the query itself where there is nothing to correct.

    A word is unknown when no product holds it or another form of it, nor it and a neighbour as one (``i phone``). It
    becomes two known words that stand side by side in products (``countertop`` → ``counter top``), or a near word of
    the catalogue, whichever is likelier; of near words the one that products put beside the query's neighbouring
    words. A near word is only suggested where the evidence is weak (see ``_is_sure``). A rare word, which may be the
    catalogue's own misspelling, has hits of its own: for it too a much more frequent word that stands beside such a
    neighbour is only suggested.

    Args:
        query: What the shopper typed; of a long one only the first part is read.
        speller: Words of the catalogue as they are spelt.
        catalogue: What products hold of them.
        right: Folded words that are known to be right though no product may hold them.
    """
    folded = fold(query[:MAX_QUERY_CHARACTERS])
    spans = [span for span in LETTERS.finditer(folded) if not is_unspaced(span.group())]
    words = [span.group() for span in spans]
    meant = list(words)
    looked_at = 0
    for at, word in enumerate(words):
        if len(word) < SHORTEST_WORD or word in right:
            continue
        known = max(speller.count(word), catalogue.held(word))
        if known > RARE_ITEMS:
            continue
        looked_at += 1
        if looked_at > MAX_CORRECTIONS:
            break
        before, after = meant[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        joined = [f"{before}{word}" if before else "", f"{word}{after}" if after else ""]
        if not known and (catalogue.knows(word) or any(catalogue.held(both) for both in joined if both)):
            continue

        def beside(other: str, before: str = before, after: str = after) -> int:
            near_before = catalogue.beside(before, other) if before else 0
            return near_before + (catalogue.beside(other, after) if after else 0)

        near = [
            (score + log(1 + beside(other) / (ALONE * speller.count(other))), other)
            for other, score in speller.near(word)
        ]
        best = max(near, default=None)
        if known:
            if best and not beside(word) and beside(best[1]) and speller.count(best[1]) >= RARE_RATIO * known:
                meant[at] = best[1]
            continue
        apart = _apart(word, catalogue)
        if apart is not None and (best is None or best[0] <= apart[0]):
            words[at] = meant[at] = apart[1]
        elif best is not None:
            meant[at] = best[1]
            if beside(best[1]) or _is_sure(word, best[1], speller.count(best[1])):
                words[at] = best[1]
    corrected = _rewritten(query, folded, spans, words)
    return Correction(corrected, None if meant == words else _rewritten(query, folded, spans, meant))


def _is_sure(word: str, other: str, count: int) -> bool:
    """Whether ``word`` is likely a slip for ``other``, which ``count`` products hold, without a neighbour that says so.

    One edit from a word of many products is. From a rare one the first letter must be right (Pollock and Zamora, CACM
    1984) and, in a short word, a letter missing, doubled or swapped: with another letter in its place a short word is
    too often another word.
    """
    edits = edit_distance(word, other, 1)
    if edits == 1 and count >= SURE_ITEMS:
        return True
    if word[0] != other[0]:
        return False
    if edits > 1:
        return len(word) >= SURE_TWO_EDITS
    return len(word) >= SURE_REPLACED or len(word) != len(other) or sorted(word) == sorted(other)


def _rewritten(query: str, folded: str, spans: list[re.Match[str]], words: list[str]) -> str:
    """``folded`` with the words of ``spans`` replaced; ``query`` as it was typed if none is."""
    if words == [span.group() for span in spans]:
        return query
    parts, end = list[str](), 0
    for span, word in zip(spans, words, strict=True):
        parts += [folded[end : span.start()], word]
        end = span.end()
    return "".join([*parts, folded[end:]])


def _apart(word: str, catalogue: CatalogueWords) -> tuple[float, str] | None:
    """The likeliest two words that ``word`` runs together, with the score of a near word that equals it."""
    best: tuple[float, str] | None = None
    for at in range(2, min(len(word), 40) - 1):
        count = catalogue.beside(word[:at], word[at:])
        if count and (best is None or log(count) - SPLIT_LEAD > best[0]):
            best = (log(count) - SPLIT_LEAD, f"{word[:at]} {word[at:]}")
    return best
