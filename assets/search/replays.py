"""Searches asked again: by each way to answer them, in the order that serving has, and the measures of the answers.

What belongs here: the answers and their figures. What does not: what is learnt (`assets.search.learning`) and what
the figures decide (`assets.search.report`, `assets.search.query_encoder`).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from assets.models.search.learnt.model import LearntSearch
from assets.models.search.matching import SearchModels, has_words
from assets.search.clicks import Search
from assets.search.judgments import Judgments, judged_figures
from assets.search.learning import SearchInputs
from evaluation.arrays import Bools, Floats, Floats32, Ints, Ints32
from evaluation.ranking.graded_ndcg import graded_ndcg
from evaluation.ranking.ranking import mrr, recall
from evaluation.resampling.clustered_mean import MIN_CLUSTERS

__all__ = ["NDCG_CUT", "Answer", "HeldOut", "measured", "systems"]

NDCG_CUT, RECALL_CUT = 10, 50

Answer = Callable[[str], Ints32]
"""Products for a query, the best first; to ask again costs nothing."""


class HeldOut(NamedTuple):
    """What search is measured on."""

    searches: Sequence[Search]
    people: Sequence[Judgments]
    """Queries that people judged."""

    @property
    def queries(self) -> list[str]:
        """Distinct queries of both, by their text."""
        return sorted({one.query for one in self.searches} | {one.query for one in self.people})

    @property
    def query(self) -> Ints:
        """int64[searches], which query each search was for."""
        return np.unique([one.query for one in self.searches], return_inverse=True)[1]

    @property
    def found(self) -> Bools:
        """bool[searches], whether it led to a product."""
        return np.array([bool(one.gains) for one in self.searches], dtype=np.bool_)

    @property
    def decide_by_clicks(self) -> bool:
        """Whether clicks decide, being of what shoppers ask as often as they ask it, or what people judged.

        Judgments do where fewer than ``MIN_CLUSTERS`` queries were clicked and more are judged.
        """
        return self.clicked >= min(MIN_CLUSTERS, len(self.people) + 1)

    @property
    def clicked(self) -> int:
        """How many queries led to a product."""
        return len({one.query for one in self.searches if one.gains})

    @property
    def cluster(self) -> Ints:
        """The query of each of the figures that decide: its searches are answered alike and count as one."""
        return self.query[self.found] if self.decide_by_clicks else np.arange(len(self.people))

    def deciding_ndcg(self, answer: Answer) -> Floats:
        """NDCG@10 of each of the searches or judged queries that decide."""
        if self.decide_by_clicks:
            return measured(answer, self.searches)["ndcg"]
        return judged_figures(answer, self.people)["ndcg"]


def measured(answer: Answer, searches: Sequence[Search]) -> dict[str, Floats]:
    """Figures of one ranking of all ``searches``: ``ndcg``, ``recall`` and ``mrr`` of those that found a product.

    ``zero_results`` is 1 for each search that was answered with nothing, found or not.
    """
    some = [search for search in searches if search.gains]
    lists, targets = [answer(search.query) for search in some], [set(search.gains) for search in some]
    return {
        "ndcg": graded_ndcg(lists, [search.gains for search in some], NDCG_CUT),
        "recall": recall(lists, targets, RECALL_CUT),
        "mrr": mrr(lists, targets, RECALL_CUT),
        "zero_results": np.array([not answer(search.query).size for search in searches], dtype=np.float64),
    }


def systems(shop: SearchInputs, popularity: Floats32, learnt: LearntSearch | None) -> dict[str, Answer]:
    """Every way to answer a query, each by the order that serving has: the learnt ones only where something was learnt.

    Each answers a query once, and gives the same array when it is asked again.

    Args:
        shop: Catalogue, indexes and texts of the queries, which were prepared.
        popularity: float32[n] as it was known when the queries were asked.
        learnt: With a ranker.
    """
    titles = shop.products.frame["title"].to_list()

    def of(models: SearchModels) -> Answer:
        @cache
        def answer(query: str) -> Ints32:
            right = shop.texts.corrected(query)
            found = models.match(right, shop.texts.vector(right) if has_words(right) else None)
            return found.stocked_first(shop.products.in_stock, titles.__getitem__).best(RECALL_CUT)

        return answer

    hybrid = SearchModels(shop.lexical, shop.vectors, None, popularity)
    made = {
        "words": of(hybrid._replace(vectors=None)),
        "vectors": of(hybrid._replace(lexical=None)),
        "hybrid": of(hybrid),
    }
    if learnt is not None:
        made |= {
            "adapter": of(hybrid._replace(learnt=learnt.without_ranker())),
            "ranker": of(hybrid._replace(learnt=learnt)),
        }
    return made
