"""Search over a whole catalogue with graded judgments: each half alone, the hybrid, spelling, learning, 8 bits.

Usage: ``python -m benchmarks.search.relevance [DATA] [--train FOLDER] [--queries 0]`` (or ``DATA=… python -m …``),
where DATA holds ``products.parquet`` and ``judgments.parquet`` (see `benchmarks.search.task`; default: the
Home Depot folder). Half of the queries, or all of those in the other folder, train the adapter and the ranker; every
line is measured on the rest. Products that were not judged count as irrelevant, so figures are lower bounds.

What learns from judgments also learns which products were judged at all, and gains by it where those that were not
count as 0. The column ``judged`` is the NDCG@10 of the same rankings without the products that were not judged
(Sakai, SIGIR 2007): a gain that it does not show is one of that kind.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assets.models.fusion import fuse
from assets.models.search.learnt.features import SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.model import LearntSearch, learn_search
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.score_blend import blend, find_candidates
from assets.models.search.vectors.index import VectorIndex
from benchmarks.search.task import RECALL_CUT, SearchTask, read_task
from benchmarks.search.typos import misspelt
from benchmarks.search.vectors import cached_vectors, quantised_vectors
from evaluation.arrays import Floats, Floats32, Ints32
from evaluation.resampling.bootstrap import Bootstrap, paired_difference_interval
from resources.settings import Settings

SEED = 0
Ranking = Sequence[Ints32]


class Table:
    """Lines of the table, printed as they come."""

    def __init__(self, task: SearchTask) -> None:
        self.task = task
        self.ndcg: dict[str, Floats] = {}
        figures = f"{'NDCG@10':>8}{'judged':>8}{'recall@50':>11}{'p50 ms':>8}{'p99 ms':>8}"
        print(f"{'':<34}{figures}   NDCG@10 less that of …, 95 % interval")

    def line(self, name: str, ranked: Ranking, ms: Floats, base: str | None = None) -> None:
        """Measure and print a line, with its paired difference to the line named ``base``."""
        figures = self.ndcg[name] = self.task.ndcg(ranked)
        difference = ""
        if base is not None:
            low = paired_difference_interval(figures, self.ndcg[base], Bootstrap(seed=SEED))
            difference = f"{low.estimate:+.4f} [{low.lower:+.4f}, {low.upper:+.4f}] {base}"
        p50, p99 = np.percentile(ms, [50, 99])
        recall = self.task.recall(ranked).mean()
        judged = self.task.judged_ndcg(ranked).mean()
        print(
            f"{name:<34}{figures.mean():>8.4f}{judged:>8.4f}{recall:>11.4f}{p50:>8.2f}{p99:>8.2f}   {difference}",
            flush=True,
        )


def bm25s_rankings(titles: Sequence[str], queries: Sequence[str]) -> tuple[Ranking, Floats]:
    """The library's own BM25 with its own tokenizer and defaults."""
    import bm25s

    library = bm25s.BM25()
    library.index(bm25s.tokenize(list(titles), show_progress=False), show_progress=False)
    tokens = bm25s.tokenize(list(queries), show_progress=False)
    started = time.process_time()
    answers: Any = library.retrieve(tokens, k=RECALL_CUT, show_progress=False)
    mean_ms = 1e3 * (time.process_time() - started) / len(queries)
    return [np.asarray(row, dtype=np.int32) for row in answers.documents], np.full(len(queries), mean_ms)


def each(queries: Sequence[str], answer: Callable[[str], Ints32]) -> tuple[Ranking, Floats]:
    """Answers one by one, with the milliseconds of process CPU that each took."""
    ranked, ms = list[Ints32](), list[float]()
    for query in queries:
        started = time.process_time()
        ranked.append(answer(query))
        ms.append(1e3 * (time.process_time() - started))
    return ranked, np.array(ms)


