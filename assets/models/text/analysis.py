"""How text becomes search terms: the same for products and for queries.

Belongs here: the order of the steps, each of which has a file: fold letters, bring quantities to one form, split into
words, stem, drop stop words. Synonyms and words written apart or together are `assets.models.search.lexical`.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from assets.models.text.folding import fold
from assets.models.text.quantities import NUMBER, decimal_points, normal_quantities, number_terms, other_amounts
from assets.models.text.splitting import HYPHENATED, LETTERS, WORD, is_unspaced, pieces, spaced
from assets.models.text.stemming import LANGUAGES, singular, stemmer_of, stemmers_of
from assets.models.text.stop_words import STOP_WORDS

__all__ = ["MAX_QUERY_CHARACTERS", "MAX_QUERY_TERMS", "Analyser", "Word"]

MAX_QUERY_TERMS = 64
MAX_QUERY_CHARACTERS = 2_000
MAX_TERM_CHARACTERS = 40
"""A longer run of letters is no word; it is cut, so that a hostile text does not bloat the vocabulary."""
MAX_JOINED_PARTS = 4
REMEMBERED_WORDS = 100_000

_RUN = re.compile(rf"(?P<number>{NUMBER})|{HYPHENATED}")
_PART = re.compile(WORD)
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])'(?:s\b)?")
_ELIDED = re.compile(r"\b(?:[ldjmtsnc]|qu|jusqu|lorsqu|dell|all|nell|sull|dall|un|gl|quest|quell|bell)'(?=\w)")
_SCRIPTS = (
    ("latin", range(0x250)),
    ("greek", range(0x370, 0x400)),
    ("cyrillic", range(0x400, 0x530)),
    ("hebrew", range(0x590, 0x600)),
    ("arabic", range(0x600, 0x700)),
    ("devanagari", range(0x900, 0x980)),
    ("bengali", range(0x980, 0xA00)),
    ("tamil", range(0xB80, 0xC00)),
)
_OF_SCRIPT = {"latin": "en", "greek": "el", "cyrillic": "ru", "arabic": "ar", "devanagari": "hi", "tamil": "ta"}
"""Whose stemmer words of a script have where the shop has no language of it."""


class Word(NamedTuple):
    """A word of a text as search compares it."""

    form: str
    """Folded, of English ones the singular: two words of one form are the same word. Cut to 40 characters."""
    term: str
    """Its stem."""
    others: tuple[str, ...] = ()
    """Its stems in the shop's other languages and without a prefix, where they differ."""
    within: tuple[str, ...] = ()
    """Single characters of a piece of a script without spaces."""

    @property
    def terms(self) -> tuple[str, ...]:
        """All stems."""
        return self.term, *self.others


