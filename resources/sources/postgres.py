"""PostgreSQL as a source: one query in its dialect for each canonical table, streamed through ADBC.

What belongs here: the window, types and errors of PostgreSQL. What does not: the shop's queries, which are in
``shop.toml``, and the connection URI, which is in the environment alone and in no message.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from resources.contracts import CONTRACTS
from resources.contracts.ids import odd_number
from resources.contracts.times import as_read, out_of_range
from resources.shop import PostgresSource, Shop
from resources.sources.connection_uri import connection_uri, without_secrets
from resources.sources.declared_queries import declared_query, no_time_column
from resources.sources.left_out import LeftOut
from resources.sources.query_window import BEGINNING, END, fill_window, instant, iso_text, midnight, within
from resources.sources.source_error import SourceError
from resources.sources.user_attributes import with_packed_attributes

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor

__all__ = ["Postgres"]

BATCH_BYTES = 4 * 1024 * 1024
TEXT_TYPES = ("text", "varchar", "bpchar", "name", "unknown")
TIME_TYPES = ("date", "timestamp", "timestamptz")
PASSING_STATES = ("08", "53", "57P0", "40001", "40P01")
"""SQLSTATEs of errors that pass: connection, resources, shutdown, serialisation, deadlock."""
IO_STATUS = 10
"""ADBC's status of an error of input or output, which is all that it says of a connection that fails."""
REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry")
"""Words of connections that fail for good."""
_ODD = r"\.\d*[1-9]|Infinity"
"""Numbers that are no id, as the server writes them."""
PLAIN_TYPES = {
    *TEXT_TYPES, *TIME_TYPES, "bool", "int2", "int4", "int8", "float4", "float8",
    "_text", "_varchar",
}  # fmt: skip
"""PostgreSQL types that arrive as what they are; others (numeric, uuid, json, enums …) are cast by the server."""


