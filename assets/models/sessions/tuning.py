"""Choosing the session model's settings on validation sessions: past ones that no trial has learnt from.

Belongs here: what is tried, in which order, and when a change is kept. What the settings mean is
`assets.models.sessions.parameters`; the final model is fitted with those chosen by
`assets.models.sessions.reranked`.

Settings are tried one after the other (coordinate ascent, a single pass). A trial counts on the sessions before the
cut, learns a small ranking on those after it and is measured on those after these. A change is kept if the NDCG@20 of
the same validation clicks rises by more than the standard error of its mean difference: what is within the noise of a
small shop changes nothing.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from assets.models.compiled.tree_ensemble import TreeEnsemble
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.index import build_index
from assets.models.sessions.item_vectors import ItemVectors
from assets.models.sessions.knn import SessionKnn
from assets.models.sessions.parameters import SessionModelParameters
from assets.models.sessions.ranker import next_clicks, ranking_rows, target_ranks, train_ranker
from evaluation.arrays import Floats

__all__ = ["CUT", "Change", "Figures", "Trial", "Windows", "knn_of", "measures", "search", "trial_of"]

CUT = 20
"""Places of a list that count."""

Figures = dict[str, float | str | bool]
"""What is logged of a trial."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Sessions ``[0, past)`` are counted on, ``[past, learnt)`` learnt from, ``[learnt, chosen)`` chosen by."""

    past: int
    learnt: int
    chosen: int


@dataclass(frozen=True, slots=True)
class Change:
    """A setting, its values to try and how it is set."""

    name: str
    values: tuple[float, ...]
    get: Callable[[SessionModelParameters], float]
    put: Callable[[SessionModelParameters, float], SessionModelParameters]


CHANGES: Final = (
    Change("half_life", (0.05, 0.5), lambda p: p.half_life, lambda p, v: replace(p, half_life=v)),
    Change("recency", (0.0, 1.0), lambda p: p.recency, lambda p, v: replace(p, recency=v)),
    Change("neighbours", (100,), lambda p: p.neighbours, lambda p, v: replace(p, neighbours=int(v))),
    Change("rarity", (0.0, 0.5), lambda p: p.rarity, lambda p, v: replace(p, rarity=v)),
    Change(
        "leaves", (15, 63), lambda p: p.ranker.leaves, lambda p, v: replace(p, ranker=replace(p.ranker, leaves=int(v)))
    ),
    Change(
        "learning_rate",
        (0.04, 0.12),
        lambda p: p.ranker.learning_rate,
        lambda p, v: replace(p, ranker=replace(p.ranker, learning_rate=v)),
    ),
)
"""In the order in which they are tried: what is likely to matter most comes first, as a plan may end the search early.

Neighbours are tried downwards only: more would cost every request. Item vectors are no part of it, as one training of
them takes longer than all trials."""

Trial = Callable[[SessionModelParameters], Floats]
"""Settings → rank of each validation click's target, from 1, infinite where it was no candidate."""


def search(
    trial: Trial, start: SessionModelParameters, changes: Sequence[Change] = CHANGES
) -> tuple[SessionModelParameters, list[Figures]]:
    """Settings chosen from ``start``, and the figures of every trial in order.

    At most ``start.search.trials`` changes are tried, and none is begun after ``start.search.seconds`` of CPU. The
    result depends on the machine only where the latter ends the search, which the trials then show.

    Args:
        trial: Measures settings; always on the same clicks.
        start: Where to start, with the plan of the search.
        changes: What to try.
    """
    plan, begin = start.search, time.thread_time()
    if not plan.trials:
        return start, []
    best, gains, log = start, None, list[Figures]()
    queue = [(c, v) for c in changes for v in c.values if v != c.get(start)][: plan.trials]
    for change, value in [(None, 0.0), *queue]:
        if change is not None and time.thread_time() - begin > plan.seconds:
            break
        tried = best if change is None else change.put(best, value)
        ranks = trial(tried)
        gains_of_trial = _gains(ranks)
        kept = gains is None or _is_better(gains_of_trial, gains)
        name = change.name if change else "none"
        log.append({"change": name, "value": float(value), **measures(ranks), "kept": kept})
        if kept:
            best, gains = tried, gains_of_trial
    return best, log


def trial_of(history: SessionHistory, windows: Windows, vectors: ItemVectors, start: SessionModelParameters) -> Trial:
    """Trials on a history, with vectors learnt from its ``windows.past`` first sessions and the plan of ``start``."""
    past, plan = history.before(windows.past), start.search
    learnt = next_clicks(history, windows.past, windows.learnt, plan.prefixes, start.seed)
    held = next_clicks(history, windows.learnt, windows.chosen, plan.validation_prefixes, start.seed)

    def trial(p: SessionModelParameters) -> Floats:
        index = build_index(past, knn_of(past, p), vectors, p)
        rows = ranking_rows(index, history, learnt, p.neighbours, plan.negatives, p.seed)
        booster = train_ranker(rows, replace(p.ranker, trees=plan.trees), p.seed)
        trees = TreeEnsemble.parse(booster.model_to_string())
        return target_ranks(index, trees, history, held, p.neighbours)

    return trial


def knn_of(history: SessionHistory, p: SessionModelParameters) -> SessionKnn:
    """Neighbours of a history; its sessions are in time order already."""
    clicks = np.arange(len(history.items))
    return SessionKnn.fit(history.session_of_click(), history.items, clicks, history.n_items, p.knn)


def measures(ranks: Floats) -> dict[str, float]:
    """Hit rate, MRR and NDCG at 20 of single targets, and the share that were candidates; 0 of no clicks."""
    if not len(ranks):
        return {"hit_rate": 0.0, "mrr": 0.0, "ndcg": 0.0, "candidate_recall": 0.0}
    within = ranks <= CUT
    return {
        "hit_rate": float(within.mean()),
        "mrr": float((within / ranks).mean()),
        "ndcg": float(_gains(ranks).mean()),
        "candidate_recall": float(np.isfinite(ranks).mean()),
    }


def _gains(ranks: Floats) -> Floats:
    """NDCG@20 of each click: 1 / log2(1 + rank), as its one target is the ideal list."""
    return np.where(ranks <= CUT, 1 / np.log2(1 + np.minimum(ranks, CUT)), 0.0)


def _is_better(gains_of_trial: Floats, before: Floats) -> bool:
    difference = gains_of_trial - before
    n = len(difference)
    return n > 1 and bool(difference.mean() > difference.std(ddof=1) / np.sqrt(n))
