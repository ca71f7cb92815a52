"""Keyword search over product fields: words, words side by side, synonyms, and the spelling of queries.

Belongs here: what is indexed and how the parts make one score. How text becomes terms is ``text_analysis``, one
inverted index is ``postings``, mixing with vector search is ``score_blend``.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.ranked import BoolArray, FloatArray, Ranked, check_mask, empty, top_k
from assets.models.search.postings import FieldTerms, Postings
from assets.models.search.product_fields import FieldWeights, ProductFields
from assets.models.search.query_correction import Correction, correct_query, letter_words
from assets.models.search.speller import Speller
from assets.models.search.synonyms import Synonyms
from assets.models.search.text_analysis import STOP_WORDS, query_terms, terms

__all__ = ["LexicalIndex"]

K1 = 0.4
"""Saturation: a word that a title says twice is hardly more of a match (tuned on Home Depot's training queries)."""
B = 0.6
PAIR_WEIGHT = 0.15
"""Share of the score of words that stand side by side in the query and in the product."""
PAIRED_TERMS = 40
"""Only the first terms of a product make pairs: the title, whose phrases mean something."""
PAIR_MIN_ITEMS = 2
SYNONYM_WEIGHT = 0.8
"""What a synonym is worth beside the word that was typed: a product that says both is no better than by its best."""

DEFAULT_WEIGHTS = FieldWeights()


class LexicalIndex:
    """BM25F of words plus a share of BM25F of word pairs, with a speller over the same fields and a shop's synonyms."""

    def __init__(self, words: Postings, pairs: Postings, speller: Speller, synonyms: Synonyms, n_items: int) -> None:
        """Use ``build`` or ``load``."""
        self.n_items = n_items
        self.words = words
        """Postings of single terms."""
        self._pairs, self._speller, self._synonyms = pairs, speller, synonyms

    @classmethod
    def build(cls, titles: Iterable[str], synonyms: Iterable[Sequence[str] | str] = ()) -> Self:
        """Index items that have a title and no more; a blank one is found by no query. As ``of_products`` otherwise."""
        return cls.of_products([ProductFields(title) for title in titles], synonyms=synonyms)

    @classmethod
    def of_products(
        cls,
        products: Sequence[ProductFields],
        weights: FieldWeights = DEFAULT_WEIGHTS,
        synonyms: Iterable[Sequence[str] | str] = (),
    ) -> Self:
        """Index each item of the catalogue, in its order.

        Args:
            products: n products.
            weights: What a word counts in each field; a field of weight 0 is not read, by the speller neither.
            synonyms: As `Synonyms.parse` reads them.

        Raises:
            ValueError: If the title has no weight, or the synonyms cannot be read.
        """
        if not weights.title > 0:
            raise ValueError(f"the title's weight is {weights.title}: give a number above 0.")
        searched = [name for name in ProductFields._fields if getattr(weights, name) > 0]
        words, pairs = list[FieldTerms](), list[FieldTerms]()
        spelt: list[set[str]] = [set() for _ in products]
        left = [PAIRED_TERMS] * len(products)
        for name in searched:
            weight = getattr(weights, name) / weights.title
            texts = [getattr(product, name) for product in products]
            rows = [terms(text) if text else [] for text in texts]
            for known, text in zip(spelt, texts, strict=True):
                if text:
                    known.update(letter_words(text))
            paired = [[t for t in row if t not in STOP_WORDS][:most] for row, most in zip(rows, left, strict=True)]
            left = [most - len(row) for row, most in zip(paired, left, strict=True)]
            words.append(FieldTerms(rows, weight))
            pairs.append(FieldTerms([_pairs(row) for row in paired], weight))
        return cls(
            Postings.build(words, K1, B),
            Postings.build(pairs, K1, B, PAIR_MIN_ITEMS),
            Speller.build(Counter(chain.from_iterable(spelt)).items()),
            Synonyms.parse(synonyms),
            len(products),
        )

    def scores(self, query: str) -> FloatArray:
        """Score of every item, float32[n_items]: 0 where no word of the query is known.

        Any string is a valid query. The work is bounded: at most ``text_analysis.MAX_QUERY_TERMS`` terms are
        looked at. Several threads may ask at once.
        """
        asked = query_terms(query)
        total = np.zeros(self.n_items, dtype=np.float32)
        self.words.add(asked, total)
        self._pairs.add(_pairs(asked), total, PAIR_WEIGHT)
        for phrase, alternatives in self._synonyms.found_in(asked):
            own = np.zeros(self.n_items, dtype=np.float32)
            self.words.add(phrase, own)
            self._pairs.add(_pairs(phrase), own, PAIR_WEIGHT)
            best = own
            for other in alternatives:
                best = np.maximum(best, np.float32(SYNONYM_WEIGHT) * self._whole(other))
            total += best - own
        return total

    def _whole(self, phrase: Sequence[str]) -> FloatArray:
        """Scores float32[n_items] of the items that hold every term of ``phrase``, 0 for others."""
        total = np.zeros(self.n_items, dtype=np.float32)
        self._pairs.add(_pairs(phrase), total, PAIR_WEIGHT)
        holds_all = np.ones(self.n_items, dtype=np.bool_)
        for term in phrase:
            one = np.zeros(self.n_items, dtype=np.float32)
            self.words.add([term], one)
            holds_all &= one > 0
            total += one
        total[~holds_all] = 0
        return total

    def search(self, query: str, k: int, allowed: BoolArray | None = None) -> Ranked:
        """Items that hold at least one of the query's terms, best score first.

        Args:
            query: What the shopper typed.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.

        Returns:
            At most ``k`` items; scores above 0.

        Raises:
            ValueError: If the mask has another length than the catalogue or ``k`` is below 1.
        """
        return best_of(self.scores(query), k, allowed)

    def corrected(self, query: str) -> str:
        """``query`` with misspelt words corrected where there is little doubt; else the query itself."""
        return self.correction(query).query

    def correction(self, query: str) -> Correction:
        """``query`` corrected, and what else it might have meant; a word of the catalogue or the synonyms is right."""

        def held(term: str) -> int:
            return self.words.count(term)

        def side_by_side(one: str, other: str) -> int:
            return self._pairs.count(f"{one} {other}")

        return correct_query(query, self._speller, held, side_by_side, self._synonyms.words)

    def save(self, folder: Path) -> None:
        """Write the two postings, the speller, the synonyms and ``lexical.json`` (the number of items)."""
        (folder / "lexical.json").write_text(json.dumps({"n_items": self.n_items}), encoding="utf-8")
        self.words.save(folder, "words")
        self._pairs.save(folder, "pairs")
        self._speller.save(folder)
        self._synonyms.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; arrays are memory-mapped."""
        content = json.loads((folder / "lexical.json").read_text(encoding="utf-8"))
        words, pairs = Postings.load(folder, "words"), Postings.load(folder, "pairs")
        return cls(words, pairs, Speller.load(folder), Synonyms.load(folder), content["n_items"])


def best_of(scores: FloatArray, k: int, allowed: BoolArray | None) -> Ranked:
    """The ``k`` best items of dense ``scores`` float32[n] that are above 0 and allowed.

    Raises:
        ValueError: If the mask has another length or ``k`` is below 1.
    """
    check_mask(allowed, len(scores))
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least 1 item.")
    found = np.flatnonzero(scores > 0 if allowed is None else (scores > 0) & allowed)
    return top_k(found, scores[found], k) if found.size else empty()


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{one} {other}" for one, other in pairwise(words)]
