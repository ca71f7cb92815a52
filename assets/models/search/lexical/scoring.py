"""One score from the inverted indexes of a catalogue: words as they were typed, and as they may be read besides.

Belongs here: how postings add up. Which readings a query has is ``readings`` and ``synonyms``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assets.models.search.lexical.postings import Postings
from assets.models.search.lexical.product_words import pairs_of
from assets.models.text.analysis import Word
from evaluation.arrays import Floats32, Ints32

__all__ = ["FORM_SHARE", "PAIR_WEIGHT", "Indexes"]

PAIR_WEIGHT = 0.15
"""Share of the score of words that stand side by side in the query and in the product."""
PART_SHARE = 0.3
"""What words count in a product that holds some words of an expression and not the whole: a plant pot is no tea pot."""
FORM_SHARE = 0.4
"""Share of a word's score that only products have which write it as the query does: beds come before bedding."""


class Indexes(NamedTuple):
    """The inverted indexes of one catalogue."""

    words: Postings
    """Of stems, compounds' parts and characters."""
    pairs: Postings
    """Of stems side by side."""
    forms: Postings
    """Of words as they are written, where others share their stem."""

    def add(self, words: Sequence[Word], total: Floats32) -> None:
        """Add the scores of the words as they were typed to ``total``, in place."""
        plain, written = list[str](), list[Word]()
        for word in words:
            if self.forms.column(word.form) < 0:
                plain.append(word.term)
            else:
                written.append(word)
        self.words.add(plain, total)
        if written:
            self.words.add([word.term for word in written], total, 1 - FORM_SHARE)
            self.forms.add([word.form for word in written], total, FORM_SHARE)
        self.pairs.add(pairs_of([word.term for word in words]), total, PAIR_WEIGHT)

    def read(
        self,
        words: Sequence[Word],
        readings: Sequence[tuple[Sequence[str], float]],
        total: Floats32,
        *,
        capped: int = 0,
        as_good: bool = False,
    ) -> None:
        """Raise ``total``, in place, where a product is better by one of the readings of the words than as typed.

        Args:
            words: Neighbours in the query.
            readings: Terms, all of which a product must hold, and what they are worth.
            total: float32[n], with the scores as typed.
            capped: Of how many words at most no product may be better by another reading than the best one is by the
                words as typed, together or apart.
            as_good: Whether the best product by a reading is, but for the weight, as good as the best by the words.
        """
        best = 0.0
        if as_good or len(words) <= capped:
            best = float(self.whole([word.term for word in words])[1].max(initial=0))
        if not best and 1 < len(words) <= capped:
            best = float(self.words.of("".join(word.form for word in words))[1].max(initial=0))
        most = best if best and len(words) <= capped else np.inf
        gained = np.zeros_like(total) if len(readings) > 1 else None
        for terms, weight in readings:
            items, scores = self.whole(terms)
            if as_good and best and scores.size:
                scores = scores * np.float32(max(best / float(scores.max()), 1))
            gain = np.minimum(scores, most) * np.float32(weight) - self._typed_at(words, items)
            if gained is None:
                total[items] += np.maximum(gain, 0)
                continue
            more = np.maximum(gain - gained[items], 0)
            total[items] += more
            gained[items] += more

    def keep_whole(self, words: Sequence[Word], others: Sequence[Sequence[str]], total: Floats32) -> None:
        """Lower ``total``, in place, of products that hold a part of an expression and none of its ``others`` whole.

        Args:
            words: Of the expression, at least two.
            others: Terms of the expressions that stand for it.
            total: float32[n], with the scores of the words as typed.
        """
        terms = [word.term for word in words]
        either = np.unique(np.concatenate([self.words.of(term)[0] for term in terms]))
        fine = [self.whole(other)[0] for other in others]
        items = self.whole(terms)[0]
        for pair in pairs_of(terms):
            if self.pairs.column(pair) >= 0:
                items = items[self.pairs.at(pair, items) > 0]
        parts = np.setdiff1d(either, np.concatenate([items, *fine]), assume_unique=False)
        total[parts] -= np.float32(1 - PART_SHARE) * self._typed_at(words, parts)

    def _typed_at(self, words: Sequence[Word], items: Ints32) -> Floats32:
        """Scores of the words as they were typed in each of the ascending ``items``."""
        scores = np.zeros(items.size, dtype=np.float32)
        for word in words:
            share = FORM_SHARE if self.forms.column(word.form) >= 0 else 0.0
            scores += np.float32(1 - share) * self.words.at(word.term, items)
            if share:
                scores += np.float32(share) * self.forms.at(word.form, items)
        for pair in pairs_of([word.term for word in words]):
            scores += np.float32(PAIR_WEIGHT) * self.pairs.at(pair, items)
        return scores

    def whole(self, phrase: Sequence[str]) -> tuple[Ints32, Floats32]:
        """Items that hold every term of ``phrase``, ascending, and their scores."""
        items, total = self.words.of(phrase[0])
        for term in phrase[1:]:
            more = self.words.at(term, items)
            held = more > 0
            items, total = items[held], total[held] + more[held]
        for pair in pairs_of(phrase):
            total = total + np.float32(PAIR_WEIGHT) * self.pairs.at(pair, items)
        return items, total