def main() -> None:
    """Index, learn, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    settings = Settings.from_env()
    default = os.environ.get("DATA") or settings.data / "home_depot"
    parser.add_argument("data", nargs="?", default=default, help="folder with the two files (or DATA)")
    parser.add_argument("--train", help="folder with other judgments to train on; all of DATA's queries are measured")
    parser.add_argument("--queries", type=int, default=0, help="most queries to measure, 0 for all")
    chosen = parser.parse_args()
    try:
        whole = read_task(Path(chosen.data))
        train, test = (read_task(Path(chosen.train)), whole) if chosen.train else whole.split(SEED)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    if train.titles != whole.titles:
        sys.exit("--train names another catalogue: its products.parquet must be the same.")
    train = unseen(train, test)
    if chosen.queries:
        test = test.part(np.arange(min(chosen.queries, len(test.queries))))
    print(f"{len(whole.titles):,} products, {len(train.queries):,} queries to train on, {len(test.queries):,} measured")
    compare(train, test, settings.home)


def unseen(train: SearchTask, test: SearchTask) -> SearchTask:
    """``train`` without the queries that are measured, whatever their case and spaces."""
    measured = {_key(query) for query in test.queries}
    return train.part(np.array([i for i, query in enumerate(train.queries) if _key(query) not in measured], dtype=int))


class Learnt(NamedTuple):
    """What the training queries teach, by the vectors of one encoder of queries."""

    search: LearntSearch
    vector: Mapping[str, Floats32]

    @classmethod
    def of(
        cls, train: SearchTask, lexical: LexicalIndex, vectors: VectorIndex, vector: Mapping[str, Floats32]
    ) -> "Learnt":
        """Learn from corrected queries, whose vectors are given."""
        started = time.monotonic()
        fixed = [_key(lexical.corrected(query)) for query in train.queries]
        judged = [JudgedQuery(q, vector[q], gains) for q, gains in zip(fixed, train.gains, strict=True)]
        features = SearchFeatures.build(lexical, train.titles)
        learnt = cls(learn_search(lexical, vectors, features, judged), vector)
        print(f"  (adapter and ranker learnt in {time.monotonic() - started:.0f} s)")
        return learnt

    def ranked(self, query: str) -> Ints32:
        """The ranker's answer to a corrected query."""
        return self.search.answer(query, self.vector[query], RECALL_CUT)[1].items

    def adapted(self, query: str) -> Ints32:
        """The answer with the adapter alone."""
        return self.search.without_ranker().answer(query, self.vector[query], RECALL_CUT)[1].items


def compare(train: SearchTask, test: SearchTask, home: Path) -> None:
    """Every line of the table."""
    lexical = LexicalIndex.build(test.titles)
    typed = {query: _key(query) for task in (train, test) for query in task.queries}
    fixed = {query: _key(lexical.corrected(query)) for query in typed}
    fixed_edited = [_key(lexical.corrected(query)) for query in misspelt(test.queries, SEED)]
    texts = sorted({*typed.values(), *fixed.values(), *fixed_edited})
    vector = dict(zip(texts, cached_vectors(home, texts), strict=True))
    vectors = VectorIndex.build(cached_vectors(home, test.titles))

    table = Table(test)
    table.line("bm25s, its own tokenizer", *bm25s_rankings(test.titles, test.queries))
    table.line("vectors alone", *each(test.queries, lambda q: vectors.search(vector[typed[q]], RECALL_CUT).items))
    bm25 = "bm25s, its own tokenizer"
    table.line("words alone", *each(test.queries, lambda q: lexical.search(q, RECALL_CUT).items), bm25)

    def by_rank(q: str) -> Ints32:
        words, meaning = lexical.search(q, RECALL_CUT), vectors.search(vector[typed[q]], RECALL_CUT)
        return fuse([words, meaning], RECALL_CUT).items

    def hybrid(query: str, by: Mapping[str, Floats32] = vector) -> Ints32:
        return blend(find_candidates(lexical, vectors, query, by[_key(query)]), RECALL_CUT).items

    table.line("hybrid by rank fusion", *each(test.queries, by_rank), "words alone")
    table.line("hybrid", *each(test.queries, hybrid), "words alone")
    table.line("hybrid + spelling", *each(test.queries, lambda q: hybrid(lexical.corrected(q))), "hybrid")

    learnt = Learnt.of(train, lexical, vectors, vector)
    adapter, ranker = "hybrid + spelling + adapter", "hybrid + spelling + ranker"
    table.line(adapter, *each(test.queries, lambda q: learnt.adapted(fixed[q])), "hybrid + spelling")
    table.line(ranker, *each(test.queries, lambda q: learnt.ranked(fixed[q])), adapter)
    print("Queries with one random edit:")
    table.line("hybrid + spelling, edited", *each(fixed_edited, hybrid), "hybrid + spelling")
    table.line(f"{ranker}, edited", *each(fixed_edited, learnt.ranked), ranker)
    for name in ("hybrid + spelling", ranker):
        kept = table.ndcg[f"{name}, edited"].mean() / table.ndcg[name].mean()
        print(f"  {name}: {100 * kept:.1f} % of the clean queries' NDCG@10")
    print("Queries encoded in 8-bit integers, of which the ranker is learnt as well:")
    small = quantised_vectors(home, sorted(set(fixed.values())))
    table.line("hybrid + spelling, int8", *each(test.queries, lambda q: hybrid(fixed[q], small)), "hybrid + spelling")
    both = [(hybrid(fixed[query])[:10], hybrid(fixed[query], small)[:10]) for query in test.queries]
    print(
        f"  {np.mean([np.isin(*two).mean() for two in both if two[0].size]):.3f} of the first ten products are the same"
    )
    learnt_small = Learnt.of(train, lexical, vectors, small)
    table.line(f"{ranker}, int8", *each(test.queries, lambda q: learnt_small.ranked(fixed[q])), ranker)


def _key(query: str) -> str:
    return " ".join(query.lower().split())


if __name__ == "__main__":
    main()
