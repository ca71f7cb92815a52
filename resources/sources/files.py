"""Files as a source: CSV, JSONL and Parquet, read by one DuckDB query for each canonical table.

What belongs here: windows, limits and errors of DuckDB. What does not: the shop's queries, which are in ``shop.toml``.
"""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import duckdb
import polars as pl
import pyarrow as pa

from resources.contracts import CONTRACTS
from resources.contracts.times import as_read, out_of_range
from resources.settings import Settings
from resources.shop import FilesSource, Shop
from resources.sources.declared_queries import declared_query, no_time_column
from resources.sources.file_queries import FileQuery, unguessed
from resources.sources.left_out import LeftOut
from resources.sources.query_window import BEGINNING, END, fill_window, instant, iso_text, midnight, within
from resources.sources.source_error import SourceError
from resources.sources.user_attributes import with_packed_attributes
from resources.storage import REMEDY, SCHEMES, StorageError, concise, in_bucket, open_to_queries, stamp

__all__ = ["Files"]

MEMORY_LIMIT = "1GB"
THREADS = 2
BATCH_ROWS = 50_000
TEXT_TYPES = ("VARCHAR", "JSON")
NO_OPTIMIZERS = "type_pushdown"
"""It moves ``try_cast`` of a column of text into the reader of a CSV file, where text that is no time is an error."""

