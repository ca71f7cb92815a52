"""Other ways to read words of a query: written together or apart, in another language, as a compound or part of one.

Belongs here: which readings a query has, by what the catalogue holds. What a reading is worth is decided here; how it
is scored is ``index``. A shop's synonyms are ``synonyms``.
"""

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise, product, takewhile
from pathlib import Path
from typing import NamedTuple, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.search.lexical.postings import Postings
from assets.models.search.lexical.product_words import ProductWords, pairs_of
from assets.models.search.lexical.scoring import Indexes
from assets.models.text.analysis import MAX_TERM_CHARACTERS, Analyser, Word
from assets.models.text.compounds import phrases_of
from assets.models.text.splitting import is_unspaced

__all__ = ["Reading", "Readings"]

MOST_JOINED = 4
"""Words that one written together stands for."""
MOST_READ = 16
"""Words of a query that are looked at: a bound on the work."""
MOST_HOLDING = 20
"""Words of the catalogue in which a word that it does not know is looked for."""
SHORTEST_HELD = 3
"""Letters of a word that is looked for at the end of others, one more at their beginning."""
SHORTEST_FIRST = 3
"""Letters in front of such an end."""
COMMON_APART = 0.5
"""Products that hold the parts of a known word side by side, of those that hold the word, or the rarer part, for the
word to be read apart: ``wi`` stands before ``fi``, but ``car`` seldom before ``pet``."""
APART, COMPOUND, HEAD, ENDING, BEGINNING, AMOUNT = 0.9, 0.8, 0.4, 0.8, 0.6, 0.8
"""What it is worth that a product holds the parts of a known word side by side; all parts of a compound; its last part
alone; a compound that ends in the word, as its kind does; one that begins with it; an amount in another unit."""
_LETTERS, _NUMBER, _MIXED, _OTHER = range(4)
_SEGMENT = re.compile(r"\d+|\D+")


class Reading(NamedTuple):
    """Terms that stand for some words of a query, all of which a product must hold."""

    start: int
    end: int
    """Behind the last of the words."""
    terms: tuple[str, ...]
    weight: float


