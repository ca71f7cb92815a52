"""Where a text is cut: at what is neither letter, digit nor mark, and inside scripts that put no spaces between words.

Belongs here: words and the pieces of such scripts. What a word is compared by is `assets.models.text.analysis`.

Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are cut into overlapping pairs of characters, which needs no
dictionary and finds as well as words do (Nie, Gao, Zhang and Zhou, IRAL 2000). A character is a letter with its marks.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from opencc import OpenCC

__all__ = [
    "HYPHENATED",
    "LETTERS",
    "WORD",
    "characters",
    "is_unspaced",
    "keystrokes",
    "letter_words",
    "one_writing",
    "pieces",
    "spaced",
    "words",
]


def _ranges(codes: Iterable[int]) -> str:
    """Ascending code points as the inside of a character class."""
    runs = list[list[int]]()
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


def _of_categories(blocks: Iterable[tuple[int, int]], categories: str) -> Iterator[int]:
    for first, last in blocks:
        yield from (code for code in range(first, last + 1) if unicodedata.category(chr(code))[0] in categories)


_BLOCKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # parts of Korean syllables
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # Japanese syllables
    (0x3130, 0x318F),
    (0x31F0, 0x31FF),
    (0x3400, 0x9FFF),  # Chinese characters
    (0xAC00, 0xD7A3),  # Korean syllables
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
_SELECTORS = frozenset({*range(0xFE00, 0xFE10), 0x20E3})
_MARKS = _ranges(
    code
    for code in _of_categories([(0x300, 0x1FFFF)], "M")
    if unicodedata.category(chr(code)) != "Me" and code not in _SELECTORS
)
_UNSPACED = _ranges(_of_categories(_BLOCKS, "LMN"))
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_CHARACTER = re.compile(f"[{_UNSPACED}][{_MARKS}]*")

WORD = rf"\w[\w{_MARKS}]*"
"""A run of letters, digits and marks of folded text, in which an underscore does not occur."""
HYPHENATED = rf"{WORD}(?:[-&]{WORD})*"
"""Words held together by dashes or ``&``."""
LETTERS = re.compile(rf"[^\W\d][^\W\d]*(?:[{_MARKS}]+[^\W\d]*)*")
"""A run of letters with their marks, in folded text."""

_WORD = re.compile(WORD)
_HANGUL = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
_FINALS = {
    code: "".join(unicodedata.lookup(f"HANGUL CHOSEONG {part}") for part in name.split()[-1].split("-"))
    for code in range(0x11A8, 0x11C3)
    if (name := unicodedata.name(chr(code)))
}
"""Last consonants of a Korean syllable as the first ones of another."""
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def _simplified() -> dict[int, int]:
    """Traditional characters of Chinese → simplified ones, as OpenCC has them; rare ones of other planes left out."""
    every = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    written = OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {
        ord(one): ord(other) for one, other in zip(every, written, strict=True) if one != other and other <= "\uffff"
    }


_ONE_WRITING = _KATAKANA | _simplified()


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script without spaces between words, where nothing tells one word from the next."""
    return not word.isascii() and _UNSPACED_RUN.match(word) is not None


def spaced(folded: str) -> str:
    """``folded`` with spaces around runs of a script that has none, so that each is a word by itself."""
    return folded if folded.isascii() else _UNSPACED_RUN.sub(r" \g<0> ", folded)


def words(folded: str) -> list[str]:
    """Words of a folded text in their order; a run of a script without spaces is one."""
    return _WORD.findall(spaced(folded))


def letter_words(folded: str) -> list[str]:
    """Words of a folded text less their digits, without scripts that have no spaces: what spelling is about."""
    return LETTERS.findall(folded if folded.isascii() else _UNSPACED_RUN.sub(" ", folded))


def characters(run: str) -> list[str]:
    """Characters of a run without spaces, each with its marks."""
    return _CHARACTER.findall(run)


def one_writing(folded: str) -> str:
    """``folded`` in hiragana and simplified characters, whichever of a language's writings it was typed in."""
    return folded if folded.isascii() else folded.translate(_ONE_WRITING)


def keystrokes(folded: str) -> str:
    """``folded`` in one writing, of Korean syllables the letters one by one.

    While ``이어폰`` is typed the text is ``이어``, then ``이엎``: letter by letter each is a beginning of the next.
    """
    if folded.isascii():
        return folded
    return (
        unicodedata.normalize("NFD", one_writing(folded)).translate(_FINALS)
        if _HANGUL.search(folded)
        else one_writing(folded)
    )


def pieces(run: str) -> tuple[list[str], list[str]]:
    """Overlapping pairs of characters of a run without spaces, and its single characters; one alone is its own pair.

    Katakana is taken as hiragana, traditional characters as simplified ones.

    >>> pieces("イヤホン")
    (['いや', 'やほ', 'ほん'], ['い', 'や', 'ほ', 'ん'])
    """
    single = characters(one_writing(run))
    return [one + other for one, other in pairwise(single)] or single, single
