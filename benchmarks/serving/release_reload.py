"""What a reload costs of the tables made of a catalogue: reading them as files of the release, and making them anew.

Usage: ``python -m benchmarks.serving.release_reload [--items 20000] [--queries 2000]`` (set OMP_NUM_THREADS=1).
Seconds are process CPU, which requests have to share; the catalogue is synthetic.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.search.suggestions.completion import Suggestions
from evaluation.arrays import Floats32

SEED, WORDS, TITLE_WORDS, CATEGORIES, COLOURS = 0, 8_000, 8, 200, 20
LETTERS = list("abcdefghijklmnopqrstuvwxyz")


class Saved(Protocol):
    """What a release keeps as files."""

    def save(self, folder: Path) -> None:
        """Write them."""


def vocabulary(rng: np.random.Generator) -> list[str]:
    """Words of six letters, the first ones the most frequent."""
    return ["".join(rng.choice(LETTERS, 6)) for _ in range(WORDS)]


def catalogue(words: list[str], n: int, rng: np.random.Generator) -> Catalogue:
    """Products with a title that ends in a model number, a brand, a category, a colour and a SKU."""
    odds = 1.0 / (20 + np.arange(WORDS))
    drawn = rng.choice(WORDS, (n, TITLE_WORDS), p=odds / odds.sum())
    return Catalogue.build(
        pl.DataFrame(
            {
                "product_id": [f"p{i:07d}" for i in range(n)],
                "title": [f"{' '.join(words[w] for w in row)} MX{i}" for i, row in enumerate(drawn)],
                "brand": [f"brand {b}" for b in rng.integers(0, n // 50 + 1, n)],
                "categories": [[f"Goods > Kind {c}"] for c in rng.integers(0, CATEGORIES, n)],
                "tags": [[f"colour:{c}", f"sku:{i}"] for i, c in enumerate(rng.integers(0, COLOURS, n))],
                "price": np.ones(n),
                "in_stock": [True] * n,
            }
        )
    )


def reading_beside_making(goods: Catalogue, score: Floats32, folder: Path) -> None:
    """Print seconds of CPU of both, and leave the files in ``folder``."""
    ways: dict[str, tuple[Callable[[], Saved], Callable[[Path], Saved]]] = {
        "product numbers": (lambda: ProductNumbers.build(goods), lambda at: ProductNumbers.load(at, goods)),
        "product attributes": (lambda: ProductAttributes.build(goods), lambda at: ProductAttributes.load(at, goods)),
        "suggestions": (lambda: Suggestions.of_catalogue(goods, score, {}), Suggestions.load),
    }
    print(f"{f'CPU s, {len(goods):,} products':<32}{'read':>9}{'made':>9}{'ratio':>9}{'MB':>7}")
    total = np.zeros(2)
    for name, (make, read) in ways.items():
        at = folder / name
        at.mkdir()
        started = time.process_time()
        made = make()
        making = time.process_time() - started
        made.save(at)
        started = time.process_time()
        read(at)
        reading = time.process_time() - started
        total += reading, making
        size = sum(file.stat().st_size for file in at.iterdir()) / 1e6
        print(f"{name:<32}{reading:>9.4f}{making:>9.2f}{making / reading:>9.0f}{size:>7.0f}", flush=True)
    print(f"{'all':<32}{total[0]:>9.4f}{total[1]:>9.2f}{total[1] / total[0]:>9.0f}")


def microseconds(call: Callable[[int], object], count: int) -> str:
    """Median and 99th percentile of ``count`` calls, after fifty to warm up."""
    times = []
    for i in [*range(min(50, count)), *range(count)]:
        started = time.perf_counter()
        call(i)
        times.append(1e6 * (time.perf_counter() - started))
    p50, p99 = np.percentile(times[-count:], [50, 99])
    return f"{p50:>9.1f}{p99:>9.1f}"


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=20_000, help="products in the catalogue")
    parser.add_argument("--queries", type=int, default=2_000, help="timed questions")
    chosen = parser.parse_args()
    rng = np.random.default_rng(SEED)
    words = vocabulary(rng)
    goods = catalogue(words, chosen.items, rng)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        reading_beside_making(goods, rng.random(chosen.items).astype(np.float32), folder)
        completions = Suggestions.load(folder / "suggestions")
        numbers = ProductNumbers.load(folder / "product numbers", goods)
        attributes = ProductAttributes.load(folder / "product attributes", goods)
        chosen_words = rng.integers(0, 100, chosen.queries)
        typed = [words[w][: 1 + i % 6] for i, w in enumerate(chosen_words)]
        mask = rng.random(chosen.items) < 0.01
        cases: dict[str, Callable[[int], object]] = {
            "completion": lambda i: completions.complete(typed[i]),
            "completion, mistyped": lambda i: completions.complete(f"{typed[i]}xqx"),
            "product by its model number": lambda i: numbers.find(f"mx-{i}"),
            "counts of brands among 1 %": lambda _: attributes.counts("brand", mask, 10),
        }
        print(f"\n{'answers from the files, µs':<32}{'p50':>9}{'p99':>9}")
        for name, call in cases.items():
            print(f"{name:<32}{microseconds(call, chosen.queries)}")


if __name__ == "__main__":
    main()