class Postgres:
    """A `Source` of one PostgreSQL database, read in one read-only transaction for each call.

    The window stands in the query as literals, so that the server streams; a query may itself name ``{start}`` and
    ``{end}``, two ``TIMESTAMPTZ`` values, to use an index. Times without a zone are UTC.
    """

    def __init__(self, shop: Shop, source: PostgresSource) -> None:
        self._shop = shop
        self._url_env = source.url_env

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` in the window as frames of about 4 MB (see `Source.read`).

        Raises:
            SourceError: If the shop has no such table, the database cannot be reached, or the query fails.
        """
        query = fill_window(declared_query(self._shop, table), start, end)
        time = CONTRACTS[table].time
        with self._cursor(table) as cursor:
            types = self._types(cursor, table, query)
            moment = self._moment(table, types[time])
            at = within(moment, self._shop.tables[table].future_days)
            columns = [_cast(table, name, kind) for name, kind in types.items() if name != time]
            columns += [f'{at} AS "{time}"', f'CASE WHEN {at} IS NULL THEN "{time}"::text END AS "{as_read(time)}"']
            columns += [f'({moment} IS NOT NULL AND ({at}) IS NULL) AS "{out_of_range(time)}"']
            windowed = (
                f"SELECT {', '.join(columns)} FROM ({query}) AS q "
                f"WHERE ({at} >= {instant(start or BEGINNING)} AND {at} < {instant(end)}) OR {at} IS NULL"
            )
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            cursor.execute(windowed)
            for batch in cursor.fetch_record_batch():
                frame = pl.DataFrame(pl.from_arrow(batch))
                if frame.height:
                    frame = frame.with_columns(_number_ids(table, types))
                    yield with_packed_attributes(table, frame, self._shop.user_attributes, self.describe(table))

    def describe(self, table: str) -> str:
        """The shop, the table and the name of the variable that holds the URI."""
        return f"shop '{self._shop.name}', query of '{table}' on the PostgreSQL database in ${self._url_env}"

    def left_out(self, table: str) -> LeftOut:
        """Nothing: a table is read whole, or not at all."""
        return LeftOut()

    def last_day_with_rows(self, table: str) -> datetime | None:
        """Midnight (UTC) of the newest day that has rows of ``table``.

        Raises:
            SourceError: As `read` does.
        """
        query = fill_window(declared_query(self._shop, table), None, END)
        time = CONTRACTS[table].time
        with self._cursor(table) as cursor:
            moment = self._moment(table, self._types(cursor, table, query)[time])
            at = within(moment, self._shop.tables[table].future_days)
            cursor.execute(f"SELECT max({at}) FROM ({query}) AS q")
            row = cursor.fetchone()
        newest: datetime | None = row[0] if row else None
        return None if newest is None else midnight(newest)

    def _types(self, cursor: "Cursor", table: str, query: str) -> dict[str, str]:
        """Names and PostgreSQL types of the query's columns."""
        schema = cursor.adbc_execute_schema(f"SELECT * FROM ({query}) AS q")
        types = {f.name: (f.metadata or {}).get(b"POSTGRESQL:type", b"").decode() for f in schema}
        time = CONTRACTS[table].time
        if time not in types:
            raise no_time_column(self.describe(table), time, list(types))
        return types

    def _moment(self, table: str, kind: str) -> str:
        """The time column as an instant, null where it is no time; the session's zone is UTC.

        A row may have it if it is `within` the range.

        Raises:
            SourceError: If it is of a type that is no time.
        """
        declared, time = self._shop.tables[table], CONTRACTS[table].time
        if kind in TEXT_TYPES:
            text = f'btrim("{time}"::text)'
            pattern, iso = iso_text(text, declared.time_format)
            valid = f"{text} ~ '{pattern}' AND pg_input_is_valid({iso}, 'timestamptz')"
            return f"(CASE WHEN {valid} THEN ({iso})::timestamptz END)"
        if kind in TIME_TYPES:
            return f'"{time}"::timestamptz'
        raise SourceError(
            self.describe(table),
            f"its column '{time}' is {kind}, which is no time",
            f"Make it one in the query: to_timestamp({time}) of seconds since 1970, to_timestamp({time} / 1000.0) of "
            "milliseconds.",
        )

    @contextmanager
    def _cursor(self, table: str) -> Iterator["Cursor"]:
        """A cursor in a read-only UTC transaction; errors of the driver become `SourceError`, without secrets."""
        uri = connection_uri(self.describe(table), self._url_env)
        try:
            from adbc_driver_manager import Error
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise SourceError(self.describe(table), "no driver", "Install Upshelf's extra 'postgres'.") from error
        try:
            with dbapi.connect(uri) as connection, connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute("SET LOCAL TIME ZONE 'UTC'")
                yield cursor
        except (Error, OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:  # out of a running stream too
            # The driver's own error is left out of the chain: it may quote the URI.
            raise SourceError(
                self.describe(table),
                without_secrets(str(error), uri),
                f"Check ${self._url_env} if the database cannot be reached, else the table's query in shop.toml.",
                may_pass=_may_pass(error),
            ) from None


def _may_pass(error: Exception) -> bool:
    """Whether the server could not be reached, is starting or stopping, is full, or had to end this transaction."""
    if state := getattr(error, "sqlstate", None):
        return str(state).startswith(PASSING_STATES)
    return getattr(error, "status_code", None) == IO_STATUS and not any(word in str(error) for word in REFUSALS)


def _cast(table: str, name: str, kind: str) -> str:
    """The select item of a column: what does not arrive as itself is cast to what the contract declares."""
    column = f'"{name.replace(chr(34), chr(34) * 2)}"'
    if kind in PLAIN_TYPES:
        return column
    declared = CONTRACTS[table].columns.get(name)
    if kind.startswith("_"):
        return f"{column}::text[] AS {column}"
    if kind in ("json", "jsonb"):
        kept = f"{kind}_typeof({column}) IN ('object', 'array')"
        return f"CASE WHEN {kept} THEN {column}::text ELSE {column} #>> '{{}}' END AS {column}"
    if kind == "money":
        return f"{column}::numeric::double precision AS {column}"
    is_number = kind == "numeric" and declared != pl.String()
    return f"{column}::{'double precision' if is_number else 'text'} AS {column}"


def _number_ids(table: str, types: Mapping[str, str]) -> list[pl.Expr]:
    """Of ids of type ``numeric``, which arrive as text of any length, those that are no whole number."""
    return [
        pl.when(pl.col(name).str.contains(_ODD)).then(pl.col(name)).alias(odd_number(name))
        for name, kind in types.items()
        if kind == "numeric" and CONTRACTS[table].columns.get(name) == pl.String()
    ]
