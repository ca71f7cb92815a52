"""Files as a source: CSV, JSONL and Parquet, read by one DuckDB query for each canonical table.

What belongs here: windows, limits and errors of DuckDB. What does not: the shop's queries, which are in ``shop.toml``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import polars as pl
import pyarrow as pa

from resources.contracts import CONTRACTS
from resources.settings import Settings
from resources.shop import FilesSource, Shop
from resources.sources import SourceError
from resources.sources.query_window import BEGINNING, END, fill_window, instant
from resources.sources.user_attributes import pack_attributes

__all__ = ["Files"]

MEMORY_LIMIT = "1GB"
THREADS = 2
BATCH_ROWS = 50_000


class Files:
    """A `Source` of files. ``{folder}`` in a query is the source's folder; text is never an SQL string's end.

    A query may name ``{start}`` and ``{end}``, two ``TIMESTAMPTZ`` values, to read no more than the window; it is
    cut to the window in any case. Times without a zone are UTC.

    Raises:
        SourceError: If the folder's name holds a single quote.
    """

    def __init__(self, shop: Shop, source: FilesSource, settings: Settings) -> None:
        self._shop = shop
        self._folder = source.folder.replace("{data}", str(settings.data))
        self._spill = settings.home / "tmp"
        if "'" in self._folder:
            raise SourceError(
                f"Shop '{shop.name}': the folder {self._folder} holds a single quote, which cannot stand in a query. "
                "Rename the folder or reach it by a link without one."
            )

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` in the window as frames of at most 50,000 rows (see `Source.read`).

        Raises:
            SourceError: If the shop has no such table, a file is missing, or the query fails.
        """
        query = self._query(table, start, end)
        time = CONTRACTS[table].time
        with self._connected(table) as connection:
            types = dict(connection.sql(f"DESCRIBE {query}").project("column_name, column_type").fetchall())
            if time not in types:
                raise SourceError(
                    f"{self.describe(table)}: it yields no column '{time}', only {list(types)}. "
                    f"Name its time column '{time}' in the query."
                )
            at = f'try_cast("{time}" AS TIMESTAMPTZ)'
            where = f"({at} >= {instant(start or BEGINNING)} AND {at} < {instant(end)}) OR {at} IS NULL"
            windowed = f"SELECT * {_iso_text(time, types[time])} FROM ({query}) WHERE {where}"
            for batch in connection.sql(windowed).to_arrow_reader(BATCH_ROWS):
                frame = pl.DataFrame(pl.from_arrow(batch))
                if frame.height:
                    yield self._packed(frame) if table == "users" else frame

    def describe(self, table: str) -> str:
        """The shop, the table and the folder."""
        return f"shop '{self._shop.name}', query of '{table}' on files under {self._folder}"

    def last_day_with_rows(self, table: str) -> datetime | None:
        """Midnight (UTC) of the newest day that has rows of ``table``.

        Raises:
            SourceError: As `read` does.
        """
        query = self._query(table, None, END)
        with self._connected(table) as connection:
            newest = f'SELECT max(try_cast("{CONTRACTS[table].time}" AS TIMESTAMPTZ)) AS newest FROM ({query})'
            row = pl.DataFrame(pl.from_arrow(connection.sql(newest).to_arrow_table())).item()
        if row is None:
            return None
        midnight: datetime = row.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight

    def _query(self, table: str, start: datetime | None, end: datetime) -> str:
        declared = self._shop.tables.get(table)
        if declared is None:
            raise SourceError(
                f"Shop '{self._shop.name}' declares no table '{table}', only {sorted(self._shop.tables)}. "
                f"Add [tables.{table}] to its shop.toml."
            )
        text = declared.query.strip().removesuffix(";").replace("{folder}", self._folder)
        # The line break ends a comment in the query's last line, so that it cannot swallow the parenthesis after it.
        return fill_window(text, start, end) + "\n"

    def _packed(self, frame: pl.DataFrame) -> pl.DataFrame:
        attributes = self._shop.user_attributes
        try:
            return pack_attributes(frame, attributes.numeric, attributes.categorical)
        except ValueError as error:
            raise SourceError(f"Shop '{self._shop.name}': {error}") from error

    @contextmanager
    def _connected(self, table: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A bounded in-memory DuckDB; its errors become `SourceError`."""
        try:
            with duckdb.connect(
                config={
                    "memory_limit": MEMORY_LIMIT,
                    "threads": THREADS,
                    "temp_directory": str(self._spill),
                    "autoinstall_known_extensions": False,
                    "TimeZone": "UTC",
                }
            ) as connection:
                yield connection
        except (duckdb.Error, OSError, pa.ArrowException) as error:  # the latter two come out of a running stream
            raise SourceError(f"{self.describe(table)}: {str(error).strip()}\n{_remedy(error)}") from error


def _iso_text(time: str, dtype: str) -> str:
    """Times held as text become ISO text in UTC, however they are written; text that is no time stays as it is."""
    if dtype != "VARCHAR":
        return ""
    moment = f'try_cast("{time}" AS TIMESTAMPTZ)'
    return f'REPLACE (coalesce(strftime({moment}, \'%Y-%m-%dT%H:%M:%S.%f+00:00\'), "{time}") AS "{time}")'


def _remedy(error: Exception) -> str:
    if isinstance(error, duckdb.IOException):
        return "Check that the file exists: [source] folder in shop.toml, and UPSHELF_DATA where it names {data}."
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException) or "onversion" in str(error):
        return (
            "Read the column as text (read_csv(..., all_varchar = true)) or use try_cast: the contract then "
            "quarantines the rows that are wrong, and the others are kept."
        )
    if "INSTALL" in str(error):
        return (
            "Install the extension once on this machine, for a bucket: "
            "python -c \"import duckdb; duckdb.sql('INSTALL httpfs')\"."
        )
    return "Correct the table's query in shop.toml; it is in the DuckDB dialect."
