"""Do the ids of one meaning join between two tables? If hardly any does, one side is written in another way.

What belongs here: the measure and which tables ought to join. Where the ids come from is the caller's: the lake, or a
sample of the sources.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

__all__ = ["JOINS", "LOW_OVERLAP", "MIN_OVERLAP", "Join", "Overlap", "overlap_of", "overlaps"]

MIN_OVERLAP = 0.01
"""Ids that overlap less do not join."""
LOW_OVERLAP = 0.2
"""Ids that overlap less are mostly lost, or of two populations: somebody should look at examples."""
_FEW_IDS = 10
"""Below that many ids on a side, not to join may be chance."""
_EXAMPLES = 3


class Join(NamedTuple):
    """Two tables that hold one kind of id."""

    left: str
    right: str
    column: str


JOINS = (
    Join("orders", "users", "user_id"),
    Join("ad_exposures", "users", "user_id"),
    Join("ad_exposures", "orders", "user_id"),
    Join("events", "orders", "user_id"),
    Join("events", "users", "user_id"),
    Join("orders", "products", "product_id"),
    Join("events", "products", "product_id"),
    Join("judgments", "products", "product_id"),
)
"""Tables between which most of what is learnt comes from joins."""
_STATES = ("users", "products")
"""Tables of these JOINS that ought to hold every id of a log."""


class Overlap(NamedTuple):
    """The ids of two tables: distinct, without those that are missing."""

    join: Join
    left_ids: int
    right_ids: int
    common: int
    only_left: tuple[str, ...]
    """A few that the right side lacks."""
    only_right: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the smaller side's ids, those that the other has too (the overlap coefficient), 0 to 1."""
        return self.common / max(min(self.left_ids, self.right_ids), 1)

    @property
    def joins(self) -> bool:
        """Whether enough ids are on both sides; true where there are too few to tell."""
        return min(self.left_ids, self.right_ids) < _FEW_IDS or self.share >= MIN_OVERLAP

    @property
    def is_low(self) -> bool:
        """Whether they join, but few do."""
        return self.joins and min(self.left_ids, self.right_ids) >= _FEW_IDS and self.share < LOW_OVERLAP

    @property
    def loses_rows(self) -> bool:
        """Whether few are among those of a table that ought to hold them all, rather than of another log."""
        return self.is_low and self.join.right in _STATES

    @property
    def words(self) -> str:
        """What was found, with examples of both sides where the ids do not join, or few of them do."""
        left, right, column = self.join
        counts = f"{self.common:,} of {self.left_ids:,} {column} of {left} are among the {self.right_ids:,} of {right}"
        if self.joins and not self.is_low:
            return counts
        examples = [", ".join(map(repr, ids)) for ids in (self.only_left, self.only_right)]
        return f"{counts}: {left} has {examples[0]}, {right} has {examples[1]}"


def overlap_of(join: Join, left: pl.Series, right: pl.Series) -> Overlap:
    """Compare two columns of ids, each as the contract has them (text)."""
    a, b = (ids.drop_nulls().unique().sort() for ids in (left, right))
    only_a, only_b = a.filter(~a.is_in(b.implode())), b.filter(~b.is_in(a.implode()))
    return Overlap(
        join,
        a.len(),
        b.len(),
        a.len() - only_a.len(),
        tuple(only_a.head(_EXAMPLES).to_list()),
        tuple(only_b.head(_EXAMPLES).to_list()),
    )


def overlaps(tables: Mapping[str, pl.DataFrame]) -> list[Overlap]:
    """Of each of JOINS whose tables are there and have ids."""
    found = [
        overlap_of(join, tables[join.left][join.column], tables[join.right][join.column])
        for join in JOINS
        if join.left in tables and join.right in tables
    ]
    return [overlap for overlap in found if overlap.left_ids and overlap.right_ids]