class Analyser:
    """The steps for a shop's languages."""

    def __init__(self, languages: Sequence[str] = ("en",)) -> None:
        """For ``languages`` of ``LANGUAGES``, the most frequent first; of none it is for English.

        Raises:
            ValueError: If one of them is not known.
        """
        if unknown := [code for code in languages if code not in LANGUAGES]:
            raise ValueError(f"no language has the code {unknown[0]!r}: known are {', '.join(LANGUAGES)}.")
        self.languages = tuple(languages) or ("en",)
        self.stop_words = frozenset(chain.from_iterable(STOP_WORDS.get(code, ()) for code in self.languages))
        """Folded words that a query may do without."""
        self.has_compounds = any(LANGUAGES[code].compounds for code in self.languages)
        """Whether words of one of the languages are joined to longer ones."""
        self._elides = any(LANGUAGES[code].elides for code in self.languages)
        self._has_points = self.languages == ("en",)
        self._stemmers = {
            script: list(chain.from_iterable(stemmers_of(code) for code in own or default))
            for script, _ in _SCRIPTS
            if (own := [code for code in self.languages if LANGUAGES[code].script == script])
            or (default := [_OF_SCRIPT[script]] if script in _OF_SCRIPT else [])
        }
        self._english = "en" in self.languages or self._stemmers.get("latin") == [stemmer_of("en")]
        self.word = lru_cache(REMEMBERED_WORDS)(self._word)
        """`Word` of a folded word."""

    def words(self, text: str) -> list[Word]:
        """Words of a text in their order, repeats included.

        Folded (see ``fold``) and split on all but letters, marks and digits. Sizes are brought to one form and lose
        their unit (see ``quantities``). A word with a digit (a model number or SKU) is kept as it is; others are
        stemmed. A name written with a hyphen gives its parts and the whole, so ``WD-40`` is found as ``wd 40``,
        ``wd40`` and ``wd-40`` (see ``_is_name``). Of a script without spaces each pair of characters is a word.
        """
        folded = spaced(fold(text))
        if "'" in folded:
            folded = _POSSESSIVE.sub("", _ELIDED.sub("", folded) if self._elides else folded)
        if not self._has_points and "," in folded:
            folded = decimal_points(folded)
        result: list[Word] = []
        for run in _RUN.finditer(normal_quantities(" ".join(folded.split()))):
            if run["number"]:
                result += [Word(term, term) for term in number_terms(run["number"][:MAX_TERM_CHARACTERS])]
                continue
            parts = _PART.findall(run.group())
            for part in parts:
                if is_unspaced(part):
                    result += _piece_words(part)
                else:
                    result.append(self.word(part[:MAX_TERM_CHARACTERS]))
            if _is_name(parts):
                result.append(self.word("".join(parts)[:MAX_TERM_CHARACTERS]))
        return result

    def terms(self, text: str) -> list[str]:
        """First stems of the words of a text, in their order."""
        return [word.term for word in self.words(text)]

    def amounts(self, query: str) -> list[tuple[list[str], list[list[str]]]]:
        """Terms of each metric amount of a query, and of the same amount in other units (`other_amounts`)."""
        if not any(map(str.isdigit, query)):
            return []
        folded = " ".join(fold(query[:MAX_QUERY_CHARACTERS]).replace("\u2044", "/").split())
        if not self._has_points and "," in folded:
            folded = decimal_points(folded)
        found = [(self.terms(typed), list(map(self.terms, others))) for typed, others in other_amounts(folded)]
        return [(typed, others) for typed, others in found if others]

    def query_words(self, query: str) -> list[Word]:
        """Distinct words of a query in their order, at most ``MAX_QUERY_TERMS``, without stop words.

        A query of nothing but stop words keeps them (``The Who``). Only the first ``MAX_QUERY_CHARACTERS`` are read.
        """
        by_term: dict[str, Word] = {}
        for word in self.words(query[:MAX_QUERY_CHARACTERS]):
            by_term.setdefault(word.term, word)
        distinct = list(by_term.values())
        return ([word for word in distinct if word.form not in self.stop_words] or distinct)[:MAX_QUERY_TERMS]

    def query_terms(self, query: str) -> list[str]:
        """First stems of the words of a query."""
        return [word.term for word in self.query_words(query)]

    def _word(self, folded: str) -> Word:
        """The word of a folded run of letters, digits and marks that is not of a script without spaces."""
        if not (folded.isalpha() or LETTERS.fullmatch(folded)):
            return Word(folded, folded)
        script = _script_of(folded[0])
        stems = list(dict.fromkeys(stem(folded) for stem in self._stemmers.get(script, ()))) or [folded]
        english = self._english and script == "latin" and len(folded) > 3 and folded.isascii()
        return Word(singular(folded) if english else folded, stems[0], tuple(stems[1:]))


@cache
def _script_of(letter: str) -> str:
    return next((name for name, codes in _SCRIPTS if ord(letter) in codes), "")


def _piece_words(run: str) -> list[Word]:
    pairs, single = pieces(run)
    if len(single) < 2:
        return [Word(run, pair) for pair in pairs]
    # The first pair has both of its characters, each other its second.
    first = Word(pairs[0], pairs[0], within=(single[0], single[1]))
    return [first, *map(_piece, pairs[1:], single[2:])]


@lru_cache(REMEMBERED_WORDS)
def _piece(pair: str, last: str) -> Word:
    return Word(pair, pair, within=(last,))


def _is_name(parts: list[str]) -> bool:
    """Whether a hyphenated run is likely a name that is also written as one word: ``t-light``, ``dcd-771-c2``.

    Measurements (``3-1/2``) and phrases (``end-of-line``) are not: joined, they only lengthen a text and lower the
    scores of its words.
    """
    if not 1 < len(parts) <= MAX_JOINED_PARTS or not parts[0].isalpha() or any(map(is_unspaced, parts)):
        return False
    return len(parts) == 2 or any(not part.isalpha() for part in parts)
