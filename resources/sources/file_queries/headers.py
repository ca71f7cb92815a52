"""What columns each of many files has, told without reading its rows."""

import zlib
from collections.abc import Hashable, Mapping, Sequence

import duckdb

from resources.sources.file_queries.calls import CSV_READERS, PARQUET_READERS, quoted
from resources.storage import beginning

__all__ = ["headers"]

_FIRST_LINE = 100_000
"""Bytes of a CSV file within which its first line ends."""
_GZIP = 31
"""What zlib calls that format."""


def headers(connection: duckdb.DuckDBPyConnection, reader: str, files: Sequence[str]) -> Mapping[str, Hashable]:
    """File → its header, equal where files have the same columns; files that cannot be opened have one of their own.

    Of CSV the first line as it stands, of Parquet names and types. Other files have none.
    """
    if reader in CSV_READERS:
        return {file: _first_line(file) for file in files}
    return {file: _schema(connection, file) for file in files} if reader in PARQUET_READERS else {}


def _first_line(file: str) -> Hashable:
    try:
        start = beginning(file, _FIRST_LINE)
        if file.lower().endswith(".gz"):
            start = zlib.decompressobj(_GZIP).decompress(start, _FIRST_LINE)
        return start.partition(b"\n")[0].rstrip()
    except (OSError, zlib.error):
        return file, "unopened"


def _schema(connection: duckdb.DuckDBPyConnection, file: str) -> Hashable:
    try:
        return tuple(connection.sql(f"SELECT name, type FROM parquet_schema({quoted(file)})").fetchall())
    except duckdb.Error:
        return file, "unopened"
