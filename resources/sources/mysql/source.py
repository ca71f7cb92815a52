"""MySQL and MariaDB as a source: one query in their dialect for each canonical table, streamed through PyMySQL.

What belongs here: the window and the errors. What does not: types (`resources.sources.mysql.columns`), times
(`resources.sources.mysql.moments`), the shop's queries, which are in ``shop.toml``, and the connection URI, which is in
the environment alone and in no message.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from resources.contracts import CONTRACTS
from resources.contracts.times import as_read, out_of_range
from resources.shop import MySQLSource, Shop
from resources.sources.connection_uri import connection_uri, without_secrets
from resources.sources.declared_queries import declared_query, no_time_column
from resources.sources.left_out import LeftOut
from resources.sources.mysql.columns import Column, frame_of
from resources.sources.mysql.connection import UnusableURIError, begun, may_pass, said
from resources.sources.mysql.moments import instant, instant_of, possible
from resources.sources.query_window import BEGINNING, END, fill_window, midnight
from resources.sources.source_error import SourceError
from resources.sources.user_attributes import with_packed_attributes

if TYPE_CHECKING:
    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

__all__ = ["MySQL"]

BATCH_ROWS = 20_000
_UTC = pl.Datetime("us", "UTC")


class MySQL:
    """A `Source` of one MySQL or MariaDB database, read in one read-only transaction for each call.

    The server streams; a query may itself name ``{start}`` and ``{end}``, two ``DATETIME`` values in UTC, to use an
    index. Times without a zone are UTC.
    """

    def __init__(self, shop: Shop, source: MySQLSource) -> None:
        self._shop = shop
        self._url_env = source.url_env

    def read(self, table: str, start: datetime | None, end: datetime) -> Iterator[pl.DataFrame]:
        """Yield the rows of ``table`` in the window as frames of at most 20,000 rows (see `Source.read`).

        Raises:
            SourceError: If the shop has no such table, the database cannot be reached, or the query fails.
        """
        query = fill_window(declared_query(self._shop, table), start, end, instant)
        time = CONTRACTS[table].time
        with self._connected(table) as connection:
            columns, moment = self._columns(connection, table, query)
            at = possible(moment, self._shop.tables[table].future_days)
            selected = [column.selected for column in columns if column.name != time]
            selected.append(f"CAST({at} AS DATETIME(6)) AS `{time}`")
            selected.append(f"CASE WHEN {at} IS NULL THEN CAST(`{time}` AS CHAR) END AS `{as_read(time)}`")
            selected.append(f"({moment}) IS NOT NULL AND ({at}) IS NULL AS `{out_of_range(time)}`")
            within = f"({at}) >= {instant(start or BEGINNING)} AND ({at}) < {instant(end)}"
            windowed = f"SELECT {', '.join(selected)} FROM ({query}) AS q WHERE ({within}) OR ({at}) IS NULL"
            for described, rows in _streamed(connection, windowed):
                # Of what was cast on the way the query's own type counts.
                own = {column.name: column for column in columns if column.name != time}
                frame = frame_of(table, [own.get(column.name, column) for column in described], rows).with_columns(
                    pl.col(time).dt.replace_time_zone("UTC").cast(_UTC), pl.col(out_of_range(time)).cast(pl.Boolean)
                )
                yield with_packed_attributes(table, frame, self._shop.user_attributes, self.describe(table))

    def describe(self, table: str) -> str:
        """The shop, the table and the name of the variable that holds the URI."""
        return f"shop '{self._shop.name}', query of '{table}' on the MySQL database in ${self._url_env}"

    def left_out(self, table: str) -> LeftOut:
        """Nothing: a table is read whole, or not at all."""
        return LeftOut()

    def last_day_with_rows(self, table: str) -> datetime | None:
        """Midnight (UTC) of the newest day that has rows of ``table``.

        Raises:
            SourceError: As `read` does.
        """
        query = fill_window(declared_query(self._shop, table), None, END, instant)
        with self._connected(table) as connection:
            _, moment = self._columns(connection, table, query)
            at = possible(moment, self._shop.tables[table].future_days)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT MAX({at}) FROM ({query}) AS q")
                row = cursor.fetchone()
        newest: str | None = row[0] if row else None
        return None if newest is None else midnight(datetime.fromisoformat(newest).replace(tzinfo=UTC))

    def _columns(self, connection: "Connection", table: str, query: str) -> tuple[list[Column], str]:
        """The query's columns, and the instant of a row as SQL.

        Raises:
            SourceError: If the time column is missing, or is of a type that is no time.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({query}) AS q LIMIT 0")
            columns = _described(cursor)
        time = CONTRACTS[table].time
        found = next((column for column in columns if column.name == time), None)
        if found is None:
            raise no_time_column(self.describe(table), time, [column.name for column in columns])
        is_mariadb = "mariadb" in connection.get_server_info().lower()
        moment = instant_of(found, self._shop.tables[table].time_format, is_mariadb=is_mariadb)
        if moment is None:
            raise SourceError(
                self.describe(table),
                f"its column '{time}' is {found.type_name}, which is no time",
                f"Make it one in the query: FROM_UNIXTIME({time}) of seconds since 1970, FROM_UNIXTIME({time} / 1000) "
                "of milliseconds.",
            )
        return columns, moment

    @contextmanager
    def _connected(self, table: str) -> Iterator["Connection"]:
        """A read-only UTC transaction; errors of the driver become `SourceError`, without secrets."""
        uri = connection_uri(self.describe(table), self._url_env)
        try:
            from pymysql import MySQLError
        except ImportError as error:
            raise SourceError(self.describe(table), "no driver", "Install Upshelf's extra 'mysql'.") from error
        try:
            connection = begun(uri)
            try:
                yield connection
            finally:
                connection.close()
        except (MySQLError, OSError, UnusableURIError, pl.exceptions.PolarsError) as error:
            # The driver's own error is left out of the chain: it may quote the URI.
            raise SourceError(
                self.describe(table),
                without_secrets(said(error), uri),
                f"Check ${self._url_env} if the database cannot be reached, else the table's query in shop.toml.",
                may_pass=may_pass(error),
            ) from None


def _streamed(connection: "Connection", query: str) -> Iterator[tuple[list[Column], list[Any]]]:
    """The result's columns with at most `BATCH_ROWS` of its rows, as the server sends them."""
    from pymysql.cursors import SSCursor

    cursor = connection.cursor(SSCursor)
    try:
        cursor.execute(query)
        columns = _described(cursor)
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield columns, list(rows)
    finally:
        if cursor._result is not None:  # else the driver reads to the end what nobody has asked for
            cursor._result.unbuffered_active = False


def _described(cursor: "Cursor") -> list[Column]:
    """The columns of a cursor's result; the driver's public description lacks flags and character sets."""
    return [Column(field.name, field.type_code, field.flags, field.charsetnr) for field in cursor._result.fields]
