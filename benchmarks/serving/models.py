"""How long each model takes to answer, on synthetic data: milliseconds, and the ratio to the plain way.

Usage: ``python -m benchmarks.serving.models [--items 20000] [--queries 300]``, on one thread as
``make bench`` sets it (OMP_NUM_THREADS=1) and a server with several workers would. The plain way is what one would
write without the model's index: exact scoring of all vectors, bm25s's own retrieval, a sort of all scores. The ratio is
plain p50 over ours, so it means the same on a faster machine.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assets.models.banners.policies.thompson import thompson_distribution
from assets.models.baskets.co_purchase import CoPurchase
from assets.models.fusion import fuse
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.items import Popularity
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.vectors.index import VectorIndex
from assets.models.sessions.knn import SessionKnn
from benchmarks.search.viewed_goods import CLICKS, SESSIONS, goods_of, viewed_goods
from evaluation.arrays import Bools, Floats, Floats32

DIM, K, SEED = 384, 20, 0
LETTERS = "abcdefghijklmnopqrstuvwxyz"
USERS, WORDS = 100_000, 8_000


class Case(NamedTuple):
    """A query method, called with the number of the query, and the plain way to the same answer."""

    name: str
    ours: Callable[[int], object]
    plain: Callable[[int], object] | None = None


def clustered(n: int, rng: np.random.Generator) -> Floats32:
    """Unit vectors about n/100 centres, as product texts lie about their categories."""
    centres = rng.normal(size=(max(2, n // 100), DIM)).astype(np.float32)
    rows = centres[rng.integers(0, len(centres), n)] + 0.7 * rng.normal(size=(n, DIM)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def vector_cases(n: int, queries: int, rng: np.random.Generator, folder: Path) -> list[Case]:
    """Vector search, free and under filters; prints the recall of each beside exact scoring."""
    vectors = clustered(n, rng)
    start = time.perf_counter()
    VectorIndex.build(vectors).save(folder)
    built = time.perf_counter() - start
    start = time.perf_counter()
    index = VectorIndex.load(folder)
    print(f"vector index of {n:,} × {DIM}: built in {built:.1f} s, loaded in {time.perf_counter() - start:.2f} s")
    drawn = vectors[rng.integers(0, n, queries)] + 0.02 * rng.normal(size=(queries, DIM)).astype(np.float32)
    cases = []
    for share in (1.0, 0.9, 0.3, 0.1, 0.05, 0.005):
        mask = None if share == 1.0 else rng.random(n) < share
        hits = 0
        for query in drawn[: min(queries, 200)]:
            score = vectors @ query if mask is None else np.where(mask, vectors @ query, -9)
            hits += len(np.intersect1d(np.argpartition(-score, K)[:K], index.search(query, K, mask).items))
        recall = hits / (K * min(queries, 200))

        def ours(i: int, mask: Bools | None = mask) -> object:
            return index.search(drawn[i], K, mask)

        def plain(i: int, mask: Bools | None = mask) -> object:
            score = vectors @ drawn[i]
            return np.argpartition(-score if mask is None else np.where(mask, -score, 9), K)[:K]

        cases.append(Case(f"vectors, {share:.1%} allowed (recall {recall:.3f})", ours, plain))
    return cases


def lexical_cases(n: int, queries: int, rng: np.random.Generator) -> list[Case]:
    """Keyword search over titles whose words are as unevenly common as a shop's, beside bm25s's own top-k."""
    import bm25s

    odds = 1.0 / (20 + np.arange(WORDS))
    odds /= odds.sum()

    def text(size: int) -> str:
        return " ".join(f"w{w}x" for w in rng.choice(WORDS, size, p=odds))

    texts = [text(12) for _ in range(n)]
    drawn = [text(3) for _ in range(queries)]
    index = LexicalIndex.build(texts)
    peer = bm25s.BM25(method="lucene", backend="numpy")
    peer.index([index.analyser.terms(t) for t in texts], show_progress=False)

    def plain(i: int) -> object:
        return peer.retrieve([index.analyser.query_terms(drawn[i])], k=K, show_progress=False)

    return [Case("keywords", lambda i: index.search(drawn[i], K), plain)]


def catalogue_cases(n: int, queries: int, rng: np.random.Generator, vectors: VectorIndex) -> list[Case]:
    """Completions of the first letters of words, and items alike in text and views, over a catalogue of titles."""
    words = [f"{''.join(rng.choice(list(LETTERS), 3))}{w}" for w in range(WORDS)]
    odds = 1.0 / (20 + np.arange(WORDS))
    odds /= odds.sum()
    titles = [" ".join(words[w] for w in rng.choice(WORDS, 8, p=odds)) for _ in range(n)]
    goods = goods_of(titles, rng)
    alike = viewed_goods(goods, vectors, queries, rng)
    completions = Suggestions.of_catalogue(goods, rng.random(n).astype(np.float32), {})
    typed = [
        words[w][:size] for w, size in zip(rng.choice(WORDS, queries, p=odds), rng.integers(1, 6, queries), strict=True)
    ]
    return [
        Case("suggestions", lambda i: completions.complete(typed[i])),
        Case("suggestions, mistyped", lambda i: completions.complete(f"{typed[i]}xqx")),
        Case("similar items", lambda i: alike.plain.similar(alike.viewed[i], 10)),
        Case("similar items, adapted", lambda i: alike.adapted.similar(alike.viewed[i], 10)),
    ]


def behaviour_cases(n: int, queries: int, rng: np.random.Generator) -> list[Case]:
    """Sessions, baskets, popularity, category shares, fusion and banners."""
    item = (n * rng.beta(0.6, 3, SESSIONS * CLICKS)).astype(np.int32)
    session = np.repeat(np.arange(SESSIONS), CLICKS)
    ts = np.arange(len(item))
    knn = SessionKnn.fit(session, item, ts, n)
    pairs = CoPurchase.fit(session, item, n)
    age = rng.uniform(0, 30, len(item)).astype(np.float32)
    popularity = Popularity.fit(item, np.ones(len(item)), age, n)
    users = [f"user-{u}" for u in rng.integers(0, USERS, len(item) // 2)]
    half = slice(0, len(users))
    affinity = CategoryAffinity.fit(users, item[half] % 200, np.ones(len(users)), age[half])
    views = rng.choice(item, size=(queries, 5))
    mask = rng.random(n) < 0.3
    alpha, beta = rng.uniform(1, 10, 6), rng.uniform(100, 900, 6)
    rankings = [popularity.top(100), knn.recommend(views[0].tolist(), 100), pairs.related(views[0].tolist(), 100)]
    score = np.array(popularity.score)
    return [
        Case(f"session, {SESSIONS:,} sessions, 5 views", lambda i: knn.recommend(views[i].tolist(), K)),
        Case("bought together, product", lambda i: pairs.related([int(views[i, 0])], K)),
        Case("bought together, cart of 5", lambda i: pairs.related(views[i].tolist(), K)),
        Case("popularity", lambda _: popularity.top(K), lambda _: np.argsort(-score)[:K]),
        Case("popularity, 30% allowed", lambda _: popularity.top(K, allowed=mask)),
        Case(f"category shares, {USERS:,} users", lambda i: affinity.categories(users[i], 5)),
        Case("fusion, 3 rankings of 100", lambda _: fuse(rankings, K)),
        Case("banner odds, 6 arms", lambda _: thompson_distribution(alpha, beta, rng)),
    ]


def milliseconds(call: Callable[[int], object], queries: int) -> Floats:
    """Time of each call, after twenty to warm up."""
    for i in range(min(20, queries)):
        call(i)
    times = np.empty(queries)
    for i in range(queries):
        start = time.perf_counter()
        call(i)
        times[i] = 1e3 * (time.perf_counter() - start)
    return times


def main() -> None:
    """Build every model on synthetic data and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=20_000, help="products in the catalogue")
    parser.add_argument("--queries", type=int, default=300, help="timed queries a method")
    chosen = parser.parse_args()
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as folder:
        cases = vector_cases(chosen.items, chosen.queries, rng, Path(folder))
        cases += lexical_cases(chosen.items, chosen.queries, rng)
        cases += catalogue_cases(chosen.items, chosen.queries, rng, VectorIndex.load(Path(folder)))
        cases += behaviour_cases(chosen.items, chosen.queries, rng)
        print(f"{'method':<44}{'p50 ms':>9}{'p99 ms':>9}{'plain p50':>11}{'ratio':>8}")
        for case in cases:
            p50, p99 = np.percentile(milliseconds(case.ours, chosen.queries), [50, 99])
            beside = ""
            if case.plain is not None:
                other = float(np.median(milliseconds(case.plain, chosen.queries)))
                beside = f"{other:>11.3f}{other / p50:>8.1f}"
            print(f"{case.name:<44}{p50:>9.3f}{p99:>9.3f}{beside}")


if __name__ == "__main__":
    main()