_OF_A_BUCKET = "Debug source:"
"""By what an error of a bucket is known that has come through DuckDB: pages of details follow."""


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
        self._unreadable: dict[str, tuple[Hashable, str]] = {}
        self._left_out: dict[str, LeftOut] = {}
        if in_bucket(self._folder) and not set("@?#").isdisjoint(self._folder):
            raise SourceError(
                f"shop '{shop.name}'",
                "[source] folder is a URL with more than a bucket and a prefix in it",
                "Take user, password and parameters out of it: credentials stand in the environment.",
            )
        if "'" in self._folder:
            raise SourceError(
                f"shop '{shop.name}'",
                f"the folder {self._folder} holds a single quote, which cannot stand in a query",
                "Rename the folder or reach it by a link without one.",
            )

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` in the window as frames of at most 50,000 rows (see `Source.read`).

        Raises:
            SourceError: If the shop has no such table, a file is missing, or the query fails.
        """
        asked = self._query(table, start, end)
        time = CONTRACTS[table].time
        begun = False
        while True:
            with self._connected(table) as connection:
                of = self._settled(connection, table, asked)
                query = unguessed(connection, of.query)
                types = _types(connection, query)
                moment = self._moment(table, types)
                at = within(moment, self._shop.tables[table].future_days)
                where = f"({at} >= {instant(start or BEGINNING)} AND {at} < {instant(end)}) OR {at} IS NULL"
                replaced = ", ".join([f'{at} AS "{time}"', *_as_text(types, but=time)])
                unread = f'CASE WHEN {at} IS NULL THEN CAST("{time}" AS VARCHAR) END AS "{as_read(time)}"'
                far = f'{_is_read(types[time], moment)} AND {at} IS NULL AS "{out_of_range(time)}"'
                windowed = f"SELECT * REPLACE ({replaced}), {unread}, {far} FROM ({query}) WHERE {where}"
                try:
                    for batch in connection.sql(windowed).to_arrow_reader(BATCH_ROWS):
                        frame = pl.DataFrame(pl.from_arrow(batch))
                        if frame.height:
                            begun = True
                            yield with_packed_attributes(table, frame, self._shop.user_attributes, self.describe(table))
                    return
                except (duckdb.Error, OSError, pa.ArrowException) as error:
                    self._blamed(of, error)
                    if begun:
                        what, remedy = "a file in it cannot be read", "Read it again: the file is left out."
                        raise SourceError(self.describe(table), what, remedy, read_again=True) from error

    def describe(self, table: str) -> str:
        """The shop, the table and the folder."""
        return f"shop '{self._shop.name}', query of '{table}' on files under {self._folder}"

    def last_day_with_rows(self, table: str) -> datetime | None:
        """Midnight (UTC) of the newest day that has rows of ``table``.

        Raises:
            SourceError: As `read` does.
        """
        asked, row = self._query(table, None, END), None
        done = False
        while not done:
            with self._connected(table) as connection:
                of = self._settled(connection, table, asked)
                query = unguessed(connection, of.query)
                moment = self._moment(table, _types(connection, query))
                at = within(moment, self._shop.tables[table].future_days)
                newest = f"SELECT max({at}) AS newest FROM ({query})"
                try:
                    row = pl.DataFrame(pl.from_arrow(connection.sql(newest).to_arrow_table())).item()
                    done = True
                except (duckdb.Error, OSError, pa.ArrowException) as error:
                    self._blamed(of, error)
        return None if row is None else midnight(row)

    def left_out(self, table: str) -> LeftOut:
        """What the last `read` or `last_day_with_rows` of ``table`` left out."""
        return self._left_out.get(table, LeftOut())

    def _settled(self, connection: duckdb.DuckDBPyConnection, table: str, query: str) -> FileQuery:
        """The query over the files that can be opened, and that have what it needs."""
        known = {file: why for file, (then, why) in self._unreadable.items() if then == stamp(file)}
        of = FileQuery(connection, query, self._needed(table), known)
        of.settle()
        read = {*CONTRACTS[table].columns, *self._needed(table)}
        self._left_out[table] = LeftOut(of.left_out, {name: of.lacking[name] for name in of.lacking if name in read})
        return of

    def _needed(self, table: str) -> list[str]:
        """Columns that a file must give rise to: those that may not be null, and the attributes of users."""
        contract, attributes = CONTRACTS[table], self._shop.user_attributes
        needed = [name for name, column in contract.schema.columns().items() if not column.nullable]
        if table != "users":
            return needed
        wide = [*attributes.numeric, *attributes.categorical]
        return list(dict.fromkeys([*(name for name in needed if name not in ("numeric", "categorical")), *wide]))

    def _blamed(self, of: FileQuery, error: Exception) -> None:
        """Remember the files by which a query failed, so that the next one leaves them out.

        Raises:
            Exception: ``error``, where no file is to blame.
        """
        if not of.blame(error):
            raise error
        self._unreadable |= {file: (stamp(file), why) for file, why in of.left_out.items()}

    def _query(self, table: str, start: datetime | None, end: datetime) -> str:
        return fill_window(declared_query(self._shop, table).replace("{folder}", self._folder), start, end)

    def _moment(self, table: str, types: Mapping[str, str]) -> str:
        """The time column as an instant, null where it is no time; a row may have it if it is `within` the range.

        Raises:
            SourceError: If there is no such column, or it is of a type that is no time.
        """
        declared, time = self._shop.tables[table], CONTRACTS[table].time
        if time not in types:
            raise no_time_column(self.describe(table), time, list(types))
        kind = types[time]
        if kind in TEXT_TYPES:
            text = f'trim(CAST("{time}" AS VARCHAR), \' "\')'
            pattern, iso = iso_text(text, declared.time_format)
            return f"(CASE WHEN regexp_matches({text}, '{pattern}') THEN try_cast({iso} AS TIMESTAMPTZ) END)"
        if kind == "DATE" or kind.startswith("TIMESTAMP"):
            return f'try_cast("{time}" AS TIMESTAMPTZ)'
        raise SourceError(
            self.describe(table),
            f"its column '{time}' is {kind}, which is no time",
            f"Make it one in the query: epoch_ms({time}) of milliseconds since 1970, to_timestamp({time}) of seconds.",
        )

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
                    "disabled_optimizers": NO_OPTIMIZERS,
                }
            ) as connection:
                named = self._shop.tables[table].query.replace("{folder}", self._folder)
                open_to_queries(connection, (f"{scheme}://" for scheme in SCHEMES if f"{scheme}://" in named))
                yield connection
        except (duckdb.Error, OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:  # out of a stream too
            if _OF_A_BUCKET in str(error):
                raise SourceError(self.describe(table), concise(error), REMEDY) from None
            raise SourceError(self.describe(table), str(error), _remedy(error)) from error


def _types(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Names and DuckDB types of the query's columns."""
    return dict(connection.sql(f"DESCRIBE {query}").project("column_name, column_type").fetchall())


def _is_read(kind: str, moment: str) -> str:
    """Whether the time column holds a time, in range or not: text may be none, and dates always are some."""
    return f"{moment} IS NOT NULL" if kind in TEXT_TYPES else "true"


def _as_text(types: Mapping[str, str], *, but: str) -> Iterator[str]:
    """Columns of enums and of JSON as their texts: scalars without quotation marks, and the rest as JSON."""
    for name, kind in types.items():
        column = '"' + name.replace('"', '""') + '"'
        if name == but:
            continue
        if kind == "JSON":
            yield f"{_of_json(column)} AS {column}"
        elif kind == "JSON[]":
            yield f"list_transform({column}, lambda one: {_of_json('one')}) AS {column}"
        elif kind.startswith("ENUM("):
            yield f"CAST({column} AS VARCHAR{'[]' if kind.endswith('[]') else ''}) AS {column}"


def _of_json(value: str) -> str:
    kept = f"json_type({value}) IN ('OBJECT', 'ARRAY')"
    return f"CASE WHEN {kept} THEN CAST({value} AS VARCHAR) ELSE {value} ->> '$' END"


def _remedy(error: Exception) -> str:
    if isinstance(error, StorageError):
        return REMEDY
    if isinstance(error, duckdb.IOException):
        return "Check that the file exists: [source] folder in shop.toml, and UPSHELF_DATA where it names {data}."
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException) or "onversion" in str(error):
        return (
            "Read the column as text (read_csv(..., all_varchar = true)) or use try_cast: the contract then "
            "quarantines the rows that are wrong, and the others are kept."
        )
    if isinstance(error, pl.exceptions.PolarsError):
        return "Cast the column to text, a number or a time in the query, or leave it out."
    if "INSTALL" in str(error):
        return (
            "Install the extension once on this machine, for files on the web: "
            "python -c \"import duckdb; duckdb.sql('INSTALL httpfs')\"."
        )
    return "Correct the table's query in shop.toml; it is in the DuckDB dialect."
