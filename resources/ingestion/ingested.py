"""What one ingestion did, and which days it may take rows from."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from resources.sources import LeftOut

__all__ = ["Ingested", "ShrinkGuard"]

FEW_ROWS = 10
"""Rows that a day may lose in any case: corrections of a small shop."""


@dataclass(slots=True)
class Ingested:
    """What one ingestion did."""

    rows: int = 0
    quarantined_dated: int = 0
    quarantined_undated: int = 0
    """Rows without a readable time: every window yields them again, so they are counted once."""
    rules: Counter[str] = field(default_factory=Counter)
    """How many rows broke each rule; a row may break several."""
    rows_by_day: dict[str, int] = field(default_factory=dict)
    shrunk: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Day that is kept as it was → its rows, and how few the source has of it now."""
    moved: Counter[str] = field(default_factory=Counter)
    """Day → its rows that have a later day now, or one that was read after it, and left it."""
    emptied: Counter[str] = field(default_factory=Counter)
    """Column of ids → values that were present and mean that there is none."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """Files of the source that could not be read, and columns that the newest of them lack."""
    columns: dict[str, str] = field(default_factory=dict)
    """Columns that the source yielded → their types; none where it yielded no row."""
    forgotten: int = 0
    """Rows of users who have been forgotten, which were left out."""
    version: int | None = None

    @property
    def quarantined(self) -> int:
        """How many rows broke the contract."""
        return self.quarantined_dated + self.quarantined_undated

    table_rows: int = 0
    """Rows of the whole table after the write."""
    is_state: bool = False
    removed: int = 0
    """Products that a full feed no longer holds."""
    updated: int = 0
    """Products that the running API was told of (`resources.ingestion.updated_products`)."""

    @property
    def share_quarantined(self) -> float:
        """Largest share of rows that broke the contract: of those read and, for rows without a time, of the table.

        A state table is judged as a whole: a day may change three products of many thousand.
        """
        if self.is_state:
            return self.quarantined / max(self.table_rows + self.quarantined, 1)
        undated = self.quarantined_undated / max(self.table_rows + self.quarantined_undated, 1)
        return max(self.quarantined_dated / max(self.rows + self.quarantined_dated, 1), undated)


@dataclass(frozen=True, slots=True)
class ShrinkGuard:
    """Keeps days of a log that would lose most of their rows: a source that is being reloaded looks like that."""

    limit: float = 0.5
    """Share of a day's rows that may be gone when it is read again."""
    accepted: frozenset[str] = frozenset()
    """Days that may lose any number of rows, or ``all``."""
    is_whole: bool = True
    """Whether the source could be read whole; if not, no day may lose a row."""

    def shrunk(self, before: pl.DataFrame, after: pl.DataFrame) -> dict[str, tuple[int, int]]:
        """Days of ``before`` of which ``after`` has too few rows, with both numbers.

        A fall by fewer than `FEW_ROWS` rows is none, unless the day would be empty.
        """
        counts = dict(after.group_by("day").len().iter_rows())
        days = before.group_by("day").len().sort("day").iter_rows()
        fallen = {day: (rows, counts.get(day, 0)) for day, rows in days}
        return {
            day: (rows, left)
            for day, (rows, left) in fallen.items()
            if not self.may_lose(day, rows, left) or (left == 0 and not self.accepts(day))
        }

    def may_lose(self, day: str, rows: int, left: int) -> bool:
        """Whether ``day`` may fall from ``rows`` rows to ``left``."""
        if not self.is_whole and not self.accepts(day):
            return left >= rows
        return self.accepts(day) or left >= (1 - self.limit) * rows or rows - left < FEW_ROWS

    def accepts(self, day: str) -> bool:
        """Whether ``day`` may lose any number of rows."""
        return self.limit >= 1 or not self.accepted.isdisjoint(("all", day))
