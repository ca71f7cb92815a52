"""How long the session model takes to answer: 1,000,000 simulated sessions over 100,000 items, one thread.

Usage: ``python -m benchmarks.sessions.latency [--sessions 1000000] [--items 100000]``. Sessions walk from
item to item within a neighbourhood, and some items are far more popular than others, as in a shop. The vectors are
drawn, not learnt, which costs a query the same; the ranker has its full 300 trees, learnt on a few simulated clicks.
Times are CPU times of the thread, so that other work on the machine counts little.
"""

import argparse
import time

import numpy as np

from assets.models.compiled.tree_ensemble import TreeEnsemble
from assets.models.sessions.features import candidate_features
from assets.models.sessions.history import SessionHistory
from assets.models.sessions.index import build_index
from assets.models.sessions.item_vectors import LAST_CLICKS, ItemVectors
from assets.models.sessions.parameters import SessionModelParameters
from assets.models.sessions.ranker import next_clicks, train_rankers
from assets.models.sessions.reranked import EVERY_ITEM, RankedSessions
from assets.models.sessions.tuning import knn_of
from evaluation.arrays import Floats

CLICKS, QUERIES, LEARNT, SEED, K = 6, 3_000, 3_000, 0, 20


def simulated(sessions: int, items: int, rng: np.random.Generator) -> SessionHistory:
    """Walks of six clicks from starts that are unevenly popular."""
    start = (items * rng.beta(0.6, 3, sessions)).astype(np.int64)
    steps = np.cumsum(rng.integers(-15, 16, (sessions, CLICKS)), axis=1)
    item = ((start[:, None] + steps) % items).ravel()
    return SessionHistory(np.arange(sessions + 1) * CLICKS, item.astype(np.int32), items)


def drawn_vectors(items: int, p: SessionModelParameters, rng: np.random.Generator) -> ItemVectors:
    """Unit vectors that change slowly from item to item, so that neighbours in walks are neighbours in space."""
    members = p.vectors.members
    rows = np.cumsum(rng.normal(size=(items, members * p.dim)).astype(np.float32), axis=0)
    rows -= rows.mean(axis=0)
    rows += rng.normal(size=rows.shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    half = np.repeat((np.eye(p.dim) / 2).astype(np.float32)[None], members, axis=0)
    return ItemVectors(rows, half.copy(), np.zeros((members, LAST_CLICKS), dtype=np.float32), half, half.copy())


def percentiles(times: list[float]) -> Floats:
    """p50 and p99 in milliseconds."""
    return np.asarray(np.percentile(1e3 * np.array(times), [50, 99]))


def main() -> None:
    """Build, ask, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    chosen = parser.parse_args()
    rng = np.random.default_rng(SEED)
    p = SessionModelParameters()
    vectors = drawn_vectors(chosen.items, p, rng)
    compiled = simulated(100, 50, rng)
    first = drawn_vectors(50, p, rng)
    build_index(compiled, knn_of(compiled, p), first, p)
    history = simulated(chosen.sessions, chosen.items, rng)
    start = time.process_time()
    knn = knn_of(history, p)
    index = build_index(history, knn, vectors, p)
    built = time.process_time() - start
    clicks = next_clicks(history, len(history) - 4 * LEARNT, len(history), LEARNT + QUERIES, SEED)
    learnt, timed = (type(clicks)(c[0], c[1]) for c in zip(*(np.split(a, [LEARNT]) for a in clicks), strict=True))
    texts = train_rankers(index, history, learnt, p)
    model = RankedSessions(index, TreeEnsemble.parse(*texts), texts)
    retrieval, whole, candidates = [], [], []
    for begin, at in zip(timed.begin, timed.at, strict=True):
        seen = history.items[begin:at]
        start = time.thread_time()
        items, _ = candidate_features(index, seen, EVERY_ITEM, False, p.neighbours)
        middle = time.thread_time()
        model.recommend(seen, K, None, False, p)
        whole.append(time.thread_time() - middle)
        retrieval.append(middle - start)
        candidates.append(len(items))
    print(f"{len(history):,} sessions, {history.n_items:,} items; index built in {built:.1f} s of CPU")
    trees = sum(text.count("Tree=") for text in texts)
    print(f"{np.mean(candidates):.0f} candidates and {trees} trees an answer, {len(whole):,} answers")
    print(f"{'part':<40}{'p50 ms':>9}{'p99 ms':>9}")
    for name, times in (("candidates with their features", retrieval), ("whole answer, re-ranked", whole)):
        p50, p99 = percentiles(times[20:])
        print(f"{name:<40}{p50:>9.3f}{p99:>9.3f}")


if __name__ == "__main__":
    main()
