"""Words joined to one, as in German, Dutch, Finnish and the Nordic languages, taken apart by a shop's own words.

Belongs here: where a word is cut. Nothing is known of a language but the letters that may stand between its parts: a
compound splits where its parts are words of the catalogue (Koehn and Knight, EACL 2003).
"""

from collections.abc import Callable, Iterator
from math import log

from assets.models.text.analysis import Analyser, Word

__all__ = ["parts_of", "phrases_of"]

LINKS = ("ens", "es", "en", "er", "s", "n", "e")
"""Letters between two parts, the longest first."""
SHORTEST_PART = 3
SHORTEST_UNKNOWN = 4
"""Letters of a part that is no word of the catalogue, and of a last part behind such a one."""
SHORTEST_FIRST = 5
"""Letters of a first part whose last part is no word of the catalogue: the last is what the thing is."""
LONGEST_WORD = 40
MOST_PARTS = 4
UNKNOWN_PART = -3.0
"""What a part that is no word of the catalogue counts, beside the logarithm of the products that hold one that is."""


def phrases_of(word: Word, held: Callable[[str], int], analyser: Analyser) -> Iterator[tuple[str, ...]]:
    """Stems of the parts of a compound in their order, one tuple for each stem of it that splits.

    Args:
        word: Of letters alone.
        held: Stem or form of a word → number of products that hold it as a word by itself.
        analyser: Of the catalogue.
    """
    for term in word.terms:
        # The stem of a compound ends in the stem of its last part, or nearly so.
        if parts := parts_of(term, held, max(len(word.form) - len(term), 0)):
            if word.form.startswith(term):
                parts[-1] = word.form[len(term) - len(parts[-1]) :]
            yield tuple(analyser.word(part).term for part in parts)


def parts_of(word: str, held: Callable[[str], int], cut_off: int = 0) -> list[str]:
    """Parts of a folded compound in their order, at most ``MOST_PARTS``; none where it does not split.

    It is cut in two where the parts are held by most products (the geometric mean of both), and each part again. One
    part may be no word of the catalogue by itself if both are long.

    Args:
        word: Letters alone.
        held: Stem or form of a word → number of products that hold it as a word by itself.
        cut_off: Letters that the word has lost to a stemmer: its last part is so much longer.
    """
    cut = _cut(word, held, cut_off)
    if cut is None:
        return []
    one, other = cut
    *first, last = [*(parts_of(one, held) or [one]), *(parts_of(other, held, cut_off) or [other])][:MOST_PARTS]
    return [*(_unlinked(part, held)[0] for part in first), last]


def _cut(word: str, held: Callable[[str], int], cut_off: int) -> tuple[str, str] | None:
    """The best two parts, the first without what links it to the other."""
    if not 2 * SHORTEST_PART <= len(word) <= LONGEST_WORD:
        return None
    best: tuple[float, str, str] | None = None
    for at in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        last = word[at:]
        of_last = held(last)
        first, of_first = _unlinked(word[:at], held)
        if not (of_first or of_last):
            continue
        if not of_first and min(len(first), len(last) + cut_off) < SHORTEST_UNKNOWN:
            continue
        if not of_last and (at < SHORTEST_FIRST or len(last) + cut_off < SHORTEST_UNKNOWN):
            continue
        score = sum(log(count) if count else UNKNOWN_PART for count in (of_first, of_last))
        if best is None or score > best[0]:
            best = score, first, last
    return None if best is None else best[1:]


def _unlinked(first: str, held: Callable[[str], int]) -> tuple[str, int]:
    """The part of the catalogue that ``first`` is, with or without letters that link it; itself where it is none."""
    if count := held(first):
        return first, count
    for link in LINKS:
        if first.endswith(link) and len(first) >= len(link) + SHORTEST_PART and (count := held(first[: -len(link)])):
            return first[: -len(link)], count
    return first, 0
