"""Looks at the tables of a PostgreSQL database: its own catalogue, and a sample of each table.

What belongs here: what is asked of the server, read-only and with a time limit. What does not: the shop's queries
(`resources.sources.postgres`), and what the tables may mean.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from resources.proposal.looking.catalogue import SAMPLE_ROWS, Catalogue, Engine, Kind, Table
from resources.proposal.looking.profile import profiled
from resources.proposal.looking.sql_text import name_sql
from resources.sources import SourceError
from resources.sources.connection_uri import connection_uri, without_secrets

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

__all__ = ["PostgresTables"]

MAX_TABLES, MAX_COLUMNS, TEXT = 500, 200, 20_000
_FEW = 50_000
"""Rows up to which a table is read from its beginning; of a larger one pages are drawn."""
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("numeric", "float4", "float8", "money"), "number"),
    **dict.fromkeys(("timestamp", "timestamptz"), "time"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext"), "text"),
    **dict.fromkeys(("json", "jsonb"), "json"),
    "bool": "bool",
    "date": "date",
    "uuid": "uuid",
}
_TABLES = f"""
SELECT c.oid::text, n.nspname::text, c.relname::text, pg_table_is_visible(c.oid), c.reltuples::float8
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname, c.relname LIMIT {MAX_TABLES + 1}
"""
_COLUMNS = """
SELECT a.attrelid::text, a.attname::text, coalesce(b.typname, t.typname)::text, coalesce(b.typtype, t.typtype)::text
FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_type AS b ON b.oid = nullif(t.typbasetype, 0)
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid IN ({oids})
ORDER BY a.attrelid, a.attnum
"""
_KEYS = """
SELECT i.indrelid::text, i.indisprimary, a.attname::text
FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid IN ({oids}) AND i.indpred IS NULL AND (i.indisprimary OR (i.indisunique AND i.indnkeyatts = 1))
  AND k.place <= i.indnkeyatts
