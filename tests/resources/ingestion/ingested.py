"""A source in memory, its rows, and days of it read into a lake: for tests of what becomes of them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from resources.contracts import CONTRACTS
from resources.ingestion.ingest import Feedback, ingest
from resources.ingestion.ingested import Ingested, ShrinkGuard
from resources.lake import Lake
from resources.sources import LeftOut

__all__ = ["DAY", "FIRST", "Rows", "frame", "product", "read_days", "view"]

FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)


class Rows:
    """A source that holds its rows in memory: ``tables[name]`` is a frame, read by the contract's time column."""

    def __init__(self, **tables: pl.DataFrame) -> None:
        """Hold ``tables``; they may be changed between readings."""
        self.tables = tables
        self.windows: list[tuple[datetime | None, datetime]] = []

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Rows of the window and, as the protocol has it, those without a time; one frame a row."""
        self.windows.append((start, end))
        time = pl.col(CONTRACTS[table].time)
        inside = time.is_null() | ((time < end) & (pl.lit(True) if start is None else time >= start))
        yield from self.tables[table].filter(inside).iter_slices(1)

    def describe(self, table: str) -> str:
        """Where the rows come from."""
        return f"memory:{table}"

    def last_day_with_rows(self, table: str) -> datetime | None:
        """No caller of these tests asks."""
        return None

    def left_out(self, table: str) -> LeftOut:
        """Nothing."""
        return LeftOut()


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows with the contract's columns; those not named are null."""
    columns = CONTRACTS[table].columns
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=columns)


def view(key: str, ts: datetime | None, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # values of any column
    """An event: user u views p."""
    return {"event_id": key, "ts": ts, "kind": "view", "user_id": "u", "product_id": "p", **more}


def product(key: str, updated_at: datetime, title: str = "lamp") -> dict[str, Any]:
    """A product in stock."""
    return {"product_id": key, "title": title, "in_stock": True, "updated_at": updated_at}


def read_days(
    lake: Lake,
    source: Rows | None,
    days: tuple[date, date],
    *,
    table: str = "events",
    feedback: Feedback | None = None,
    told: list[str] | None = None,
    guard: ShrinkGuard | None = None,
    full: bool = False,
) -> Ingested:
    """Ingest ``table`` over ``days``; the shop's first day is FIRST."""
    return ingest(
        CONTRACTS[table],
        lake=lake,
        source=source,
        feedback=feedback,
        first=days[0],
        last=days[1],
        shop_first_day=FIRST,
        progress=(told if told is not None else []).append,
        guard=guard,
        full=full,
    )
