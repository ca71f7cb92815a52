"""Sources of canonical rows: one small protocol and the function that opens the source a shop declares."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol, TypeVar

import polars as pl

from resources.settings import Settings
from resources.shop import FilesSource, MySQLSource, PostgresSource, Shop, SimulatedSource
from resources.sources.left_out import LeftOut
from resources.sources.source_error import SourceError

__all__ = ["LeftOut", "Source", "SourceError", "again_without_files", "open_source", "read_whole"]


class Source(Protocol):
    """Reads canonical tables by half-open windows ``start <= time < end`` of UTC instants."""

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` in the window as frames of bounded size, in any order.

        ``start=None`` means from the beginning. Rows without a time are yielded with every window: the caller
        quarantines them once.
        """
        ...

    def describe(self, table: str) -> str:
        """Where the rows of ``table`` come from, in words for the quarantine and the metadata; no secrets."""
        ...

    def last_day_with_rows(self, table: str) -> datetime | None:
        """Midnight (UTC) of the newest day that has rows of ``table``; none if there is no row."""
        ...

    def left_out(self, table: str) -> LeftOut:
        """What the last reading of ``table`` had to leave out."""
        ...


Read = TypeVar("Read")


def again_without_files(read: Callable[[], Read]) -> Read:
    """Call ``read`` until no file turns out to be unreadable half-way: the source leaves it out the next time."""
    while True:
        try:
            return read()
        except SourceError as error:
            if not error.read_again:
                raise


def read_whole(source: Source, table: str, start: datetime | None, end: datetime) -> list[pl.DataFrame]:
    """All frames of a window (see `Source.read`), read as `again_without_files`."""
    return again_without_files(lambda: list(source.read(table, start, end)))


def open_source(shop: Shop, settings: Settings) -> Source:
    """Open the source that ``shop`` declares."""
    match shop.source:
        case SimulatedSource():
            from resources.sources.simulated import SimulatedShop

            return SimulatedShop(shop.source, shop.first_day)
        case FilesSource():
            from resources.sources.files import Files

            return Files(shop, shop.source, settings)
        case PostgresSource():
            from resources.sources.postgres import Postgres

            return Postgres(shop, shop.source)
        case MySQLSource():
            from resources.sources.mysql import MySQL

            return MySQL(shop, shop.source)
