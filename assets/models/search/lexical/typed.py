"""What products hold of a query as it was typed: the very words, and not merely others of their stem.

Belongs here: who holds which words of a query. How well a product matches is ``scoring``.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

import numpy as np

from assets.models.search.lexical.named import Named
from assets.models.search.lexical.scoring import FORM_SHARE, PAIR_WEIGHT, Indexes
from assets.models.text.analysis import Analyser, Word
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["Span", "forms_of", "holding", "in_other_forms", "is_derived", "well_matched"]

Span = tuple[int, int, Sequence[str]]
"""First and last but one word of a query, and terms that stand for them."""
MOST_WORDS = 32
"""Words of a query that are counted: a bound on the work."""
MOST_FORMS = 50
INFLECTED = 2
"""Letters that two forms of one stem may have behind their common beginning to be one word: ``Lampe``, ``Lampen``."""
_SLACK = 1e-4


def forms_of(indexes: Indexes, words: Sequence[Word], analyser: Analyser) -> list[list[str]]:
    """Of each word the forms that are the same word, where others share its stem; else none.

    Of English alone a form is singular and plural already. Elsewhere those are one word that differ in an ending.
    """
    if analyser.languages == ("en",):
        return [[word.form] if indexes.forms.column(word.form) >= 0 else [] for word in words]
    return [_inflected(indexes.forms.vocabulary, word, analyser) for word in words]


def _inflected(vocabulary: Sequence[str], word: Word, analyser: Analyser) -> list[str]:
    n = len(word.form) + INFLECTED
    return [
        form
        for form in _near(vocabulary, word.form)
        if len(form) <= n
        and word.form.startswith(form[:-INFLECTED])
        and not set(word.terms).isdisjoint(analyser.word(form).terms)
    ]


def _near(vocabulary: Sequence[str], text: str) -> Iterator[str]:
    """The first `MOST_FORMS` forms that begin as ``text`` does but for its last `INFLECTED` letters."""
    start = text[: max(len(text) - INFLECTED, 1)]
    at = bisect_left(vocabulary, start)
    return takewhile(lambda form: form.startswith(start), vocabulary[at : at + MOST_FORMS])


def holding(indexes: Indexes, word: Word, forms: Sequence[str]) -> Ints32:
    """Items that hold a word in one of its ``forms``, or where it has none its stem, ascending."""
    found = [indexes.forms.of(form)[0] for form in forms] or [indexes.words.of(term)[0] for term in word.terms]
    return np.unique(np.concatenate(found))


def is_derived(word: Word, forms: Sequence[str]) -> bool:
    """Whether a word whose stem others share is made of it, and is not the stem itself: ``stocking``, not ``stock``."""
    return bool(forms) and word.form != word.term


def in_other_forms(
    indexes: Indexes,
    words: Sequence[Word],
    forms: Sequence[Sequence[str]],
    items: Ints32,
    scores: Floats32,
    analyser: Analyser,
) -> Bools:
    """bool[m]: which of the ascending ``items`` hold nothing of a query but other words of its words' stems.

    Of a word that is its own stem the others are made: who searches for ``bed`` is shown bedding too, behind the beds.
    A part of a compound is no other form: who searches for ``jacke`` is shown ``Winterjacken``.

    Args:
        indexes: Of the catalogue.
        words: Of the query.
        forms: Of each, as `forms_of`.
        items: Products that match.
        scores: float32[m], as `Indexes` gives them: what another reading has added is no other form.
        analyser: Of the catalogue.
    """
    other = np.zeros(items.size, dtype=np.float32)
    held = np.zeros(items.size, dtype=np.bool_)
    for word, of_word in zip(words, forms, strict=True):
        if is_derived(word, of_word):
            for form in of_word:
                held |= indexes.forms.at(form, items) > 0
            if analyser.has_compounds:
                held |= _in_compounds(indexes, word, analyser, items)
            other += np.float32(1 - FORM_SHARE) * indexes.words.at(word.term, items)
        else:
            for term in word.terms:
                held |= indexes.words.at(term, items) > 0
    return ~held & (scores <= other * (1 + PAIR_WEIGHT) + _SLACK)


def _in_compounds(indexes: Indexes, word: Word, analyser: Analyser, items: Ints32) -> Bools:
    """bool[m]: which of the ascending ``items`` hold the stem of a word, but no word of that stem by itself."""
    inside = indexes.words.at(word.term, items) > 0
    for form in _near(indexes.forms.vocabulary, word.term):
        if word.term in analyser.word(form).terms:
            inside &= indexes.forms.at(form, items) == 0
    return np.asarray(inside, dtype=np.bool_)


def well_matched(
    indexes: Indexes,
    named: Named,
    words: Sequence[Word],
    forms: Sequence[Sequence[str]],
    spans: Iterable[Span],
    n_items: int,
) -> Bools:
    """bool[n_items]: the products that hold as many words of a query as any does, as they were typed.

    A word counts where a product names it; where none does, where one mentions it; where none does that, where one
    holds its stem. What stands for several words counts for each of them.

    Args:
        indexes: Of the catalogue.
        named: Of the catalogue.
        words: Of the query.
        forms: Of each, as `forms_of`.
        spans: Other ways to read some of them.
        n_items: Of the catalogue.
    """
    counted = words[:MOST_WORDS]
    covered = np.zeros(n_items, dtype=np.uint32)
    for at, (word, of_word) in enumerate(zip(counted, forms, strict=False)):
        items = np.concatenate([named.of(key) for key in [f"={form}" for form in of_word] or word.terms])
        if not items.size:
            items = holding(indexes, word, of_word)
        if not items.size:
            items = indexes.words.of(word.term)[0]
        covered[items] |= np.uint32(1 << at)
    for start, end, terms in spans:
        items, _ = indexes.whole(terms)
        covered[items] |= np.uint32(sum(1 << at for at in range(start, min(end, len(counted)))))
    held = np.bitwise_count(covered)
    return held >= max(int(held.max(initial=0)), 1)
