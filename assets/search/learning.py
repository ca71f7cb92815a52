"""Search learnt from days and judgments, for the nightly model and for its trial on what it has not seen.

What belongs here: which days and judgments teach what. What does not: learning
(`assets.models.search.learnt.model`) and the decision whether what was learnt is served
(`assets.search.report`).
"""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from assets.daily.partitions import days_before
from assets.models.products.catalogue import Catalogue
from assets.models.products.texts import product_texts
from assets.models.search.learnt.features import SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.model import LearntSearch, learn_search, learn_search_in_time
from assets.models.search.learnt.ranker import RankerParts
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.vectors.index import VectorIndex
from assets.search.clicks import frequent_queries, judged, product_priors, searches_of
from assets.search.judgments import judgments_of
from evaluation.arrays import Floats32
from resources.encoder.text_encoder import TextEncoder, encoder_at
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["LEARNT_QUERIES", "QueryTexts", "SearchInputs", "learn_from_days"]

LEARNT_QUERIES = 2_000
"""Most frequent queries of each time, and judged ones of each half, that are learnt from: a night's minute, and rare
queries tell little."""
LATER_SHARE = 3
"""The last third of the days teaches the ranker what the days before it teach the rest."""


class QueryTexts:
    """Corrected queries and their vectors, each made once."""

    def __init__(self, lexical: LexicalIndex, encoder: TextEncoder) -> None:
        self._lexical, self._encoder = lexical, encoder
        self._corrected: dict[str, str] = {}
        self._vectors: dict[str, Floats32] = {}

    def corrected(self, query: str) -> str:
        """The query as search corrects it."""
        if query not in self._corrected:
            self._corrected[query] = " ".join(self._lexical.corrected(query).lower().split())
        return self._corrected[query]

    def prepare(self, queries: Sequence[str]) -> None:
        """Encode many queries at once: several times as fast as one by one."""
        wanted = {self.corrected(query) for query in queries}
        missing = sorted(wanted - set(self._vectors))
        self._vectors.update(zip(missing, self._encoder.encode(missing, query=True), strict=True))

    def vector(self, corrected: str) -> Floats32:
        """float32[d] of a corrected query that was prepared."""
        return self._vectors[corrected]


class SearchInputs(NamedTuple):
    """What a day's search is made of."""

    shop: Shop
    lake: Lake
    products: Catalogue
    lexical: LexicalIndex
    vectors: VectorIndex
    texts: QueryTexts

    @classmethod
    def of_day(cls, shop: Shop, lake: Lake, models: ModelStore, day: str, encoder: Path) -> "SearchInputs":
        """Load the day's catalogue and indexes, and the encoder of queries in the folder ``encoder``.

        Raises:
            Unavailable: If one of them cannot be had.
        """
        folders: dict[str, Path] = {
            asset: models.require(asset, day) for asset in ("catalogue", "hnsw_index", "lexical_index")
        }
        lexical = LexicalIndex.load(folders["lexical_index"])
        return cls(
            shop,
            lake,
            Catalogue.load(folders["catalogue"]),
            lexical,
            VectorIndex.load(folders["hnsw_index"]),
            QueryTexts(lexical, encoder_at(encoder)),
        )

    def with_queries_by(self, encoder: Path) -> "SearchInputs":
        """The same with queries by the encoder in another folder."""
        return self._replace(texts=QueryTexts(self.lexical, encoder_at(encoder)))


def learn_from_days(search: SearchInputs, first: str, last: str, *, unseen: Collection[str] = ()) -> LearntSearch:
    """Adapter, memory and ranker from the searches of the days ``first`` to ``last`` and the judgments up to ``last``.

    What people judged of a query replaces what clicks tell of it. Judgments have no time, so one half of them teaches
    along with the earlier days and the other with the later ones.

    Args:
        search: What the day's search is made of.
        first: First day of the searches.
        last: Last day of both.
        unseen: Corrected queries that a trial is measured on: what people judged of them is not learnt from.

    Raises:
        Unavailable: If too few searches have found a product, and too few queries are judged.
    """
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    middle = days_before(last, max(1, days // LATER_SHARE))
    nothing = f"too few searches have found a product in the days {first} to {last}"
    people = _judged_by_people(search, last, unseen)
    known = {one.query for one in people}
    earlier = searches_of(search.lake, search.products, first, middle)
    later = searches_of(search.lake, search.products, days_before(middle, -1), last)
    search.texts.prepare([query for part in (earlier, later) for query in frequent_queries(part, LEARNT_QUERIES)])
    taught, asked = (
        [
            one
            for one in judged(part, search.texts.corrected, search.texts.vector, LEARNT_QUERIES)
            if one.query not in known
        ]
        for part in (earlier, later)
    )
    if not people and not (taught and asked):
        raise Unavailable(nothing)
    texts = product_texts(search.products.frame).to_list()
    then = SearchFeatures.build(
        search.lexical, texts, product_priors(search.shop, search.lake, search.products, first, middle)
    )
    now = then.with_priors(product_priors(search.shop, search.lake, search.products, first, last))
    try:
        if not taught or not asked:
            return learn_search(search.lexical, search.vectors, now, people)
        parts = RankerParts(search.lexical, search.vectors, then, None, None)
        return learn_search_in_time(parts, [*taught, *people[::2]], [*asked, *people[1::2]], now)
    except ValueError as reason:
        raise Unavailable(f"{nothing}: {reason}") from reason


def _judged_by_people(search: SearchInputs, as_of: str, unseen: Collection[str]) -> list[JudgedQuery]:
    """Judgments to learn from, one row a corrected query."""
    gains: dict[str, dict[int, float]] = {}
    for one in judgments_of(search.lake, search.products, as_of, LEARNT_QUERIES):
        if (query := search.texts.corrected(one.query)) not in unseen:
            gains.setdefault(query, {}).update({item: gain for item, gain in one.gains.items() if gain > 0})
    search.texts.prepare(list(gains))
    return [JudgedQuery(query, search.texts.vector(query), of) for query, of in gains.items()]
