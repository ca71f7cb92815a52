"""A learnt order of what search found, from judged queries or search clicks.

Belongs here: training and asking the ranker. What it looks at is `SearchFeatures`; a release has one only when its
shop has judgments or enough clicks.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from assets.models.compiled.tree_ensemble import TreeEnsemble
from assets.models.ranked import Ranked, empty, top_k
from assets.models.search.learnt.features import FEATURES, NEIGHBOURS, SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.query_memory import MEMORY_FEATURES, QueryMemory
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.score_blend import DEPTH, Candidates, Searched, blend, find_candidates
from assets.models.search.vectors.index import VectorIndex
from assets.models.search.vectors.query_adapter import QueryAdapter
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = ["RankerParts", "SearchRanker"]

LEVELS = 13
"""Gains in [0, 3] are rounded to quarters: LambdaRank takes whole labels."""
PARAMETERS = {
    "objective": "lambdarank",
    "metric": "None",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.7,
    "lambdarank_truncation_level": 20,
    "label_gain": [level / 4 for level in range(LEVELS)],
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "seed": 0,
    "verbose": -1,
}
ROUNDS = 200


class RankerParts(NamedTuple):
    """What candidates and their features come from."""

    lexical: LexicalIndex
    vectors: VectorIndex
    features: SearchFeatures
    adapter: QueryAdapter | None
    memory: QueryMemory | None

    def search(
        self,
        query: str,
        vector: Floats32,
        depth: int = DEPTH,
        allowed: Bools | None = None,
        like: float = -1.0,
    ) -> Searched:
        """What every search says of a query: words of all items, the ``depth`` closest ones, and those remembered.

        ``like`` is for ``QueryMemory.proposed``.
        """
        moved = None if self.adapter is None else self.adapter.adapt(vector)
        return Searched(
            self.lexical.scores(query),
            self.vectors.search(vector, depth, allowed),
            None if moved is None else self.vectors.search(moved, depth, allowed),
            None if self.memory is None else self.memory.proposed(vector, allowed, like),
            moved,
        )

    def look(
        self,
        query: str,
        vector: Floats32,
        allowed: Bools | None = None,
        searched: Searched | None = None,
    ) -> tuple[Candidates, Floats32]:
        """Candidates of a query with their features float32[m, len(FEATURES)].

        ``searched`` is what the searches say of the query, where they were asked already.
        """
        searched = self.search(query, vector, allowed=allowed) if searched is None else searched
        candidates = find_candidates(self.lexical, self.vectors, query, vector, allowed=allowed, searched=searched)
        if not candidates.items.size:
            return candidates, np.empty((0, len(FEATURES)), dtype=np.float32)
        rows = self.vectors.vectors[candidates.items]
        best = blend(candidates, NEIGHBOURS)
        moved = vector if searched.moved is None else searched.moved
        middle = rows[np.searchsorted(candidates.items, best.items)].mean(axis=0)
        consensus = rows @ (middle / max(float(np.linalg.norm(middle)), 1e-12)).astype(np.float32)
        if self.memory is None:
            remembered = np.zeros((candidates.items.size, len(MEMORY_FEATURES)), dtype=np.float32)
        else:
            remembered = self.memory.of(vector, candidates.items)
        return candidates, self.features.of(query, candidates, rows @ moved, consensus, remembered)


class SearchRanker:
    """LightGBM's LambdaRank (Burges 2010; Ke et al., NIPS 2017) over ``FEATURES``."""

    def __init__(self, text: str) -> None:
        """Use ``fit`` or ``load``. ``text`` is the model in LightGBM's format."""
        self._text = text
        self._trees = TreeEnsemble.parse(text)

    @classmethod
    def fit(cls, judged: Sequence[tuple[RankerParts, JudgedQuery]]) -> Self:
        """Learn the order of each query's candidates, which the parts beside it find.

        Raises:
            ValueError: If no query has a product with a gain among its candidates.
        """
        import lightgbm

        rows, labels, sizes = list[Floats32](), list[Ints32](), list[int]()
        for parts, one in judged:
            candidates, features = parts.look(one.query, one.vector)
            gain = np.array([one.gains.get(item, 0.0) for item in candidates.items.tolist()])
            if gain.any():
                rows.append(features)
                labels.append(np.clip(np.rint(gain * 4), 0, LEVELS - 1).astype(np.int32))
                sizes.append(len(gain))
        if not rows:
            raise ValueError("no judged query finds one of its products: there is nothing to learn an order from.")
        data = lightgbm.Dataset(
            np.concatenate(rows), np.concatenate(labels), group=sizes, feature_name=list(FEATURES), free_raw_data=True
        )
        return cls(lightgbm.train(PARAMETERS, data, num_boost_round=ROUNDS).model_to_string())

    def order(self, candidates: Candidates, features: Floats32, k: int) -> Ranked:
        """The ``k`` best candidates; scores are LightGBM's raw scores, comparable within one query only."""
        if not candidates.items.size:
            return empty()
        return top_k(candidates.items, np.round(self._trees.scores(features), 6), k)

    def save(self, folder: Path) -> None:
        """Write ``ranker.txt`` (LightGBM's text) and ``ranker.json`` (names of the features)."""
        (folder / "ranker.txt").write_text(self._text, encoding="utf-8")
        (folder / "ranker.json").write_text(json.dumps({"features": list(FEATURES)}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; LightGBM is not needed.

        Raises:
            ValueError: If it was trained on other features than this code makes.
        """
        features = json.loads((folder / "ranker.json").read_text(encoding="utf-8"))["features"]
        if features != list(FEATURES):
            raise ValueError(f"{folder}: the ranker looks at other features than this code makes; train it again.")
        return cls((folder / "ranker.txt").read_text(encoding="utf-8"))
