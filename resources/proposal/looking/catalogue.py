"""Tables as they are found: columns, keys, references and a sample, whatever they are kept in.

What belongs here: what is seen. What does not: what it may mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import polars as pl

__all__ = ["SAMPLE_ROWS", "Catalogue", "Column", "Engine", "Kind", "Reader", "Table"]

SAMPLE_ROWS = 5_000
"""Rows of a table that are looked at."""

Engine = Literal["postgres", "duckdb"]
Kind = Literal["integer", "number", "bool", "time", "date", "text", "uuid", "json", "struct", "list", "other"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a key of the JSON in one; what it holds is of the table's sample."""

    name: str
    """As it is called in the sample; ``payload.item`` for a key of JSON."""
    kind: Kind
    base: str
    """The column itself."""
    path: tuple[str, ...] = ()
    """Keys from the column to the value, where it holds JSON."""
    type: str = ""
    """As the engine calls it; of a key of JSON the type of its column."""
    filled: int = 0
    """Rows of the sample that have a value."""
    distinct: int = 0
    values: tuple[str, ...] = ()
    """Different values as text, the most frequent first, at most 200."""
    low: float | None = None
    high: float | None = None
    """Least and greatest of numbers."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, a view, or a group of files of one name."""

    name: str
    source: str
    """What stands after FROM."""
    columns: tuple[Column, ...]
    rows: int
    """About how many it has."""
    sample: pl.DataFrame
    """Up to `SAMPLE_ROWS` rows, every column as text."""
    key: tuple[str, ...] = ()
    """Columns of the primary key; empty where none is declared."""
    unique: frozenset[str] = frozenset()
    """Columns that are declared unique, each alone."""
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Column → the table (its ``source``) and column that a foreign key leads to."""

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)

    def is_unique(self, column: Column) -> bool:
        """Whether no two rows, of the sample where none is declared, have the same value of ``column``."""
        if (column.name,) == self.key or column.name in self.unique:
            return True
        return not self.key and column.filled == column.distinct == self.sample.height > 0


@dataclass(slots=True)
class Catalogue:
    """All tables that can be read, and why others cannot."""

    tables: list[Table]
    unread: list[str] = field(default_factory=list)
    """Lines of what could not be looked at."""


class Reader(Protocol):
    """Looks at the tables of one engine. Every call may raise `resources.sources.SourceError`."""

    @property
    def engine(self) -> Engine:
        """Whose dialect queries are written in."""
        ...

    def catalogue(self) -> Catalogue:
        """All tables with their samples."""
        ...

    def ask(self, sql: str) -> Sequence[tuple[object, ...]]:
        """Rows of a query of ours; none where it fails or takes too long."""
        ...
