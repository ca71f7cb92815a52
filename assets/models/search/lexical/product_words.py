"""What the words of products are filed under: stems, pieces, exact forms, pairs, and spellings.

Belongs here: the rows that each inverted index is made of. How rows become scores is ``postings``.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from assets.models.search.lexical.postings import FieldTerms
from assets.models.text.analysis import Analyser, Word
from assets.models.text.compounds import phrases_of
from assets.models.text.folding import fold
from assets.models.text.splitting import letter_words

__all__ = ["ProductWords", "pairs_of"]

PAIRED_TERMS = 40
"""Only the first terms of a product make pairs: the title, whose phrases mean something."""
NAMED_FROM = 0.5
"""Weight of a field beside the title from which on its words say what a product is, and do not only describe it."""
ROUNDS = 2
"""Times that compounds are taken apart."""
_ELIDED = re.compile(r"(?<![^\W\d])[^\W\d]{1,2}'([^\W\d]{3,})")
WITHIN_WEIGHT = 0.8
"""What a part of a compound, or one character of a word without spaces, counts beside a word by itself."""


class ProductWords(NamedTuple):
    """Rows of all products, one `FieldTerms` a field that is searched."""

    stems: list[FieldTerms]
    """With the parts of compounds and single characters in fields of their own."""
    pairs: list[FieldTerms]
    """Stems side by side."""
    forms: list[FieldTerms]
    """Words as they are written, where others share their stem or hold it."""
    named: list[list[str]]
    """Of each product the words of fields from ``NAMED_FROM`` on: stems, and ``=form`` where others share one."""
    spellings: Counter[str]
    """Folded word → number of products that hold it."""
    compounds: Mapping[str, tuple[str, ...]]
    """Stem of a compound → stems of its parts."""

    @classmethod
    def of(cls, fields: Iterable[tuple[Sequence[str], float]], n_items: int, analyser: Analyser) -> "ProductWords":
        """From the texts of each field, n of them, with the field's weight."""
        texts = [(of_field, weight) for of_field, weight in fields]
        rows = [[analyser.words(text) if text else [] for text in of_field] for of_field, _ in texts]
        phrases = _phrases(rows, analyser)
        parts = {word: sorted(set(chain.from_iterable(of_word))) for word, of_word in phrases.items()}
        shared = _shared_forms(rows, set(chain.from_iterable(parts.values())))
        stems, pairs, forms = list[FieldTerms](), list[FieldTerms](), list[FieldTerms]()
        left = [PAIRED_TERMS] * n_items
        for of_field, (of_texts, weight) in zip(rows, texts, strict=True):
            stems.append(FieldTerms([[t for word in row for t in word.terms] for row in of_field], weight))
            inside = [
                [
                    *(t for word in row for t in (*word.within, *parts.get(word, ()))),
                    *(t for t in _behind_apostrophes(text, analyser) if all(t not in word.terms for word in row)),
                ]
                for row, text in zip(of_field, of_texts, strict=True)
            ]
            if any(inside):
                stems.append(FieldTerms(inside, weight * WITHIN_WEIGHT))
            kept = [
                [word.term for word in row if word.form not in analyser.stop_words][:most]
                for row, most in zip(of_field, left, strict=True)
            ]
            left = [most - len(row) for row, most in zip(kept, left, strict=True)]
            pairs.append(FieldTerms([pairs_of(row) for row in kept], weight))
            forms.append(FieldTerms([[word.form for word in row if word.form in shared] for row in of_field], weight))
        products = zip(*(of_field for of_field, _ in texts), strict=True)
        spelt = (set(chain.from_iterable(letter_words(fold(text)) for text in of)) for of in products)
        compounds = {word.term: of_word[0] for word, of_word in phrases.items()}
        naming = [of_field for of_field, (_, weight) in zip(rows, texts, strict=True) if weight >= NAMED_FROM]
        named = [
            [*{t for word in chain(*of) for t in (*word.terms, *((f"={word.form}",) if word.form in shared else ()))}]
            for of in zip(*naming, strict=True)
        ]
        return cls(stems, pairs, forms, named, Counter(chain.from_iterable(spelt)), compounds)


def pairs_of(terms: Sequence[str]) -> list[str]:
    """Terms side by side, as one term each."""
    return [f"{one} {other}" for one, other in pairwise(terms)]


def _behind_apostrophes(text: str, analyser: Analyser) -> list[str]:
    """Stems of what stands behind a short beginning and an apostrophe: ``L'Oréal`` is also found as ``oreal``."""
    if text.isascii() and "'" not in text:
        return []
    return [analyser.word(tail).term for tail in _ELIDED.findall(fold(text))]


def _shared_forms(rows: Iterable[Iterable[Sequence[Word]]], parts: Collection[str]) -> set[str]:
    """Forms of words one of whose stems others have that are written otherwise, or is one of ``parts`` of compounds."""
    form: dict[str, str] = {}
    several = set(parts)
    words = {word for of_field in rows for row in of_field for word in row if not word.within}
    for word in words:
        several.update(term for term in word.terms if form.setdefault(term, word.form) != word.form)
    return {word.form for word in words if not several.isdisjoint(word.terms)}


def _phrases(rows: Sequence[Sequence[Sequence[Word]]], analyser: Analyser) -> dict[Word, list[tuple[str, ...]]]:
    """Compound → stems of its parts, by the words that the products hold by themselves."""
    if not analyser.has_compounds:
        return {}
    products = zip(*rows, strict=True)
    held = Counter(chain.from_iterable({t for row in of for word in row for t in word.terms} for of in products))
    letters = sorted({word for of_field in rows for row in of_field for word in row if word.form.isalpha()})
    known: dict[str, int] = {word.form: max(held[term] for term in word.terms) for word in letters} | held

    def count(part: str) -> int:
        return known.get(part, 0)

    phrases = dict[Word, list[tuple[str, ...]]]()
    # What is left of a compound beside a word of the catalogue is a word of it too: in the second round others split.
    for _ in range(ROUNDS):
        phrases = {word: found for word in letters if (found := list(phrases_of(word, count, analyser)))}
        parts = Counter(part for of_word in phrases.values() for phrase in of_word for part in phrase)
        known |= {part: times for part, times in parts.items() if part not in known}
    return phrases
