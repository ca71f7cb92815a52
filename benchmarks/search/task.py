"""A judged search task: products, queries and graded judgments, with the measures that the tables show.

What belongs here: reading, the split by query, and what a ranking scores. Who makes the rankings is
`benchmarks.search.relevance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.products.texts import clean
from evaluation.arrays import Floats
from evaluation.ranking.graded_ndcg import gain_of, graded_ndcg
from evaluation.ranking.ranking import recall

__all__ = ["NDCG_CUT", "RECALL_CUT", "SearchTask", "read_task"]

NDCG_CUT = 10
RECALL_CUT = 50
RELEVANT = 2.0
"""Relevance from which a product counts for recall, on the judgments' scale of 1 to 3."""


@dataclass(frozen=True, slots=True)
class SearchTask:
    """Queries over a catalogue; item i is row i of the products sorted by id."""

    titles: list[str]
    queries: list[str]
    gains: list[dict[int, float]]
    """Judged item → gain of each query."""
    relevant: list[frozenset[int]]
    """Items of relevance 2 and above of each query; may be empty."""

    def part(self, rows: NDArray[np.integer]) -> "SearchTask":
        """The task of some of the queries."""
        chosen = [int(row) for row in rows]
        return SearchTask(
            self.titles,
            [self.queries[i] for i in chosen],
            [self.gains[i] for i in chosen],
            [self.relevant[i] for i in chosen],
        )

    def split(self, seed: int) -> tuple["SearchTask", "SearchTask"]:
        """Two halves of the queries at random: to train on and to measure on."""
        order = np.random.default_rng(seed).permutation(len(self.queries))
        half = len(order) // 2
        return self.part(np.sort(order[:half])), self.part(np.sort(order[half:]))

    def ndcg(self, ranked: Sequence[NDArray[np.integer]]) -> Floats:
        """NDCG@10 of each query."""
        return graded_ndcg(ranked, self.gains, NDCG_CUT)

    def judged_ndcg(self, ranked: Sequence[NDArray[np.integer]]) -> Floats:
        """NDCG@10 of each query when products that were not judged for it are taken out of its ranking."""
        kept = [
            [item for item in items.tolist() if item in gains] for items, gains in zip(ranked, self.gains, strict=True)
        ]
        return graded_ndcg(kept, self.gains, NDCG_CUT)

    def recall(self, ranked: Sequence[NDArray[np.integer]]) -> Floats:
        """Recall@50 of each query that has a relevant product."""
        some = [i for i, items in enumerate(self.relevant) if items]
        return recall([ranked[i] for i in some], [self.relevant[i] for i in some], RECALL_CUT)


def read_task(folder: Path) -> SearchTask:
    """Read a folder's products and judgments.

    ``products.parquet`` has product_uid and product_title, ``judgments.parquet`` search_term, product_uid and
    relevance from 1 to 3. Queries none of whose products is above relevance 1 cannot be measured: they are left out.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a column is missing.
    """
    products = _read(folder / "products.parquet", ["product_uid", "product_title"])
    judgments = _read(folder / "judgments.parquet", ["search_term", "product_uid", "relevance"])
    products = products.unique("product_uid").sort("product_uid").with_row_index("item")
    judged = (
        judgments.join(products.select("product_uid", "item"), on="product_uid")
        .group_by("search_term", "item")
        .agg(pl.col("relevance").mean())
        .sort("search_term", "item")
        .group_by("search_term", maintain_order=True)
        .agg("item", "relevance")
        .filter(pl.col("relevance").list.max() > 1)
    )
    pairs = [
        list(zip(items, grades, strict=True))
        for items, grades in zip(judged["item"].to_list(), judged["relevance"].to_list(), strict=True)
    ]
    return SearchTask(
        titles=[clean(title) for title in products["product_title"].fill_null("").to_list()],
        queries=judged["search_term"].to_list(),
        gains=[{item: gain_of(grade) for item, grade in rows} for rows in pairs],
        relevant=[frozenset(item for item, grade in rows if grade >= RELEVANT) for rows in pairs],
    )


def _read(path: Path, columns: list[str]) -> pl.DataFrame:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: pass the folder that holds it as DATA.")
    frame = pl.read_parquet(path)
    if missing := [c for c in columns if c not in frame.columns]:
        raise ValueError(f"{path} lacks {missing}: it needs the columns {columns}.")
    return frame.select(columns)
