"""Learning the order of search results from judged queries or clicks: the adapter first, then the ranker on top.

Belongs here: who learns from which queries. The two models are ``query_adapter`` and ``search_ranker``.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from assets.models.lexical_index import LexicalIndex
from assets.models.query_adapter import QueryAdapter
from assets.models.search_features import SearchFeatures
from assets.models.search_ranker import JudgedQuery, RankerParts, SearchRanker
from assets.models.vector_index import VectorIndex

__all__ = ["LearntSearch", "fit_adapter", "learn_search"]

FOLDS = 3


class LearntSearch(NamedTuple):
    """An adapter of query vectors and a ranker that looks at both spaces."""

    parts: RankerParts
    ranker: SearchRanker


def fit_adapter(vectors: VectorIndex, judged: Sequence[JudgedQuery]) -> QueryAdapter:
    """Adapter from the products with a gain, each weighed by it."""
    pairs = [
        (row, item, gain) for row, one in enumerate(judged) for item, gain in sorted(one.gains.items()) if gain > 0
    ]
    rows, items, gains = (np.array(column) for column in zip(*pairs, strict=True))
    return QueryAdapter.fit(np.stack([one.vector for one in judged]), vectors.vectors, rows, items, gains)


def learn_search(
    lexical: LexicalIndex, vectors: VectorIndex, features: SearchFeatures, judged: Sequence[JudgedQuery]
) -> LearntSearch:
    """Adapter of all queries, ranker of features whose adapter has not seen the query.

    The ranker would trust an adapter too much that it saw only on the adapter's own training queries, so each
    fold's features come from an adapter of the other folds (stacking; Wolpert 1992).

    Raises:
        ValueError: If there are fewer than ``FOLDS`` queries or none finds one of its products.
    """
    if len(judged) < FOLDS:
        raise ValueError(f"{len(judged)} judged queries: at least {FOLDS} are needed to learn from.")
    looked = list[tuple[RankerParts, JudgedQuery]]()
    for fold in range(FOLDS):
        others = [one for row, one in enumerate(judged) if row % FOLDS != fold]
        parts = RankerParts(lexical, vectors, features, fit_adapter(vectors, others))
        looked.extend((parts, one) for row, one in enumerate(judged) if row % FOLDS == fold)
    ranker = SearchRanker.fit(looked)
    return LearntSearch(RankerParts(lexical, vectors, features, fit_adapter(vectors, judged)), ranker)
