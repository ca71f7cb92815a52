"""Word search by fields beside the same words in one text, on known-item queries of a real catalogue.

Usage: ``python -m benchmarks.search.fields [DATA] [--queries 5000] [--tune]`` (or ``DATA=… python -m …``),
where DATA holds ``products.parquet`` (see `benchmarks.search.known_items`; default: the Retrotech folder). Queries
are made of one half of the products for ``--tune``, which shows other weights, and of the other half without; all are
searched among all products. The right answer is one product, so others that would do count as wrong.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from assets.models.products.texts import product_texts
from assets.models.search.lexical.fields import FieldWeights, product_fields
from assets.models.search.lexical.index import LexicalIndex
from benchmarks.search.known_items import KINDS, KnownItems, known_items, read_products
from benchmarks.search.relevance import Ranking, bm25s_rankings
from evaluation.arrays import Floats
from evaluation.ranking.ranking import hit_rate, mrr
from evaluation.resampling.bootstrap import Bootstrap, paired_difference_interval
from resources.settings import Settings

SEED = 0
CUT = 10
ONE_TEXT = "one text"
TUNED = (
    *(FieldWeights(description=weight) for weight in (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)),
    *(FieldWeights(brand=weight) for weight in (0.2, 0.5, 2.0)),
)
"""Weights that are tried; tags and categories are not in these data."""
Answers = Callable[[list[str]], Ranking]


class Table:
    """A line for each way to search, its figures for each kind of query."""

    def __init__(self, tasks: dict[str, KnownItems]) -> None:
        self.tasks = tasks
        self._base: dict[str, Floats] = {}
        for kind, task in tasks.items():
            print(f"{kind}: {len(task.queries):,} queries, such as {task.queries[0]!r}")

    def line(self, name: str, answers: Answers) -> None:
        """Measure and print MRR@10, hit rate@10, and the paired difference of MRR to the first line."""
        print(name)
        for kind, task in self.tasks.items():
            ranked, targets = answers(task.queries), [{item} for item in task.items]
            figures, hits = mrr(ranked, targets, CUT), hit_rate(ranked, targets, CUT)
            base = self._base.setdefault(kind, figures)
            difference = paired_difference_interval(figures, base, Bootstrap(seed=SEED))
            against = f"{difference.estimate:+.4f} [{difference.lower:+.4f}, {difference.upper:+.4f}]"
            print(f"  {kind:<24}{figures.mean():>8.4f}{hits.mean():>8.4f}   {against}", flush=True)


def of(index: LexicalIndex) -> Answers:
    """The index's answers."""
    return lambda queries: [index.search(query, CUT).items for query in queries]


def compare(products: pl.DataFrame, queries: int, *, tune: bool) -> None:
    """Every line of the table."""
    fields, texts = product_fields(products), product_texts(products).to_list()
    halves = np.array_split(np.random.default_rng(SEED).permutation(len(fields)), 2)
    chosen = halves[0 if tune else 1].tolist()
    made = {kind: known_items(fields, chosen, kind, SEED) for kind in KINDS}
    table = Table({kind: KnownItems(task.queries[:queries], task.items[:queries]) for kind, task in made.items()})
    print(f"\n{len(fields):,} products; MRR@{CUT}, hit rate@{CUT}, MRR less that of {ONE_TEXT!r}, 95 % interval")
    table.line(ONE_TEXT, of(LexicalIndex.build(texts)))
    if tune:
        for weights in TUNED:
            name = f"fields, brand {weights.brand}, description {weights.description}"
            table.line(name, of(LexicalIndex.of_products(fields, weights)))
        return
    table.line("one text, bm25s with its own tokenizer", lambda queries: bm25s_rankings(texts, queries)[0])
    table.line("titles alone", of(LexicalIndex.build([product.title for product in fields])))
    table.line("fields, all alike", of(LexicalIndex.of_products(fields, FieldWeights(description=1.0))))
    table.line("fields, default weights", of(LexicalIndex.of_products(fields)))


def main() -> None:
    """Read, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = os.environ.get("DATA") or Settings.from_env().data / "retrotech"
    parser.add_argument("data", nargs="?", default=default, help="folder with the products (or DATA)")
    parser.add_argument("--queries", type=int, default=5_000, help="most queries of a kind")
    parser.add_argument("--tune", action="store_true", help="other weights, on the half that is not measured")
    chosen = parser.parse_args()
    try:
        products = read_products(Path(chosen.data))
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    compare(products, chosen.queries, tune=chosen.tune)


if __name__ == "__main__":
    main()
