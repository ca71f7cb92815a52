"""A bounded sample of a table: of a log its newest rows, of a state whichever come first."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from resources.contracts import CONTRACTS
from resources.ingestion.ingest import midnight
from resources.shop import Shop
from resources.sources import Source, again_without_files
from resources.sources.query_window import END

__all__ = ["SAMPLE_ROWS", "Sample", "read_sample"]

SAMPLE_ROWS = 200_000
_DAY = timedelta(days=1)
_NEWEST_DAYS = (7, 90)
"""Windows up to the newest day that are read first; what is older comes last."""


class Sample(NamedTuple):
    """Rows of a table as its source yields them."""

    rows: pl.DataFrame
    is_whole: bool
    """Whether these are all rows of the shop's days."""
    newest: date | None
    """The newest day that has rows, also outside the shop's days; none where no row has a time, and of a state."""


def read_sample(source: Source, shop: Shop, table: str) -> Sample:
    """Read `SAMPLE_ROWS` rows of ``table`` or a few more.

    Raises:
        SourceError: If the source cannot be read.
    """
    return again_without_files(lambda: _sample(source, shop, table))


def _sample(source: Source, shop: Shop, table: str) -> Sample:
    contract = CONTRACTS[table]
    last = None if contract.is_state else source.last_day_with_rows(table)
    newest = None if last is None else last.date()
    frames: list[pl.DataFrame] = []
    for number, (start, end) in enumerate(_windows(shop, newest)):
        for frame in source.read(table, start, end):
            # Rows without a time come with every window.
            frames.append(frame if number == 0 else frame.filter(pl.col(contract.time).is_not_null()))
            if sum(frame.height for frame in frames) >= SAMPLE_ROWS:
                return Sample(_joined(frames), False, newest)
    return Sample(_joined(frames), True, newest)


def _windows(shop: Shop, newest: date | None) -> Iterator[tuple[datetime | None, datetime]]:
    """Windows of a log, the newest first, within the shop's days if it has rows there; of a state one of all time."""
    if newest is None or newest < shop.first_day:
        yield None, END
        return
    end = midnight(min(newest, shop.last_day or newest) + _DAY)
    first = midnight(shop.first_day)
    starts = [max(first, end - timedelta(days=days)) for days in _NEWEST_DAYS]
    for start in (*starts, first):
        if start < end:
            yield start.astimezone(UTC), end
        end = start


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames, how="vertical_relaxed") if frames else pl.DataFrame()
