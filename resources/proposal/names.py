"""What a name of a table or column says: the concepts of its words, in five languages."""

import re
import unicodedata
from functools import cache
from itertools import pairwise

from resources.proposal.words import CONCEPTS, IN_WORDS, PREFIXES

__all__ = ["concepts", "in_words", "of_value", "tokens"]

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LINKS = ("", "s", "n", "en", "e", "es", "er")
"""What joins the words of a German or Dutch compound."""
_BY_WORD: dict[str, set[str]] = {}
for _concept, _words in CONCEPTS.items():
    for _word in _words:
        _BY_WORD.setdefault(_word, set()).add(_concept)
_SHORT_ENDS = ("id", "nr", "no", "am", "at")


def tokens(name: str) -> list[str]:
    """The words of a name in small letters without accents: ``tblKundenNr`` is ``kunden``, ``nr``."""
    plain = unicodedata.normalize("NFKD", name.translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    words = re.findall(r"[a-z]+", plain.lower())
    while len(words) > 1 and words[0] in PREFIXES:
        words = words[1:]
    return words


@cache
def concepts(name: str) -> frozenset[str]:
    """The concepts of all words of a name."""
    words = tokens(name)
    # ``hold_out`` is one word too.
    joined = [a + b for a, b in pairwise(words) if a + b in _BY_WORD]
    return frozenset(concept for word in [*words, *joined] for part in _parts(word) for concept in _BY_WORD[part])


def of_value(value: str) -> frozenset[str]:
    """The words of a value such as ``product_viewed``, in the forms that they are looked up in."""
    words = tokens(value)
    return frozenset([*words, *(form for word in words for form in _forms(word)), "".join(words)])


def in_words(found: frozenset[str]) -> str:
    """Concepts for a reader."""
    return " and ".join(sorted(IN_WORDS.get(concept, concept) for concept in found))


def _forms(word: str) -> list[str]:
    """A word, and what it may be the plural of."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    forms += [word[: -len(end)] for end in ("s", "n", "e", "es", "en") if word.endswith(end) and len(word) > 3]
    return forms


def _parts(word: str) -> list[str]:
    """The known words that ``word`` is, or is wholly made of; empty where it is not."""
    return [form for form in _forms(word) if form in _BY_WORD] or _compound(word)


def _compound(word: str) -> list[str]:
    for end in range(len(word) - 2, 3, -1):
        head = word[:end]
        if head not in _BY_WORD:
            continue
        for link in _LINKS:
            rest = word[end:].removeprefix(link) if word[end:].startswith(link) else ""
            if rest in _SHORT_ENDS or (len(rest) > 3 and rest in _BY_WORD):
                return [head, rest]
            if len(rest) > 3 and (more := _parts(rest)):
                return [head, *more]
    return []
