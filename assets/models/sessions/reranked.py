"""The re-ranked part of the session model: an index of candidates and the trees that order them.

Belongs here: learning the two on a time split, asking them, saving and loading them. It is compiled (numba) and thus
imported only where a release has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.compiled.tree_ensemble import TreeEnsemble
from assets.models.ranked import Ranked, empty, top_k
from assets.models.sessions.features import candidate_features
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.index import KNN_ARRAYS, SessionIndex, build_index
from assets.models.sessions.item_vectors import ItemVectors
from assets.models.sessions.knn import SessionKnn
from assets.models.sessions.parameters import SessionModelParameters
from assets.models.sessions.ranker import next_clicks, target_ranks, train_rankers
from assets.models.sessions.tuning import Figures, Windows, knn_of, measures, search, trial_of
from evaluation.arrays import Bools, Ints32

__all__ = ["RankedSessions", "fit_ranked_sessions"]

EVERY_ITEM = np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class RankedSessions:
    """Candidates from ``index``, ordered by ``trees``."""

    index: SessionIndex
    trees: TreeEnsemble
    texts: tuple[str, ...]
    """The trees of each ranker in LightGBM's format."""

    def recommend(
        self,
        seen: Ints32,
        k: int,
        allowed: Bools | None,
        include_viewed: bool,
        parameters: SessionModelParameters,
    ) -> Ranked:
        """At most ``k`` items for the known items ``seen``, oldest first, at least one."""
        mask = EVERY_ITEM if allowed is None else allowed
        items, features = candidate_features(self.index, seen, mask, include_viewed, parameters.neighbours)
        if not len(items):
            return empty()
        scores = self.trees.scores(features, parameters.first_trees, max(parameters.keep, 2 * k))
        live = np.isfinite(scores)
        return top_k(items[live], scores[live], k)

    def save(self, folder: Path) -> None:
        """Write ``ranker_0.txt`` … and one npy an array that `SessionKnn` does not write."""
        for member, text in enumerate(self.texts):
            (folder / f"ranker_{member}.txt").write_text(text, encoding="utf-8")
        save_arrays(folder, **dict(zip(SessionIndex._fields[KNN_ARRAYS:], self.index[KNN_ARRAYS:], strict=True)))

    @classmethod
    def load(cls, folder: Path, knn: SessionKnn) -> Self:
        """Read what ``save`` wrote; arrays are memory-mapped."""
        arrays = load_arrays(folder, *SessionIndex._fields[KNN_ARRAYS:])
        texts = tuple(path.read_text(encoding="utf-8") for path in sorted(folder.glob("ranker_*.txt")))
        return cls(SessionIndex(*knn.arrays, *arrays), TreeEnsemble.parse(*texts), texts)


def fit_ranked_sessions(
    history: SessionHistory, p: SessionModelParameters
) -> tuple[SessionKnn, RankedSessions, SessionModelParameters, Mapping[str, float], list[Figures]]:
    """Choose the settings and learn the ranking on the last sessions; then count on all.

    In the order of time: sessions that statistics are counted on, those that rankings are learnt from, those that
    settings are chosen by, those that the result is measured on. Once chosen, the settings' own sessions are learnt
    from as well.

    Returns:
        The neighbours of the whole history, the ranked sessions, the settings chosen from ``p``, measures on the last
        window, and the trials.
    """
    total = len(history)
    cut = int(total * (1 - p.ranked_share))
    held = int((total - cut) * p.validation_share)
    past = history.before(cut)
    vectors = ItemVectors.fit(past, p.vectors, p.seed, p.dim)
    windows = Windows(cut, total - 2 * held, total - held)
    p, trials = search(trial_of(history, windows, vectors, p), p)
    index = build_index(past, knn_of(past, p), vectors, p)
    learnt = next_clicks(history, cut, windows.chosen, p.ranker.prefixes, p.seed)
    texts = train_rankers(index, history, learnt, p)
    trees = TreeEnsemble.parse(*texts)
    measured = next_clicks(history, windows.chosen, total, p.ranker.validation_prefixes, p.seed)
    ranks = target_ranks(index, trees, history, measured, p.neighbours, p.first_trees, p.keep)
    figures = {**measures(ranks), "validation_clicks": float(len(ranks))}
    vectors = ItemVectors.fit(history, p.update, p.seed + 1, start=vectors)
    knn = knn_of(history, p)
    return knn, RankedSessions(build_index(history, knn, vectors, p), trees, texts), p, figures, trials
