"""What many people have searched for: queries that may be offered to others.

Belongs here: which queries, and how many people made each. A query that few people made may name one of them, so it is
never kept; nor is one that looks like an address or a number of a person.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from typing import Self

import polars as pl

from assets.models.text.folding import fold
from assets.models.text.splitting import words

__all__ = ["MIN_SEARCHERS", "PopularQueries"]

MIN_SEARCHERS = 3
"""Different users, or sessions of unknown ones, that must have made a query."""
MOST_QUERIES = 20_000
LONGEST_QUERY = 60
_PERSONAL = re.compile(r"@|\d{6}|\d[\d ()+-]{7,}\d")


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
        blocked = {word for text in blocked_words for word in words(fold(text))}
        rows = searches.drop_nulls("query").select("query", pl.coalesce("user_id", "session_id").alias("who"))
        normal = {text: _normal(text) for text in rows["query"].unique().to_list()}
        counted = (
            rows.with_columns(pl.col("query").replace_strict(normal, return_dtype=pl.String))
            .filter(pl.col("query") != "")
            .group_by("query")
            .agg(pl.col("who").drop_nulls().n_unique().alias("count"))
            .filter(pl.col("count") >= MIN_SEARCHERS)
            .sort("count", "query", descending=[True, False])
        )
        kept = (row for row in counted.iter_rows() if not blocked.intersection(words(row[0])))
        return cls(dict(islice(kept, MOST_QUERIES)))

    def that(self, has_answer: Callable[[str], bool]) -> "PopularQueries":
        """Those of them that ``has_answer`` says yes to."""
        return PopularQueries({query: count for query, count in self.counts.items() if has_answer(query)})


def _normal(query: str) -> str:
    """Folded with single spaces; empty where the query may not be offered."""
    text = " ".join(fold(query[: 4 * LONGEST_QUERY]).split())
    usable = 2 <= len(text) <= LONGEST_QUERY and text.isprintable() and words(text) and not _PERSONAL.search(text)
    return text if usable else ""
