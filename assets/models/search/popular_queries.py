"""What many people have searched for: queries that may be offered to others.

Belongs here: which queries, and how many people made each. A query that few people made may name one of them, so it is
never kept; nor is one that looks like an address or a number of a person.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Self

import polars as pl

from assets.models.search.text_analysis import fold

__all__ = ["MIN_SEARCHERS", "PopularQueries"]

MIN_SEARCHERS = 3
"""Different users, or sessions of unknown ones, that must have made a query."""
MOST_QUERIES = 20_000
LONGEST_QUERY = 60
_PERSONAL = re.compile(r"@|\d{6}|\d[\d ()+-]{7,}\d")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class PopularQueries:
    """Query → number of people who made it, the most frequent first."""

    counts: dict[str, int]

    @classmethod
    def build(cls, searches: pl.DataFrame, blocked_words: Collection[str] = ()) -> Self:
        """Count searchers.

        Args:
            searches: One row a search: ``query``, ``user_id`` and ``session_id``, of which one may be null.
            blocked_words: Queries with one of these words are left out, whatever their case and accents.
        """
        blocked = {word for text in blocked_words for word in _WORD.findall(fold(text))}
        rows = searches.drop_nulls("query").select("query", pl.coalesce("user_id", "session_id").alias("who"))
        spelt = {text: _normal(text) for text in rows["query"].unique().to_list()}
        found = (
            rows.with_columns(pl.col("query").replace_strict(spelt, return_dtype=pl.String))
            .filter(pl.col("query") != "")
            .group_by("query")
            .agg(pl.col("who").drop_nulls().n_unique().alias("count"))
            .filter(pl.col("count") >= MIN_SEARCHERS)
            .sort("count", "query", descending=[True, False])
        )
        kept = ((query, count) for query, count in found.iter_rows() if not blocked.intersection(_WORD.findall(query)))
        return cls(dict([pair for _, pair in zip(range(MOST_QUERIES), kept, strict=False)]))

    def that(self, has_answer: Callable[[str], bool]) -> "PopularQueries":
        """Those of them that ``has_answer`` says yes to."""
        return PopularQueries({query: count for query, count in self.counts.items() if has_answer(query)})


def _normal(query: str) -> str:
    """Folded with single spaces; empty where the query may not be offered."""
    text = " ".join(fold(query[: 4 * LONGEST_QUERY]).split())
    usable = (
        2 <= len(text) <= LONGEST_QUERY and text.isprintable() and _WORD.search(text) and not _PERSONAL.search(text)
    )
    return text if usable else ""
