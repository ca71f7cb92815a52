"""A learnt order of what search found, from judged queries or search clicks.

Belongs here: training and asking the ranker. What it looks at is ``search_features``; a release has one only when its
shop has judgments or enough clicks.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import BoolArray, FloatArray, Ranked, empty, top_k
from assets.models.search.judged_query import JudgedQuery
from assets.models.search.lexical_index import LexicalIndex
from assets.models.search.query_adapter import QueryAdapter
from assets.models.search.query_memory import MEMORY_FEATURES, QueryMemory
from assets.models.search.score_blend import DEPTH, Candidates, Searched, blend, candidates
from assets.models.search.search_features import FEATURES, NEIGHBOURS, SearchFeatures
from assets.models.search.vector_index import VectorIndex
from assets.models.tree_ensemble import TreeEnsemble

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
        vector: FloatArray,
        depth: int = DEPTH,
        allowed: BoolArray | None = None,
        like: float = -1.0,
    ) -> Searched:
        """What every search says of a query: words of all items, the ``depth`` closest ones, and those remembered.

        ``like`` is for ``QueryMemory.proposed``.
        """
        return Searched(
            self.lexical.scores(query),
            self.vectors.search(vector, depth, allowed),
            None if self.adapter is None else self.vectors.search(self.adapter.adapt(vector), depth, allowed),
            None if self.memory is None else self.memory.proposed(vector, allowed, like),
        )

    def look(
        self,
        query: str,
        vector: FloatArray,
        depth: int = DEPTH,
        allowed: BoolArray | None = None,
        searched: Searched | None = None,
    ) -> tuple[Candidates, FloatArray]:
        """Candidates of a query with their features float32[m, f]; ``searched`` as for ``candidates``."""
        searched = self.search(query, vector, depth, allowed) if searched is None else searched
        found = candidates(self.lexical, self.vectors, query, vector, depth, allowed, searched)
        if not found.items.size:
            return found, np.empty((0, len(FEATURES)), dtype=np.float32)
        rows = self.vectors.vectors[found.items]
        best = blend(found, NEIGHBOURS)
        moved = vector if self.adapter is None else self.adapter.adapt(vector)
        middle = rows[np.searchsorted(found.items, best.items)].mean(axis=0)
        consensus = rows @ (middle / max(float(np.linalg.norm(middle)), 1e-12)).astype(np.float32)
        if self.memory is None:
            remembered = np.zeros((found.items.size, len(MEMORY_FEATURES)), dtype=np.float32)
        else:
            remembered = self.memory.of(vector, found.items)
        return found, self.features.of(query, found, rows @ moved, consensus, remembered)


class SearchRanker:
    """LightGBM's LambdaRank (Burges 2010; Ke et al., NIPS 2017) over ``FEATURES``."""

    def __init__(self, text: str) -> None:
        """Use ``fit`` or ``load``. ``text`` is the model in LightGBM's format."""
        self._text = text
        self._trees = TreeEnsemble.parse(text)

    @classmethod
    def fit(cls, judged: Sequence[tuple[RankerParts, JudgedQuery]], rounds: int = ROUNDS) -> Self:
        """Learn the order of each query's candidates, which the parts beside it find.

        Raises:
            ValueError: If no query has a product with a gain among its candidates.
        """
        import lightgbm

        rows, labels, sizes = list[FloatArray](), list[NDArray[np.int32]](), list[int]()
        for parts, one in judged:
            found, features = parts.look(one.query, one.vector)
            gain = np.array([one.gains.get(item, 0.0) for item in found.items.tolist()])
            if gain.any():
                rows.append(features)
                labels.append(np.clip(np.rint(gain * 4), 0, LEVELS - 1).astype(np.int32))
                sizes.append(len(gain))
        if not rows:
            raise ValueError("no judged query finds one of its products: there is nothing to learn an order from.")
        data = lightgbm.Dataset(
            np.concatenate(rows), np.concatenate(labels), group=sizes, feature_name=list(FEATURES), free_raw_data=True
        )
        return cls(lightgbm.train(PARAMETERS, data, num_boost_round=rounds).model_to_string())

    def order(self, found: Candidates, features: FloatArray, k: int) -> Ranked:
        """The ``k`` best candidates; scores are LightGBM's raw scores, comparable within one query only."""
        if not found.items.size:
            return empty()
        return top_k(found.items, np.round(self._trees.scores(features), 6), k)

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
        said = json.loads((folder / "ranker.json").read_text(encoding="utf-8"))["features"]
        if said != list(FEATURES):
            raise ValueError(f"{folder}: the ranker looks at other features than this code makes; train it again.")
        return cls((folder / "ranker.txt").read_text(encoding="utf-8"))
