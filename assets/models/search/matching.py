"""Which products a query matches, and their order: what a search answers with, and what its report measures.

Belongs here: the rule and the order, under any mask of what is shown. Filters, product numbers, pages and what happens
when nothing matches are serving's.

A product *matches* where one of these holds, whatever is shown:
- its word score is at least ``WORDS_FLOOR`` of the best in the catalogue: a product that holds
  one common word of several is no answer, and would swell every count; nor is one an answer that holds nothing of the
  query but other words of its words' stems, where some hold the words themselves: a stock pot is no stocking;
- it is among the ``NEAREST`` closest in meaning, at a cosine of at least ``LEAST_COSINE`` and ``MEANING_FLOOR`` of the
  best;
- it is so close to the query's adapted vector, where an adapter was learnt;
- a like query has found it, where queries are remembered.

The first places go by words and meaning together, or as learnt, and behind them by words, then by meaning. So the
order is that of all that matches, however many of it are asked for. What is sold out stands behind what matches as
well.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from assets.models.ranked import Ranked, empty, top_k
from assets.models.search.learnt.model import LearntSearch
from assets.models.search.lexical.index import LexicalIndex, best_of
from assets.models.search.score_blend import Searched, blend, find_candidates
from assets.models.search.sold_out import behind_equals
from assets.models.search.vectors.index import VectorIndex
from assets.models.text.folding import fold
from assets.models.text.splitting import words
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["FIRST_PLACES", "Matches", "SearchModels", "has_words"]

WORDS_FLOOR = 0.4
NEAREST = 100
MEANING_FLOOR = 0.7
LEAST_COSINE = 0.3
LIKE_QUERY = 0.7
"""Least cosine of an earlier query whose products match this one too."""
FIRST_PLACES = 50
"""Places that words and meaning fill together; behind them the order is by words, then by meaning."""
MOST_NAMED = 20
"""Products out of stock whose title may be the query: the best in words."""
POPULARITY_SHARE = 0.02
"""Of the range of scores of the first places: what the most popular product gains on one that nobody looks at. It
decides between products that match alike, and no more."""


class SearchModels(NamedTuple):
    """What a search asks; all of one catalogue."""

    lexical: LexicalIndex | None
    vectors: VectorIndex | None
    learnt: LearntSearch | None
    """Only beside both indexes."""
    popularity: Floats32
    """float32[n], at least 0."""

    def match(self, query: str, vector: Floats32 | None) -> "Matches":
        """Search the whole catalogue.

        Args:
            query: Corrected.
            vector: float32[d], not zero, as the encoder gives it; none where there is none, and words decide alone.
        """
        words, near, searched = None, empty(), None
        if self.lexical is not None and self.vectors is not None and vector is not None:
            if self.learnt is None:
                searched = Searched(self.lexical.scores(query), self.vectors.search(vector, NEAREST))
            else:
                searched = self.learnt.parts.search(query, vector, NEAREST, like=LIKE_QUERY)
            words, near = searched.words, searched.near
        elif self.lexical is not None:
            words = self.lexical.scores(query)
        elif self.vectors is not None and vector is not None:
            near = self.vectors.search(vector, NEAREST)
        matching = np.zeros(len(self.popularity), dtype=np.bool_)
        best = 0.0 if words is None else float(words.max(initial=0))
        if words is not None and best > 0:
            by_words = words >= WORDS_FLOOR * best
            if self.lexical is not None:
                by_words[self.lexical.in_other_forms(query, by_words, words)] = False
            matching |= by_words
        matching[_close(near)] = True
        if searched is not None and searched.adapted is not None:
            matching[_close(searched.adapted)] = True
        if searched is not None and searched.remembered is not None:
            matching[searched.remembered] = True
        return Matches(self, query, vector, words, near, searched, matching)


@dataclass(frozen=True)
class Matches:
    """What a query finds in a catalogue."""

    models: SearchModels
    query: str
    vector: Floats32 | None
    words: Floats32 | None
    """float32[n] word scores; none without word search."""
    near: Ranked
    """Closest in meaning, however far they are; empty without a vector."""
    searched: Searched | None
    """Both, with what was learnt; none without either."""
    matching: Bools
    """bool[n], see above."""
    sold_out: Bools | None = None
    """bool[n] of the products that stand behind what matches as well; none for no product."""

    def stocked_first(self, in_stock: Bools, title: Callable[[int], str]) -> "Matches":
        """The same, of which those not ``in_stock`` (bool[n]) stand behind what matches as well.

        But for products whose ``title`` the query is.
        """
        sold_out = ~in_stock & self.matching
        if not sold_out.any():
            return self
        asked = words(fold(self.query))
        for item in self.by_words(sold_out, MOST_NAMED).items.tolist():
            sold_out[item] = words(fold(title(item))) != asked
        return replace(self, sold_out=sold_out)

    @cached_property
    def _as_typed(self) -> Bools:
        """bool[n]: `well_matched`, among all."""
        lexical = self.models.lexical
        return np.ones(self.matching.size, dtype=np.bool_) if lexical is None else lexical.well_matched(self.query)

    def first_places(self, shown: Bools) -> Ranked:
        """The best ``FIRST_PLACES`` of the products ``shown`` (bool[n]) by words and meaning; empty without either.

        As learnt, where something was; popularity has a small say. The scores are comparable within one query only.
        """
        lexical, vectors, learnt, popularity = self.models
        if lexical is None or vectors is None or self.vector is None or self.searched is None:
            return empty()
        if learnt is not None:
            _, best = learnt.answer(self.query, self.vector, FIRST_PLACES, allowed=shown, searched=self.searched)
        else:
            both = find_candidates(lexical, vectors, self.query, self.vector, allowed=shown, searched=self.searched)
            best = blend(both, FIRST_PLACES)
        if best.items.size < 2:
            return best
        seen = np.log1p(popularity[best.items])
        gain = POPULARITY_SHARE * float(best.scores[0] - best.scores[-1]) / max(float(seen.max()), 1e-6)
        scores = np.round(best.scores + gain * seen, 6).astype(np.float32)
        if self.sold_out is not None:
            scores = behind_equals(scores, self.sold_out[best.items], self._as_typed[best.items])
        return top_k(best.items, scores, FIRST_PLACES)

    def by_words(self, shown: Bools, k: int) -> Ranked:
        """The ``k`` best of the products ``shown`` (bool[n]) that hold any of the words."""
        if self.words is None:
            return empty()
        if self.sold_out is None:
            return best_of(self.words, k, shown)
        items = np.flatnonzero(shown & (self.words > 0))
        if not items.size:
            return empty()
        return top_k(items, behind_equals(self.words[items], self.sold_out[items], self._as_typed[items]), k)

    def by_meaning(self, shown: Bools, k: int) -> Ranked:
        """The ``k`` closest in meaning of the products ``shown`` (bool[n]) that hold none of the words."""
        if self.models.vectors is None or self.vector is None:
            return empty()
        return self.models.vectors.search(self.vector, k, shown & ~self.any_word())

    def well_matched(self) -> Bools:
        """bool[n] of what matches and holds as many words as any product does, as typed; all that matches for none."""
        if self.models.lexical is None or self.words is None:
            return self.matching
        well = self.matching & self._as_typed
        return well if well.any() else self.matching

    def any_word(self) -> Bools:
        """bool[n] of the products that hold any of the words, however few."""
        return np.zeros(self.matching.size, np.bool_) if self.words is None else self.words > 0

    def any_meaning(self) -> Bools:
        """bool[n] of the closest in meaning, however far they are."""
        mask = np.zeros(self.matching.size, dtype=np.bool_)
        mask[self.near.items] = True
        return mask

    def best(self, k: int) -> Ints32:
        """The first ``k`` of all that match, int32[at most k], each once."""
        items = self.first_places(self.matching).items
        for step in (self.by_words, self.by_meaning):
            if items.size < k:
                more = step(self.matching, k).items
                items = np.concatenate((items, more[~np.isin(more, items)]))
        return items[:k]


def has_words(query: str) -> bool:
    """Whether there is anything to encode: signs alone mean nothing."""
    return any(character.isalnum() for character in query)


def _close(near: Ranked) -> Ints32:
    """Of the items closest to a vector, best first, those that are close enough to match."""
    if not near.scores.size:
        return near.items
    return near.items[near.scores >= max(MEANING_FLOOR * float(near.scores[0]), LEAST_COSINE)]
