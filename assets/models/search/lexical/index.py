"""Keyword search over product fields: words, words side by side, synonyms, and the spelling of queries.

Belongs here: what is indexed and how the parts make one score. How text becomes terms is
`assets.models.text.analysis`, one inverted index is `postings`, mixing with vector search is `score_blend`.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.ranked import Ranked, check_mask, empty, top_k
from assets.models.search.lexical.correction import Correction, correct_query
from assets.models.search.lexical.fields import FieldWeights, ProductFields
from assets.models.search.lexical.named import Named
from assets.models.search.lexical.postings import Postings
from assets.models.search.lexical.product_words import ProductWords
from assets.models.search.lexical.readings import Readings
from assets.models.search.lexical.scoring import Indexes
from assets.models.search.lexical.speller import Speller
from assets.models.search.lexical.synonyms import Synonyms
from assets.models.search.lexical.typed import forms_of, holding, in_other_forms, is_derived, well_matched
from assets.models.text.analysis import MAX_QUERY_CHARACTERS, MAX_QUERY_TERMS, Analyser
from assets.models.text.colours import COLOURS
from assets.models.text.detection import Languages, detect_languages
from assets.models.text.folding import fold
from assets.models.text.splitting import words as words_of
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["LexicalIndex"]

K1 = 0.4
"""Saturation: a word that a title says twice is hardly more of a match."""
B = 0.6
PAIR_MIN_ITEMS = 2
WELL_READ = 0.8
"""Least weight of another reading of a word that a product matches well by."""
SYNONYM_WEIGHT = 0.8
"""What a synonym is worth beside the word that was typed: a product that says both is no better than by its best."""
REMEMBERED_QUERIES = 256
FORMAT = 2
"""Of the files; 1 knew English alone."""

DEFAULT_WEIGHTS = FieldWeights()


class LexicalIndex:
    """BM25F of words plus a share of BM25F of word pairs, with a speller over the same fields and a shop's synonyms."""

    def __init__(
        self,
        indexes: Indexes,
        speller: Speller,
        synonyms: Synonyms,
        readings: Readings,
        analyser: Analyser,
        languages: Languages,
        n_items: int,
        named: Named,
        names: Collection[str],
    ) -> None:
        """Use ``build`` or ``load``."""
        self.n_items = n_items
        self.languages = languages
        """Of the shop, as declared or detected."""
        self.analyser = analyser
        """How texts and queries become terms."""
        self.words = indexes.words
        """Postings of single terms."""
        self._indexes, self._speller = indexes, speller
        self._synonyms, self._readings = synonyms, readings
        # The same query is read several times on its way.
        self._words_of = lru_cache(REMEMBERED_QUERIES)(analyser.query_words)
        self._named, self._names = named, frozenset(names)
        self._right = synonyms.words | analyser.stop_words | COLOURS | self._names

    @classmethod
    def build(
        cls,
        titles: Iterable[str],
        synonyms: Iterable[Sequence[str] | str] = (),
        languages: Sequence[str] = (),
    ) -> Self:
        """Index items that have a title and no more; a blank one is found by no query. As ``of_products`` otherwise."""
        products = [ProductFields(title) for title in titles]
        return cls.of_products(products, synonyms=synonyms, languages=languages)

    @classmethod
    def of_products(
        cls,
        products: Sequence[ProductFields],
        weights: FieldWeights = DEFAULT_WEIGHTS,
        synonyms: Iterable[Sequence[str] | str] = (),
        languages: Sequence[str] = (),
    ) -> Self:
        """Index each item of the catalogue, in its order.

        Args:
            products: n products.
            weights: What a word counts in each field; a field of weight 0 is not read, by the speller neither.
            synonyms: As `Synonyms.parse` reads them.
            languages: Codes of `assets.models.text.stemming.LANGUAGES`; where there are none the products' texts tell.

        Raises:
            ValueError: If the title has no weight, a language is not known, or the synonyms cannot be read.
        """
        if not weights.title > 0:
            raise ValueError(f"the title's weight is {weights.title}: give a number above 0.")
        searched = [name for name in ProductFields._fields if getattr(weights, name) > 0]
        if languages:
            of_shop = Languages(tuple(languages))
        else:
            of_shop = detect_languages([" ".join(getattr(product, name) for name in searched) for product in products])
        analyser = Analyser(of_shop.codes)
        fields = (
            ([getattr(product, name) for product in products], getattr(weights, name) / weights.title)
            for name in searched
        )
        filed = ProductWords.of(fields, len(products), analyser)
        indexes = Indexes(
            Postings.build(filed.stems, K1, B),
            Postings.build(filed.pairs, K1, B, PAIR_MIN_ITEMS),
            Postings.build(filed.forms, K1, B),
        )
        speller = Speller.build(filed.spellings.items())
        return cls(
            indexes,
            speller,
            Synonyms.parse(synonyms, analyser),
            Readings.build(indexes, speller.words, filed, analyser),
            analyser,
            of_shop,
            len(products),
            Named.build(filed.named),
            {word for product in products for word in words_of(fold(product.brand))},
        )

    def scores(self, query: str) -> Floats32:
        """Score of every item, float32[n_items]: 0 where no word of the query is known.

        Any string is a valid query. The work is bounded: at most ``MAX_QUERY_TERMS`` terms are
        looked at. Several threads may ask at once.
        """
        typed = self._words_of(query)
        total = np.zeros(self.n_items, dtype=np.float32)
        self._indexes.add(typed, total)
        for (start, end), readings in groupby(self._readings.of(typed), key=itemgetter(0, 1)):
            of_span = [(terms, weight) for _, _, terms, weight in readings]
            self._indexes.read(typed[start:end], of_span, total, capped=1)
        for (start, end), readings in groupby(
            self._readings.of_amounts(typed, query, self._names), key=itemgetter(0, 1)
        ):
            in_units = [(terms, weight) for _, _, terms, weight in readings]
            self._indexes.read(typed[start:end], in_units, total, capped=end - start, as_good=True)
        for start, phrase, others in self._synonyms.phrases_in([word.term for word in typed]):
            of_phrase = [(other, SYNONYM_WEIGHT) for other in others]
            words = typed[start : start + len(phrase)]
            if len(words) > 1:
                self._indexes.keep_whole(words, others, total)
            self._indexes.read(words, of_phrase, total, capped=1, as_good=True)
        return np.maximum(total, 0, out=total)

    def well_matched(self, query: str) -> Bools:
        """bool[n_items]: products that hold as many words of ``query`` as any does, as typed; see ``typed``."""
        words = self._words_of(query)
        forms = forms_of(self._indexes, words, self.analyser)
        read = [*self._readings.of(words), *self._readings.of_amounts(words, query, self._names)]
        readings = [(one.start, one.end, one.terms) for one in read if one.weight >= WELL_READ]
        synonyms = [
            (start, start + len(phrase), other)
            for start, phrase, others in self._synonyms.phrases_in([word.term for word in words])
            for other in others
        ]
        return well_matched(self._indexes, self._named, words, forms, [*readings, *synonyms], self.n_items)

    def in_other_forms(self, query: str, matching: Bools, scores: Floats32) -> Ints32:
        """Items of ``matching`` (bool[n_items]) that hold nothing but other words of the stems of ``query``.

        ``scores`` are those of the query. The usual query, none of whose words is made of another, costs next to
        nothing.
        """
        words = self._words_of(query)
        forms = forms_of(self._indexes, words, self.analyser)
        if not any(is_derived(word, of_word) for word, of_word in zip(words, forms, strict=True)):
            return np.empty(0, dtype=np.int32)
        items = np.flatnonzero(matching).astype(np.int32)
        return items[in_other_forms(self._indexes, words, forms, items, scores[items], self.analyser)]

    def holding(self, text: str) -> list[Ints32]:
        """Of each word of ``text`` the items that hold it as typed, singular or plural, ascending."""
        words = self.analyser.words(text[:MAX_QUERY_CHARACTERS])[:MAX_QUERY_TERMS]
        forms = forms_of(self._indexes, words, self.analyser)
        return [holding(self._indexes, word, of_word) for word, of_word in zip(words, forms, strict=True)]

    def search(self, query: str, k: int, allowed: Bools | None = None) -> Ranked:
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
        return correct_query(query, self._speller, self, self._right)

    def held(self, word: str) -> int:
        """Number of products that hold a folded word or another form of it."""
        return max(map(self.words.count, self.analyser.word(word).terms))

    def beside(self, one: str, other: str) -> int:
        """Number of products, if it is not a single one, in which folded words follow each other so."""
        return self._indexes.pairs.count(f"{self.analyser.word(one).term} {self.analyser.word(other).term}")

    def knows(self, word: str) -> bool:
        """Whether products hold a folded word as part of a compound, or its parts."""
        return self.analyser.has_compounds and self._readings.knows(self.analyser.word(word))

    def save(self, folder: Path) -> None:
        """Write the postings, the speller, the synonyms and ``lexical.json`` (items, languages, format)."""
        about = {
            "format": FORMAT,
            "n_items": self.n_items,
            "languages": self.languages.codes,
            "shares": dict(self.languages.shares),
            "names": sorted(self._names),
        }
        (folder / "lexical.json").write_text(json.dumps(about), encoding="utf-8")
        for name, postings in self._indexes._asdict().items():
            postings.save(folder, name)
        self._speller.save(folder)
        self._synonyms.save(folder)
        self._readings.save(folder)
        self._named.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; arrays are memory-mapped.

        Raises:
            ValueError: If another version of this code wrote it, which cut texts otherwise.
        """
        about = json.loads((folder / "lexical.json").read_text(encoding="utf-8"))
        if about.get("format", 1) != FORMAT:
            raise ValueError(
                f"the word index in {folder} has format {about.get('format', 1)}, this code reads {FORMAT}: "
                "materialise lexical_index again."
            )
        indexes = Indexes(*(Postings.load(folder, name) for name in Indexes._fields))
        analyser = Analyser(about["languages"])
        speller = Speller.load(folder)
        readings = Readings.load(folder, indexes, speller.words, analyser)
        languages = Languages(analyser.languages, about["shares"])
        synonyms, named = Synonyms.load(folder), Named.load(folder)
        names = about.get("names", ())
        return cls(indexes, speller, synonyms, readings, analyser, languages, about["n_items"], named, names)


def best_of(scores: Floats32, k: int, allowed: Bools | None) -> Ranked:
    """The ``k`` best items of dense ``scores`` float32[n] that are above 0 and allowed.

    Raises:
        ValueError: If the mask has another length or ``k`` is below 1.
    """
    check_mask(allowed, len(scores))
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least 1 item.")
    shown = scores if allowed is None else np.where(allowed, scores, np.float32(0))
    best = shown.max(initial=0)
    # Where enough are above half of the best score, the others need not be looked at.
    matching = np.flatnonzero(shown > best / 2)
    if matching.size < k:
        matching = np.flatnonzero(shown > 0)
    return top_k(matching, scores[matching], k) if matching.size else empty()
