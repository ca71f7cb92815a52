"""How many searches lead to a product: what search can learn from, and be measured on.

What belongs here: the measure, on the table `searches` or on a sample's. What does not: the asset check that tells it.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from assets.tables.sql import statement
from resources.contracts import CONTRACTS
from resources.engine import Engine
from resources.tables import TABLES

__all__ = ["Answered", "answered", "sampled_searches"]

_MIN_SEARCHES = 100
_MIN_SHARE = 0.01
_REMEDY = (
    "a search is followed to the clicks, or views whose surface is 'search', of the same session or user within 30 "
    "minutes: let the query of [tables.events] yield session_id, clicks in the results, or surface"
)


class Answered(NamedTuple):
    """Searches, and how many of them led to a product."""

    searches: int
    answered: int

    @property
    def passed(self) -> bool:
        """Whether enough lead to a product, or there are too few to tell."""
        return self.searches < _MIN_SEARCHES or self.answered >= _MIN_SHARE * self.searches

    @property
    def words(self) -> str:
        """The share."""
        share = self.answered / max(self.searches, 1)
        return f"{self.answered:,} of {self.searches:,} searches led to a product ({share:.0%})"

    @property
    def remedy(self) -> str:
        """What to log where hardly any does; nothing where all is well."""
        return "" if self.passed else _REMEDY


def answered(searches: pl.DataFrame) -> Answered:
    """Count the searches of ``search_id`` and ``product_id`` (null where a search led to nothing)."""
    return Answered(searches["search_id"].n_unique(), searches.drop_nulls("product_id")["search_id"].n_unique())


def sampled_searches(tables: Mapping[str, pl.DataFrame]) -> Answered:
    """Count those of sampled rows of the canonical tables ``events`` and, if there are any, ``orders``."""
    day = pl.col("ts").dt.strftime("%Y-%m-%d").alias("day")
    rows = {name: tables.get(name, CONTRACTS[name].empty()).with_columns(day) for name in ("events", "orders")}
    return answered(
        Engine().query(statement("searches"), {**rows, "robots": pl.DataFrame(schema=dict(TABLES["robots"]))})
    )
