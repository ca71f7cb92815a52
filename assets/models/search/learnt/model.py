"""Learning the order of search results from judged queries or clicks: the adapter first, then the ranker on top.

Belongs here: who learns from which queries, and the learnt search as one model. Its parts are `QueryAdapter`,
`QueryMemory` and `SearchRanker`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from assets.models.ranked import Ranked
from assets.models.search.learnt.features import SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.query_memory import QueryMemory
from assets.models.search.learnt.ranker import RankerParts, SearchRanker
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.score_blend import Candidates, Searched, blend, find_candidates
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from evaluation.arrays import Bools, Floats32

__all__ = ["LearntSearch", "fit_adapter", "learn_search", "learn_search_in_time"]

FOLDS = 3


class LearntSearch(NamedTuple):
    """An adapter of query vectors, and a ranker that looks at both spaces where one was worth keeping."""

    parts: RankerParts
    ranker: SearchRanker | None

    def without_ranker(self) -> "LearntSearch":
        """The adapter alone, without what only the ranker looks at."""
        return LearntSearch(self.parts._replace(memory=None), None)

    def answer(
        self,
        query: str,
        vector: Floats32,
        k: int,
        allowed: Bools | None = None,
        searched: Searched | None = None,
    ) -> tuple[Candidates, Ranked]:
        """Candidates of a query and the ``k`` best of them.

        Args:
            query: Corrected.
            vector: float32[d], not zero, as the encoder gives it.
            k: At least 1.
            allowed: bool[n] mask; None allows every item.
            searched: What the searches say of the query, where they were asked already.
        """
        if self.ranker is not None:
            candidates, features = self.parts.look(query, vector, allowed, searched)
            return candidates, self.ranker.order(candidates, features, k)
        moved = vector if self.parts.adapter is None else self.parts.adapter.adapt(vector)
        if searched is not None:
            searched = Searched(searched.words, searched.near if searched.adapted is None else searched.adapted)
        parts = self.parts
        candidates = find_candidates(parts.lexical, parts.vectors, query, moved, allowed=allowed, searched=searched)
        return candidates, blend(candidates, k)

    def save(self, folder: Path) -> None:
        """Write each part that there is to ``folder``."""
        for part in (self.parts.features, self.parts.adapter, self.parts.memory, self.ranker):
            if part is not None:
                part.save(folder)

    @classmethod
    def load(cls, folder: Path, lexical: LexicalIndex, vectors: VectorIndex) -> Self:
        """Read what ``save`` wrote; the indexes are those of the same release."""
        adapter = QueryAdapter.load(folder) if (folder / "query_adapter.npy").exists() else None
        memory = QueryMemory.load(folder, lexical.n_items) if (folder / "queries").is_dir() else None
        ranker = SearchRanker.load(folder) if (folder / "ranker.txt").exists() else None
        return cls(RankerParts(lexical, vectors, SearchFeatures.load(folder, lexical), adapter, memory), ranker)


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
    """Adapter and memory of all queries, ranker of features whose adapter and memory have not seen the query.

    The ranker would trust an adapter too much that it saw only on the adapter's own training queries, so each
    fold's features come from an adapter and a memory of the other folds (stacking; Wolpert 1992).

    Raises:
        ValueError: If there are fewer than ``FOLDS`` queries or none finds one of its products.
    """
    if len(judged) < FOLDS:
        raise ValueError(f"{len(judged)} judged queries: at least {FOLDS} are needed to learn from.")
    judged = sorted(judged, key=lambda one: one.query)
    with_parts = list[tuple[RankerParts, JudgedQuery]]()
    for fold in range(FOLDS):
        others = [one for row, one in enumerate(judged) if row % FOLDS != fold]
        parts = _parts(lexical, vectors, features, others)
        with_parts.extend((parts, one) for row, one in enumerate(judged) if row % FOLDS == fold)
    ranker = SearchRanker.fit(with_parts)
    return LearntSearch(_parts(lexical, vectors, features, judged), ranker)


def learn_search_in_time(
    before: RankerParts, earlier: Sequence[JudgedQuery], later: Sequence[JudgedQuery], now: SearchFeatures
) -> LearntSearch:
    """Ranker of the later queries over what the earlier ones teach, then adapter and memory of both.

    As when it answers, the ranker learns from features that know the past alone: neither the popularity nor the
    adapter nor the memory has seen the clicks that it learns from.

    Args:
        before: The indexes, with the features as of the end of the earlier time; adapter and memory are ignored.
        earlier: Queries of the earlier time.
        later: Queries of the later time; some may be the same.
        now: Features as of the end of the later time.

    Raises:
        ValueError: If a time has no query with a gain, or none finds one of its products.
    """
    lexical, vectors = before.lexical, before.vectors
    then = _parts(lexical, vectors, before.features, earlier)
    ranker = SearchRanker.fit([(then, one) for one in sorted(later, key=lambda one: one.query)])
    return LearntSearch(_parts(lexical, vectors, now, [*earlier, *later]), ranker)


def _parts(
    lexical: LexicalIndex, vectors: VectorIndex, features: SearchFeatures, judged: Sequence[JudgedQuery]
) -> RankerParts:
    """What learns from ``judged`` below the ranker."""
    judged = sorted(judged, key=lambda one: one.query)
    memory = QueryMemory.build(judged, lexical.n_items)
    return RankerParts(lexical, vectors, features, fit_adapter(vectors, judged), memory)
