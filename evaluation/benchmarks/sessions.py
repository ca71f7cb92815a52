"""Next-click accuracy of the session model beside its candidates and popularity, on a data set's own test split.

Usage: ``make bench BENCH=sessions DATA=<folder>`` or ``python -m evaluation.benchmarks.sessions DATA [--sample 3000]``,
where DATA holds ``train_sessions.parquet`` (sid, items in click order; sid in time order) and ``test_prefixes.parquet``
(prefix, target). Every item of the catalogue may be ranked, none is sampled; items of the prefix may be the target, as
in the SR-GNN line of papers, so they are ranked too. The model is fitted on the training sessions with its defaults;
its own validation figures, on the last of them, stand above the table.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.popularity import Popularity
from assets.models.ranked import Ranked
from assets.models.session_model import SessionModel
from resources.settings import Settings

CUT = 20
SEED = 0
Answer = Callable[[list[int]], Ranked]


def read(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Training sessions and test prefixes.

    Raises:
        SystemExit: If a file is missing, naming it.
    """
    paths = [folder / "train_sessions.parquet", folder / "test_prefixes.parquet"]
    for path in paths:
        if not path.exists():
            raise SystemExit(f"{path} is missing: pass the folder that holds it as DATA.")
    return pl.read_parquet(paths[0]), pl.read_parquet(paths[1])


def evaluate(
    answer: Answer, prefixes: Sequence[list[int]], targets: Sequence[int]
) -> tuple[float, float, NDArray[np.float64]]:
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
    chosen = parser.parse_args()
    train, test = read(Path(chosen.data))
    rows = train.select("sid", pl.col("items").alias("item")).explode("item")
    sid, item = (rows[c].to_numpy().astype(np.int64) for c in ("sid", "item"))
    n_items = 1 + max(int(item.max()), int(test["target"].to_numpy().max()))
    start = time.process_time()
    # The files have no clock: sessions are in time order, and so are the clicks inside each.
    model = SessionModel.fit(sid, item, np.arange(len(item)), n_items)
    fitted = time.process_time() - start
    age = (sid.max() - sid).astype(np.float64)
    popularity = Popularity.fit(item, np.ones(len(item)), age, n_items, half_life_days=max(1.0, age.max() / 8))
    if chosen.sample and chosen.sample < len(test):
        test = test[np.sort(np.random.default_rng(SEED).choice(len(test), chosen.sample, replace=False))]
    prefixes = [[i if i < n_items else -1 for i in p] for p in test["prefix"].to_list()]
    targets = test["target"].to_list()
    print(f"{len(train):,} sessions, {n_items:,} items, {len(targets):,} prefixes; fitted in {fitted:.0f} s of CPU")
    print("validation (last training sessions): " + ", ".join(f"{k} {v:.4g}" for k, v in model.figures.items()))
    print(f"{'model':<14}{'HR@20':>8}{'MRR@20':>8}{'p50 ms':>9}{'p99 ms':>9}")
    answers: dict[str, Answer] = {
        "SessionModel": lambda p: model.recommend(p, CUT, include_viewed=True),
        "SessionKnn": lambda p: model.knn.recommend(p, CUT, include_viewed=True),
        "popularity": lambda _: popularity.top(CUT),
    }
    for name, answer in answers.items():
        answer(prefixes[0])
        hit_rate, mrr, ms = evaluate(answer, prefixes, targets)
        p50, p99 = np.percentile(ms, [50, 99])
        print(f"{name:<14}{hit_rate:>8.4f}{mrr:>8.4f}{p50:>9.3f}{p99:>9.3f}", flush=True)


if __name__ == "__main__":
    main()
