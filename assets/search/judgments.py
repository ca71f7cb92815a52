"""People's judgments of what search should find, where a shop has them: half to learn from, half to measure on.

What belongs here: which judgments hold on a day, their gains, the halves, and the figures of a ranking. What does not:
learning (`assets.search.learning`) and the report (`assets.search.report`).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

import polars as pl

from assets.models.products.catalogue import Catalogue
from assets.models.search.matching import has_words
from evaluation.arrays import Floats, Ints32
from evaluation.ranking.graded_ndcg import gain_of, graded_ndcg
from evaluation.ranking.ranking import mrr, recall
from resources.lake import Lake

__all__ = ["Judgments", "is_held_out", "judged_figures", "judgments_of"]

RELEVANT_GAIN = gain_of(2.0)
"""Gain from which a product counts for recall and the reciprocal rank: relevance 2."""


class Judgments(NamedTuple):
    """What was judged of one query."""

    query: str
    """Lower case, single spaces; as given, not corrected."""
    gains: dict[int, float]
    """Item → gain in [0, 3]; at least one is above 0."""


def judgments_of(lake: Lake, catalogue: Catalogue, as_of: str, limit: int) -> list[Judgments]:
    """The latest judgments up to the day ``as_of``, in an order that is random but stays; ``limit`` of each half.

    A query written in several ways counts once, with the mean relevance. Unknown products are left out, and queries
    with nothing above relevance 1, which can neither be measured nor teach.
    """
    rows = lake.read("judgments", None, as_of)
    key = ["query", "product_id"]
    rows = rows.sort(*key, "updated_at").unique(key, keep="last", maintain_order=True)
    rows = rows.with_columns(
        pl.col("query").str.to_lowercase().str.extract_all(r"\S+").list.join(" "),
        item=pl.Series(catalogue.positions(rows["product_id"].to_list()), dtype=pl.Int64),
    )
    means = rows.filter(pl.col("item") >= 0).group_by("query", "item").agg(pl.col("relevance").mean())
    gains: dict[str, dict[int, float]] = {}
    for query, item, relevance in means.sort("query", "item").iter_rows():
        gains.setdefault(query, {})[item] = max(0.0, gain_of(relevance))
    found = [Judgments(query, of) for query, of in gains.items() if has_words(query) and any(of.values())]
    found.sort(key=lambda one: _digest(one.query))
    halves = ([one for one in found if is_held_out(one.query) is held] for held in (False, True))
    return [one for half in halves for one in half[:limit]]


def is_held_out(query: str) -> bool:
    """Whether the judgments of ``query`` are kept to measure on: half of all queries, the same ones every day."""
    return _digest(query)[-1] % 2 == 1


def judged_figures(answer: Callable[[str], Ints32], judged: Sequence[Judgments]) -> dict[str, Floats]:
    """NDCG@10 of each query; recall@50 and reciprocal rank of those that have a product of relevance 2 or more."""
    ranked = [answer(one.query) for one in judged]
    wanted = [{item for item, gain in one.gains.items() if gain >= RELEVANT_GAIN} for one in judged]
    some = [row for row, items in enumerate(wanted) if items]
    lists, targets = [ranked[row] for row in some], [wanted[row] for row in some]
    return {
        "ndcg": graded_ndcg(ranked, [one.gains for one in judged], 10),
        "recall": recall(lists, targets, 50),
        "mrr": mrr(lists, targets, 50),
    }


def _digest(query: str) -> bytes:
    return sha256(query.encode()).digest()