ORDER BY i.indrelid, i.indisprimary DESC, k.place
"""
_REFERENCES = """
SELECT f.conrelid::text, a.attname::text, f.confrelid::text, b.attname::text
FROM pg_constraint AS f
JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
JOIN pg_attribute AS b ON b.attrelid = f.confrelid AND b.attnum = f.confkey[1]
WHERE f.contype = 'f' AND cardinality(f.conkey) = 1 AND f.conrelid IN ({oids})
ORDER BY f.conrelid, f.conname
"""


class PostgresTables:
    """A `Reader` of the database whose URI is in the environment variable ``url_env``.

    Args:
        url_env: Name of the variable.
        schemas: Schemas to look at; all where empty.
    """

    engine: Engine = "postgres"

    def __init__(self, url_env: str, schemas: Sequence[str] = ()) -> None:
        self._url_env = url_env
        self._schemas = tuple(schemas)
        self._connection: Connection | None = None

    def catalogue(self) -> Catalogue:
        """All tables and views that may be read; of partitioned tables the whole.

        Raises:
            SourceError: If the database cannot be reached, or a schema of those named holds no table.
        """
        rows = self._rows(_TABLES)
        found = Catalogue([])
        if len(rows) > MAX_TABLES:
            found.unread.append(f"more than {MAX_TABLES} tables: only the first are looked at; name a schema")
        rows = [row for row in rows[:MAX_TABLES] if not self._schemas or row[1] in self._schemas]
        if missing := [name for name in self._schemas if name not in {row[1] for row in rows}]:
            raise SourceError(self._describe(), f"schema {missing[0]!r} has no table to be read", "Correct --schema.")
        if not rows:
            return found
        oids = ", ".join(str(row[0]) for row in rows)
        columns, keys, references = (self._rows(query.format(oids=oids)) for query in (_COLUMNS, _KEYS, _REFERENCES))
        sources = {str(row[0]): _source(str(row[1]), str(row[2]), bool(row[3])) for row in rows}
        for oid, _, name, _, estimate in rows:
            kinds = {str(c[1]): (_kind(str(c[2]), str(c[3])), str(c[2])) for c in columns if c[0] == oid}
            primary = tuple(str(k[2]) for k in keys if k[0] == oid and k[1])
            unique = frozenset(str(k[2]) for k in keys if k[0] == oid and not k[1])
            leads = {
                str(r[1]): (sources[str(r[2])], str(r[3])) for r in references if r[0] == oid and str(r[2]) in sources
            }
            try:
                sample = self._sample(sources[str(oid)], dict(list(kinds.items())[:MAX_COLUMNS]), float(str(estimate)))
            except SourceError as error:
                found.unread.append(f"{sources[str(oid)]}: {error.what}")
                continue
            number = max(int(float(str(estimate))), sample.height)
            sample, described = profiled(sample, {k: v for k, v in kinds.items() if k in sample.columns})
            found.tables.append(Table(str(name), sources[str(oid)], described, number, sample, primary, unique, leads))
        return found

    def ask(self, sql: str) -> Sequence[tuple[object, ...]]:
        """Rows of a query; none where it fails."""
        try:
            return self._rows(sql)
        except SourceError:
            return []

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _sample(self, source: str, kinds: dict[str, tuple[Kind, str]], estimate: float) -> pl.DataFrame:
        drawn = ""
        if estimate > _FEW:
            drawn = f" TABLESAMPLE SYSTEM ({min(100.0, 100 * 2 * SAMPLE_ROWS / estimate):.6f})"
        items = [_text_of(name, kind) for name, kind in kinds.items()]
        try:
            rows = self._rows(f"SELECT {', '.join(items) or 'NULL'} FROM {source}{drawn} LIMIT {SAMPLE_ROWS}")
        except SourceError:
            if not drawn:
                raise
            rows = self._rows(f"SELECT {', '.join(items)} FROM {source} LIMIT {SAMPLE_ROWS}")
        if not kinds:
            return pl.DataFrame()
        return pl.DataFrame(rows, schema=dict.fromkeys(kinds, pl.String), orient="row")

    def _rows(self, sql: str) -> list[tuple[object, ...]]:
        uri = connection_uri(self._describe(), self._url_env)
        if uri.startswith(("mysql", "mariadb")):
            raise SourceError(
                self._describe(),
                "it is a MySQL database, whose tables are not looked at",
                'Write the shop.toml by hand, with kind = "mysql": docs/connect-your-shop.md.',
            )
        try:
            from adbc_driver_manager import Error
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise SourceError(self._describe(), "no driver", "Install Upshelf's extra 'postgres'.") from error
        try:
            if self._connection is None:
                self._connection = dbapi.connect(uri, autocommit=True)
                with self._connection.cursor() as cursor:
                    cursor.execute("SET default_transaction_read_only = on")
                    cursor.execute("SET statement_timeout = '30s'")
                    cursor.execute("SET TIME ZONE 'UTC'")
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                return [tuple(row) for row in cursor.fetchall()]
        except (Error, OSError) as error:
            # The driver's own error is left out of the chain: it may quote the URI.
            told = without_secrets(str(error), uri)
            raise SourceError(self._describe(), told, f"Check ${self._url_env}.") from None

    def _describe(self) -> str:
        return f"the PostgreSQL database in ${self._url_env}"


def _source(schema: str, name: str, is_visible: bool) -> str:
    return name_sql(name) if is_visible else f"{name_sql(schema)}.{name_sql(name)}"


def _kind(type_: str, sort: str) -> Kind:
    if sort == "e":
        return "text"
    return "list" if type_.startswith("_") else _KINDS.get(type_, "other")


def _text_of(name: str, kind: tuple[Kind, str]) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind[1] == "bytea":
        return "NULL::text"
    value = f"{column}::numeric" if kind[1] == "money" else column
    return f"{value}::text" if kind[0] == "json" else f"left({value}::text, {TEXT})"
