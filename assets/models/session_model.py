"""What to look at next: candidates from past sessions, re-ranked by what past shoppers clicked.

Belongs here: fitting, saving, loading and asking the whole model. Its parts are `SessionKnn`, `Covisitation`,
`ItemVectors` and the ranker. A shop with too few sessions to learn a ranking has `SessionKnn` alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.covisitation import Covisitation
from assets.models.item_stats import item_stats
from assets.models.item_vectors import ItemVectors, TrainingPlan
from assets.models.mapped import load_mapped
from assets.models.ranked import BoolArray, Ranked, check_mask, check_positions, empty, top_k
from assets.models.session_features import SessionIndex, candidate_features
from assets.models.session_history import SessionHistory
from assets.models.session_knn import SessionKnn, SessionKnnParameters
from assets.models.session_ranker import RankerPlan, next_clicks, ranking_rows, target_ranks, train_ranker
from assets.models.tree_ensemble import TreeEnsemble
from assets.models.vector_cells import VectorCells

__all__ = ["SessionModel", "SessionModelParameters"]

MIN_SESSIONS = 2_000
"""Below, the tenth that a ranking is learnt from has too few clicks for it: `SessionKnn` answers alone."""


@dataclass(frozen=True, slots=True)
class SessionModelParameters:
    """Settings of the whole; times are shares of the sessions."""

    knn: SessionKnnParameters = field(default_factory=lambda: SessionKnnParameters(recent=1000))
    neighbours: int = 300
    half_life: float = 0.15
    """Of co-visitation."""
    ranked_share: float = 0.1
    """Last share of the sessions that the ranking is learnt from."""
    validation_share: float = 0.15
    """Last share of those that it is measured on."""
    dim: int = 64
    vectors: TrainingPlan = field(default_factory=TrainingPlan)
    update: TrainingPlan = field(default_factory=lambda: TrainingPlan(epochs=1.0, learning_rate=1e-3))
    """Training of the vectors that goes on over all sessions once the ranking is learnt."""
    ranker: RankerPlan = field(default_factory=RankerPlan)
    first_trees: int = 40
    """Trees after which only the best candidates go on."""
    keep: int = 80
    """Candidates that go on, or twice as many as are asked for."""
    seed: int = 0


def build_index(
    history: SessionHistory, parameters: SessionModelParameters, vectors: ItemVectors
) -> tuple[SessionIndex, SessionKnn]:
    """Count everything that a query reads."""
    clicks = np.arange(len(history.items))
    knn = SessionKnn.fit(history.session_of_click(), history.items, clicks, history.n_items, parameters.knn)
    covisits = Covisitation.fit(history, parameters.half_life)
    cells = VectorCells.build(vectors.vectors, parameters.seed)
    index = SessionIndex(
        *knn.arrays,
        covisits.starts,
        covisits.partners,
        covisits.values,
        item_stats(history, parameters.half_life),
        vectors.vectors,
        cells.centres,
        cells.starts,
        cells.items,
        np.ascontiguousarray(vectors.vectors[cells.items]),
        vectors.attention,
        vectors.place_bias,
        vectors.last_map,
        vectors.mean_map,
    )
    for array in index:
        # As on disk: the compiled query is made once, for read-only arrays.
        array.setflags(write=False)
    return index, knn


class SessionModel:
    """Candidates and their ranking, or `SessionKnn` alone (``index`` None)."""

    def __init__(
        self,
        knn: SessionKnn,
        index: SessionIndex | None,
        trees: TreeEnsemble | None,
        text: str,
        parameters: SessionModelParameters,
        figures: Mapping[str, float],
    ) -> None:
        """Use ``fit`` or ``load``."""
        self.knn, self._index, self._trees, self._text = knn, index, trees, text
        self.parameters = parameters
        self.n_items = knn.n_items
        self.figures = dict(figures)
        """Measures on the validation sessions; empty without a ranker."""

    @property
    def ranks(self) -> bool:
        """Whether candidates are re-ranked."""
        return self._index is not None

    @classmethod
    def fit(
        cls,
        session: NDArray[np.integer],
        item: NDArray[np.integer],
        ts: NDArray[np.integer],
        n_items: int,
        parameters: SessionModelParameters | None = None,
    ) -> Self:
        """Learn the ranking on the last sessions from statistics of those before; then count on all.

        Args:
            session: int64[m], any numbers that tell sessions apart.
            item: int32[m] positions; rows of -1 (unknown) are ignored.
            ts: int64[m] microseconds.
            n_items: Size of the catalogue.
            parameters: None takes the defaults.

        Raises:
            ValueError: If an item is beyond the catalogue or lengths differ.
        """
        p = parameters or SessionModelParameters()
        history = SessionHistory.from_rows(session, item, ts, n_items)
        if len(history) < MIN_SESSIONS:
            return cls(SessionKnn.fit(session, item, ts, n_items), None, None, "", p, {})
        total = len(history)
        cut = int(total * (1 - p.ranked_share))
        measured = int(total - (total - cut) * p.validation_share)
        past = history.before(cut)
        vectors = ItemVectors.fit(past, p.vectors, p.seed, p.dim)
        index, _ = build_index(past, p, vectors)
        learnt = next_clicks(history, cut, measured, p.ranker.prefixes, p.seed)
        rows = ranking_rows(index, history, learnt, p.neighbours, p.ranker.negatives, p.seed)
        booster = train_ranker(rows, p.ranker, p.seed)
        text = booster.model_to_string()
        trees = TreeEnsemble.parse(text)
        held = next_clicks(history, measured, total, p.ranker.validation_prefixes, p.seed)
        ranks = target_ranks(index, trees, history, held, p.neighbours, p.first_trees, p.keep)
        within = ranks <= 20
        figures = {
            "hit_rate_20": float(within.mean()),
            "mrr_20": float((within / ranks).mean()),
            "candidate_recall": float(np.isfinite(ranks).mean()),
        }
        vectors = ItemVectors.fit(history, p.update, p.seed + 1, start=vectors)
        index, knn = build_index(history, p, vectors)
        return cls(knn, index, trees, text, p, figures)

    def recommend(
        self, viewed: Sequence[int], k: int, allowed: BoolArray | None = None, include_viewed: bool = False
    ) -> Ranked:
        """Items likely to be clicked next by a shopper who viewed ``viewed``.

        Args:
            viewed: Positions, oldest first; -1 (unknown) is ignored.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.
            include_viewed: Also rank the items just viewed.

        Returns:
            At most ``k`` items, none for a session of unknown items; scores are comparable within an answer only.

        Raises:
            ValueError: If an item is beyond the catalogue, the mask has another length, or ``k`` is below 1.
        """
        if self._index is None or self._trees is None:
            return self.knn.recommend(viewed, k, allowed, include_viewed)
        check_mask(allowed, self.n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        seen = np.asarray(viewed, dtype=np.int32).reshape(-1)
        check_positions(seen, self.n_items)
        seen = seen[seen >= 0]
        if not len(seen):
            return empty()
        mask = _EVERY if allowed is None else allowed
        items, features = candidate_features(self._index, seen, mask, include_viewed, self.parameters.neighbours)
        if not len(items):
            return empty()
        scores = self._trees.scores(features, self.parameters.first_trees, max(self.parameters.keep, 2 * k))
        live = np.isfinite(scores)
        return top_k(items[live], scores[live], k)

    def save(self, folder: Path) -> None:
        """Write ``model.json``, ``knn/``, and where candidates are ranked ``index/`` (npy) and ``ranker.txt``."""
        (folder / "knn").mkdir()
        self.knn.save(folder / "knn")
        described = {"parameters": asdict(self.parameters), "figures": self.figures, "ranks": self.ranks}
        (folder / "model.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
        if self._index is None:
            return
        (folder / "ranker.txt").write_text(self._text, encoding="utf-8")
        (folder / "index").mkdir()
        for name, array in zip(SessionIndex._fields[_KNN_ARRAYS:], self._index[_KNN_ARRAYS:], strict=True):
            np.save(folder / "index" / f"{name}.npy", array)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; arrays are memory-mapped."""
        described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        raw = described["parameters"]
        parameters = SessionModelParameters(
            **{
                **raw,
                "knn": SessionKnnParameters(**raw["knn"]),
                "vectors": TrainingPlan(**raw["vectors"]),
                "update": TrainingPlan(**raw["update"]),
                "ranker": RankerPlan(**raw["ranker"]),
            }
        )
        knn = SessionKnn.load(folder / "knn")
        if not described["ranks"]:
            return cls(knn, None, None, "", parameters, described["figures"])
        names = SessionIndex._fields[_KNN_ARRAYS:]
        index = SessionIndex(*knn.arrays, *(load_mapped(folder / "index" / f"{name}.npy") for name in names))
        text = (folder / "ranker.txt").read_text(encoding="utf-8")
        return cls(knn, index, TreeEnsemble.parse(text), text, parameters, described["figures"])


_KNN_ARRAYS = 5
"""The first arrays of the index, which `SessionKnn` saves."""
_EVERY = np.zeros(0, dtype=np.bool_)
