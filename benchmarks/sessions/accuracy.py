"""Next-click accuracy of the session model beside three baselines, on a data set's own test split.

Usage: ``make bench BENCH=sessions DATA=<folder>`` or ``python -m benchmarks.sessions.accuracy DATA [--sample 3000]``,
where DATA holds ``train_sessions.parquet`` (sid, items in click order; sid in time order) and ``test_prefixes.parquet``
(prefix, target). Every item of the catalogue may be ranked, none is sampled; items of the prefix may be the target, as
in the SR-GNN line of papers, so they are ranked too. The model is fitted on the training sessions with its defaults,
from where it chooses its settings on the last of them; the trials, and the measures on sessions behind those that
chose, stand above the table. The test prefixes are read once the model is fitted. ``--trials 0`` chooses nothing.

Baselines: VMIS-kNN as the product has it for small shops (V-SKNN over the most recent sessions), item-kNN, popularity.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from assets.models.popularity.items import Popularity
from assets.models.ranked import Ranked
from assets.models.sessions.model import SessionModel
from assets.models.sessions.parameters import SearchPlan, SessionModelParameters
from benchmarks.sessions.item_knn import ItemKnn
from evaluation.arrays import Floats
from resources.settings import Settings

CUT = 20
SEED = 0
Answer = Callable[[list[int]], Ranked]


def read(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Columns of a file.

    Raises:
        SystemExit: If it is missing or lacks a column, naming it.
    """
    if not path.exists():
        raise SystemExit(f"{path} is missing: pass the folder that holds it as DATA.")
    frame = pl.read_parquet(path)
    if lacking := [c for c in columns if c not in frame.columns]:
        raise SystemExit(f"{path} has no column {lacking[0]!r}; it needs {', '.join(columns)}.")
    return frame.select(columns)


def evaluate(answer: Answer, prefixes: Sequence[list[int]], targets: Sequence[int]) -> tuple[float, float, Floats]:
    """Hit rate and mean reciprocal rank at 20, and milliseconds of CPU a query."""
    ranks, times = [], []
    for prefix, target in zip(prefixes, targets, strict=True):
        start = time.thread_time()
        items = answer(prefix).items
        times.append(1e3 * (time.thread_time() - start))
        place = np.flatnonzero(items[:CUT] == target)
        ranks.append(1.0 / (place[0] + 1) if len(place) else 0.0)
    scores = np.array(ranks)
    return float((scores > 0).mean()), float(scores.mean()), np.array(times)


def main() -> None:
    """Fit, rank the prefixes, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = os.environ.get("DATA") or Settings.from_env().data / "diginetica"
    parser.add_argument("data", nargs="?", default=default, help="folder with the two files (or DATA)")
    parser.add_argument("--sample", type=int, default=0, help="prefixes to rank, 0 for all")
    parser.add_argument("--trials", type=int, default=SearchPlan().trials, help="changes of settings tried, 0 for none")
    chosen = parser.parse_args()
    folder = Path(chosen.data)
    train = read(folder / "train_sessions.parquet", ("sid", "items"))
    rows = train.select(pl.col("sid").rank("dense").cast(pl.Int64) - 1, pl.col("items").alias("item")).explode("item")
    sid, item = (rows[c].to_numpy().astype(np.int64) for c in ("sid", "item"))
    n_items = 1 + int(item.max())
    parameters = SessionModelParameters(search=SearchPlan(trials=chosen.trials))
    start = time.process_time()
    # The files have no clock: sessions are in time order, and so are the clicks inside each.
    model = SessionModel.fit(sid, item, np.arange(len(item)), n_items, parameters)
    fitted = time.process_time() - start
    print(f"{len(train):,} sessions, {n_items:,} items; fitted in {fitted:.0f} s of CPU")
    for trial in model.trials:
        print("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in trial.items()))
    print("behind those, on the last sessions: " + ", ".join(f"{k} {v:.4g}" for k, v in model.figures.items()))
    age = (sid.max() - sid).astype(np.float64)
    popularity = Popularity.fit(item, np.ones(len(item)), age, n_items, half_life_days=max(1.0, age.max() / 8))
    item_knn = ItemKnn(sid, item, n_items)
    test = read(folder / "test_prefixes.parquet", ("prefix", "target"))
    if chosen.sample and chosen.sample < len(test):
        test = test[np.sort(np.random.default_rng(SEED).choice(len(test), chosen.sample, replace=False))]
    # Items that no training session has: unknown where they were clicked, missed where they are the target.
    prefixes = [[i if i < n_items else -1 for i in p] for p in test["prefix"].to_list()]
    targets = test["target"].to_list()
    print(f"{len(targets):,} prefixes\n{'model':<14}{'HR@20':>8}{'MRR@20':>8}{'p50 ms':>9}{'p99 ms':>9}", flush=True)
    answers: dict[str, Answer] = {
        "SessionModel": lambda p: model.recommend(p, CUT, include_viewed=True),
        "VMIS-kNN": lambda p: model.knn.recommend(p, CUT, include_viewed=True),
        "item-kNN": lambda p: item_knn.recommend(p, CUT),
        "popularity": lambda _: popularity.top(CUT),
    }
    for name, answer in answers.items():
        answer(prefixes[0])
        hit_rate, mrr, ms = evaluate(answer, prefixes, targets)
        p50, p99 = np.percentile(ms, [50, 99])
        print(f"{name:<14}{hit_rate:>8.4f}{mrr:>8.4f}{p50:>9.3f}{p99:>9.3f}", flush=True)


if __name__ == "__main__":
    main()
