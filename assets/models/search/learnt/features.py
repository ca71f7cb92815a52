"""What a learnt ranking looks at: how a query and a found product match, in numbers.

Belongs here: the features of a query's candidates. Who learns from them is `assets.models.search.learnt.ranker`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.search.learnt.query_memory import MEMORY_FEATURES
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.score_blend import Candidates
from evaluation.arrays import Floats32, Ints32

__all__ = ["FEATURES", "SearchFeatures"]

LENGTH_TERMS = 32
"""Terms of a text that are looked at one by one."""
NEIGHBOURS = 10
"""Best candidates whose mean vector stands for what the query found (pseudo-relevance feedback; Rocchio 1971)."""
PHRASE_ENDS = frozenset({"with", "for", "in", "by", "to", "of", "from"})
"""What follows these tells about a product, what stands right before them is what it is."""

FEATURES = (
    "words",
    "words_to_best",
    "words_rank",
    "best_words",
    "cosine",
    "cosine_to_best",
    "cosine_rank",
    "adapted_cosine",
    "adapted_to_best",
    "consensus",
    "query_terms",
    "text_terms",
    "coverage",
    "rarity_coverage",
    "rarest_missing",
    "numbers_asked",
    "numbers_covered",
    "first_place",
    "mean_place",
    "pairs",
    "span",
    "last_term_matched",
    "first_term_matched",
    "head_asked",
    "head_distance",
    "starts_alike",
    "text_covered",
    "popularity",
    "popularity_rank",
    "age_days",
    *MEMORY_FEATURES,
)
"""Names of the columns, in order."""


class SearchFeatures:
    """First terms of every product as numbers of the lexical index's vocabulary, and what is known of it unasked."""

    def __init__(self, lexical: LexicalIndex, places: Ints32, heads: Ints32, priors: Floats32) -> None:
        """Use ``build`` or ``load``. ``places`` int32[n, 32], -1 behind the end; ``heads`` place of the head word."""
        self._lexical, self._places, self._heads, self._priors = lexical, places, heads, priors
        self._lengths = (places >= 0).sum(axis=1)

    @classmethod
    def build(cls, lexical: LexicalIndex, texts: Sequence[str], priors: Floats32 | None = None) -> Self:
        """From the texts of the products that ``lexical`` was built of.

        Args:
            lexical: The index of the same catalogue.
            texts: One text an item.
            priors: float32[n, 2], popularity ≥ 0 and age in days of each item; None where a shop knows neither.
        """
        places = np.full((len(texts), LENGTH_TERMS), -1, dtype=np.int32)
        heads = np.zeros(len(texts), dtype=np.int32)
        stop_words = lexical.analyser.stop_words
        for row, text in enumerate(texts):
            of_text = lexical.analyser.words(text)
            kept = [word.term for word in of_text if word.form not in stop_words][:LENGTH_TERMS]
            places[row, : len(kept)] = [lexical.words.column(t) for t in kept]
            end = next((i for i, word in enumerate(of_text) if i > 1 and word.form in PHRASE_ENDS), len(of_text))
            heads[row] = max(sum(word.form not in stop_words for word in of_text[:end]) - 1, 0)
        none = np.zeros((len(texts), 2), dtype=np.float32)
        return cls(lexical, places, np.minimum(heads, LENGTH_TERMS - 1), none if priors is None else priors)

    def with_priors(self, priors: Floats32) -> Self:
        """A copy over these texts with the popularity and age (float32[n, 2]) of another day."""
        return type(self)(self._lexical, self._places, self._heads, priors)

    def of(
        self, query: str, candidates: Candidates, adapted: Floats32, consensus: Floats32, remembered: Floats32
    ) -> Floats32:
        """Features float32[m, len(FEATURES)] of the candidates.

        Args:
            query: The query, corrected.
            candidates: Its candidates, m items.
            adapted: float32[m], cosine to the adapted query vector (the plain cosine without an adapter).
            consensus: float32[m], cosine to the mean vector of the best candidates.
            remembered: float32[m, len(MEMORY_FEATURES)], what earlier queries say; zeros without a memory.
        """
        words, meaning = candidates.words, candidates.meaning
        popularity, age = self._priors[candidates.items].T
        columns = (
            words,
            words / max(candidates.top_words, 1e-6),
            _ranks(words),
            np.full(len(words), candidates.top_words),
            meaning,
            meaning / max(float(meaning.max()), 1e-6),
            _ranks(meaning),
            adapted,
            adapted / max(float(adapted.max()), 1e-6),
            consensus,
            *self._of_terms(self._lexical.analyser.query_terms(query), candidates.items),
            popularity,
            _ranks(popularity),
            age,
            *remembered.T,
        )
        return np.stack([np.asarray(c, dtype=np.float32) for c in columns], axis=1)

    def _of_terms(self, typed: list[str], items: Ints32) -> tuple[NDArray[Any], ...]:
        """Columns ``query_terms`` to ``text_covered``: which of the terms typed the products hold, and where."""
        columns = np.array([self._lexical.words.column(t) for t in typed], dtype=np.int32)
        counts = np.array([max(self._lexical.words.count(t), 0) for t in typed], dtype=np.float64)
        rarity = np.log1p((self._lexical.n_items - counts + 0.5) / (counts + 0.5))
        places, heads = self._places[items], self._heads[items]
        columns = np.where(columns < 0, -2, columns)  # an unknown word matches nothing, not even padding
        match = places[:, :, None] == columns[None, None, :]
        held = match.any(axis=1)
        place = np.where(held, match.argmax(axis=1), LENGTH_TERMS)
        hit = match.any(axis=2)
        digit = np.array([t[0].isdigit() for t in typed], dtype=np.bool_)
        rows = np.arange(len(places))
        known = held.sum(axis=1)
        lengths = np.maximum(self._lengths[items], 1)
        last = np.where(held, place, -1).max(axis=1, initial=-1)
        first = place.min(axis=1, initial=LENGTH_TERMS)
        none = np.zeros(len(rows))
        return (
            np.full(len(rows), len(typed)),
            lengths,
            known / max(len(typed), 1),
            (held * rarity).sum(axis=1) / max(float(rarity.sum()), 1e-9),
            np.where(held, 0, rarity).max(axis=1, initial=0),
            np.full(len(rows), digit.sum()),
            held[:, digit].sum(axis=1),
            first,
            np.where(held, place, 0).sum(axis=1) / np.maximum(known, 1),
            (held[:, 1:] & held[:, :-1] & (np.diff(place, axis=1) == 1)).sum(axis=1),
            np.where(known > 0, last - first + 1, LENGTH_TERMS),
            held[:, -1] if typed else none,
            held[:, 0] if typed else none,
            hit[rows, heads],
            place[:, -1] - heads if typed else none,
            hit[:, 0],
            hit.sum(axis=1) / lengths,
        )

    def save(self, folder: Path) -> None:
        """Write ``term_places.npy``, ``head_places.npy`` and ``priors.npy``."""
        save_arrays(folder, term_places=self._places, head_places=self._heads, priors=self._priors)

    @classmethod
    def load(cls, folder: Path, lexical: LexicalIndex) -> Self:
        """Read what ``save`` wrote."""
        return cls(lexical, *load_arrays(folder, "term_places", "head_places", "priors"))


def _ranks(values: Floats32) -> Floats32:
    """How many values are higher than each: equal ones share a rank, which else would tell the order of the items."""
    return np.asarray(len(values) - np.searchsorted(np.sort(values), values, side="right"), dtype=np.float32)