class Readings:
    """What a catalogue tells of how its words are written."""

    def __init__(
        self,
        indexes: Indexes,
        spelt: Iterable[str],
        beside: NDArray[np.uint32],
        apart: Mapping[str, Sequence[str]],
        analyser: Analyser,
    ) -> None:
        """Use ``build`` or ``load``.

        ``beside`` are sorted hashes of all pairs of terms side by side, ``apart`` the terms that are one by themselves.
        """
        self._words, self._pairs, self._beside, self._analyser = indexes.words, indexes.pairs, beside, analyser
        self._apart = {term: tuple(parts) for term, parts in apart.items()}
        self._forms = frozenset({*spelt, *indexes.words.vocabulary} if analyser.has_compounds else ())
        self._forwards = sorted(self._forms)
        self._backwards = sorted(form[::-1] for form in self._forms)

    @classmethod
    def build(cls, indexes: Indexes, spelt: Iterable[str], filed: ProductWords, analyser: Analyser) -> Self:
        """From the indexes of a catalogue, its folded words, and what the indexes were made of."""
        counts = Counter(pair for field in filed.pairs for row in field.rows for pair in row)
        beside = np.unique(np.fromiter(map(_key, counts), dtype=np.uint32))
        apart = _common_apart(counts, indexes.words)
        # Whoever writes a compound means what others write as several words.
        apart |= {term: parts for term, parts in filed.compounds.items() if all(p in counts for p in pairs_of(parts))}
        return cls(indexes, spelt, beside, apart, analyser)

    def of(self, words: Sequence[Word]) -> list[Reading]:
        """Readings of the words of a query, each of at least one product."""
        found = list[Reading]()
        kinds = [_kind_of(word.form) for word in words[:MOST_READ]]
        for at, word in enumerate(words[:MOST_READ]):
            if kinds[at] == _OTHER:
                continue
            found += [Reading(at, at + 1, (term,), 1.0) for term in word.others if self._words.count(term)]
            found += [Reading(at, at + 1, terms, weight) for terms, weight in self._apart_of(word, kinds[at])]
            joined = self._joined(words, kinds, at)
            if joined is not None:
                found.append(joined)
        return found

    def of_amounts(self, words: Sequence[Word], query: str, names: frozenset[str]) -> list[Reading]:
        """The metric amounts of a query, whose words are given, in other units; each is of at least one product.

        What is one of ``names``, such as ``3m``, is no amount.
        """
        found, terms = list[Reading](), [word.term for word in words[:MOST_READ]]
        for typed, others in self._analyser.amounts(query):
            n = len(typed)
            at = next((at for at in range(len(terms) - n + 1) if terms[at : at + n] == typed), -1)
            if at < 0 or not names.isdisjoint(typed):
                continue
            for other in others:
                for written in (tuple(other), ("".join(other),))[: len(other)]:
                    held = all(map(self._words.count, written))
                    if held and all(self._are_beside(one, more) for one, more in pairwise(written)):
                        found.append(Reading(at, at + n, written, AMOUNT))
        return found

    def knows(self, word: Word) -> bool:
        """Whether a word that no product holds is part of one that some do, or made of such."""
        return any(weight > HEAD for _, weight in self._of_compounds(word))

    def _joined(self, words: Sequence[Word], kinds: Sequence[int], at: int) -> Reading | None:
        """The longest run of words from ``at`` on that products write as one; two numbers make no third one."""
        form, found = words[at].form, None
        for end in range(at + 1, min(at + MOST_JOINED, len(kinds))):
            if kinds[end] == _OTHER or kinds[end] == kinds[end - 1] == _NUMBER:
                break
            form += words[end].form
            term = self._known(form)
            if term is not None:
                found = Reading(at, end + 1, (term,), 1.0)
        return found

    def _apart_of(self, word: Word, kind: int) -> Iterator[tuple[tuple[str, ...], float]]:
        """Terms that stand for one word."""
        if word.term in self._apart:
            yield self._apart[word.term], APART
        elif kind == _MIXED:
            yield from ((terms, 1.0) for terms in islice(self._segments(word.form), 1))
        elif kind == _LETTERS and not any(map(self._words.count, word.terms)):
            if terms := self._cut(word.form):
                yield terms, 1.0
            if self._analyser.has_compounds:
                yield from self._of_compounds(word)

    def _cut(self, form: str) -> tuple[str, str] | None:
        """Two words side by side in a product that ``form`` runs together; the longest first."""
        for at in range(len(form) - 1, 0, -1):
            one, other = self._analyser.word(form[:at]).term, self._analyser.word(form[at:]).term
            if self._words.count(one) and self._words.count(other) and self._are_beside(one, other):
                return one, other
        return None

    def _segments(self, form: str) -> Iterator[tuple[str, ...]]:
        """Cuts between letters and digits whose pieces stand side by side in products.

        Of letters singly only one beside a number, its unit or series; a longer code of such is one word.
        """
        segments = _SEGMENT.findall(form)
        is_code = len(segments) > 2 and not any(len(one) > 1 and one.isalpha() for one in segments)
        if is_code or not 2 <= len(segments) <= MOST_JOINED:
            return
        for cuts in product((True, False), repeat=len(segments) - 1):
            if not any(cuts):
                continue
            pieces = [segments[0]]
            for cut, segment in zip(cuts, segments[1:], strict=True):
                if cut:
                    pieces.append(segment)
                else:
                    pieces[-1] += segment
            terms = tuple(self._analyser.word(piece).term for piece in pieces)
            if all(self._are_beside(one, other) for one, other in pairwise(terms)):
                yield terms

    def _of_compounds(self, word: Word) -> Iterator[tuple[tuple[str, ...], float]]:
        """A word that the catalogue does not know by its parts and by the compounds that hold it."""
        for terms in phrases_of(word, self._held, self._analyser):
            if all(map(self._words.count, terms)):
                yield terms, COMPOUND
            if self._words.count(terms[-1]):
                yield terms[-1:], HEAD
        for form in dict.fromkeys((word.form, *word.terms)):
            if len(form) >= SHORTEST_HELD:
                longer = (found[::-1] for found in _beginning(self._backwards, form[::-1]))
                longer = (other for other in longer if len(other) >= len(form) + SHORTEST_FIRST)
                yield from ((terms, ENDING) for other in longer for terms in self._terms_of(other))
        if len(word.form) > SHORTEST_HELD:
            others = _beginning(self._forwards, word.form)
            yield from ((terms, BEGINNING) for other in others for terms in self._terms_of(other))

    def _terms_of(self, form: str) -> Iterator[tuple[str]]:
        """Terms of a word or stem of the catalogue."""
        own = (form,) if self._words.count(form) else self._analyser.word(form).terms
        yield from ((term,) for term in own if self._words.count(term))

    def _held(self, part: str) -> int:
        """Number of products that hold a stem, or a word that is spelt so."""
        count = self._words.count(part)
        return self._words.count(self._analyser.word(part).term) if not count and part in self._forms else count

    def _known(self, form: str) -> str | None:
        terms = self._analyser.word(form[:MAX_TERM_CHARACTERS]).terms
        return next((term for term in terms if self._words.count(term)), None)

    def _are_beside(self, one: str, other: str) -> bool:
        if self._pairs.column(pair := f"{one} {other}") >= 0:
            return True
        key = np.uint32(_key(pair))
        at = int(self._beside.searchsorted(key))
        return at < len(self._beside) and bool(self._beside[at] == key)

    def save(self, folder: Path) -> None:
        """Write ``pairs_beside.npy`` and ``apart.json``."""
        save_arrays(folder, pairs_beside=self._beside)
        (folder / "apart.json").write_text(json.dumps(self._apart, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, indexes: Indexes, spelt: Iterable[str], analyser: Analyser) -> Self:
        """Read what ``save`` wrote for the same catalogue, memory-mapped."""
        (beside,) = load_arrays(folder, "pairs_beside")
        apart = json.loads((folder / "apart.json").read_text(encoding="utf-8"))
        return cls(indexes, spelt, beside, apart, analyser)


def _kind_of(form: str) -> int:
    if is_unspaced(form) or not form.isalnum():
        return _OTHER
    return _LETTERS if form.isalpha() else _NUMBER if form.isdigit() else _MIXED


def _common_apart(counts: Mapping[str, int], words: Postings) -> dict[str, tuple[str, ...]]:
    """Terms that products also write apart, with their parts, by the number of times that each pair of terms occurs."""
    apart: dict[str, tuple[str, ...]] = {}
    for pair, count in sorted(counts.items()):
        one, _, other = pair.partition(" ")
        together = words.count(one + other)
        if together and one.isalpha() and other.isalpha():
            rarest = min(together, words.count(one), words.count(other))
            if count >= COMMON_APART * rarest:
                apart[one + other] = (one, other)
    return apart


def _beginning(ordered: Sequence[str], prefix: str) -> list[str]:
    """The first of the sorted texts that begin with ``prefix``."""
    start = bisect_left(ordered, prefix)
    return list(takewhile(lambda text: text.startswith(prefix), ordered[start : start + MOST_HOLDING]))


def _key(pair: str) -> int:
    return crc32(pair.encode())
