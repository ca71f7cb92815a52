"""The files of one reader in a query, and which of them it reads.

Columns are matched by their names in every file, so that a column that moved, came later or has a wider type in one of
them is read as what it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import duckdb

from resources.sources.file_queries.calls import (
    CSV_READERS,
    JSON_READERS,
    PARQUET_READERS,
    Node,
    argument_name,
    arguments_of,
    as_call,
    columns_of,
    quoted,
    reader,
)
from resources.sources.file_queries.headers import headers
from resources.storage import in_bucket, is_remote

__all__ = ["Reader"]

_OWN_COLUMNS = ("columns", "names", "column_names", "schema", "auto_detect", "maximum_sample_files")
"""Arguments of a reader that already say how columns of several files go together."""
_JSON_AT_ONCE = 8
"""JSON files that are looked at together: DuckDB holds 32 MB for each, and for up to 32 files at once."""
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "UBIGINT")


class Reader:
    """One call of a reader in a query, in whose place changed calls are put."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, node: Node, call: Node, files: list[str]) -> None:
        self._connection, self._node, self.call, self.files = connection, node, call, files
        self.is_json = reader(call) in JSON_READERS and not self._declares(*_OWN_COLUMNS)
        if reader(call) in (*CSV_READERS, *PARQUET_READERS) and not self._declares("union_by_name", *_OWN_COLUMNS):
            self._tell("union_by_name = true")

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, node: Node) -> "Reader | None":
        """The reader of ``node``; none where its files are not told as texts, are on the web, or one."""
        call = deepcopy(as_call(connection, node))
        patterns = list(_texts(call["function"]["arguments"][:1]))
        if not patterns or any(is_remote(one) and not in_bucket(one) for one in patterns):
            return None
        found = [
            str(row[0])
            for pattern in patterns
            for row in connection.execute("SELECT file FROM glob(?) ORDER BY file", [pattern]).fetchall()
        ]
        return cls(connection, node, call, list(dict.fromkeys(found))) if len(found) > 1 else None

    def _declares(self, *names: str) -> bool:
        """Whether one of the named arguments is given."""
        return not {argument_name(one) for one in self.call["function"]["arguments"]}.isdisjoint(names)

    def _tell(self, argument: str) -> None:
        """Add a named argument."""
        self.call["function"]["arguments"] += arguments_of(self._connection, argument)
        self._put()

    def keep(self, files: list[str]) -> None:
        """Read these files alone."""
        self.files = files
        self.call["function"]["arguments"][0] = self._list(files)
        self._put()

    @contextmanager
    def reading(self, files: list[str]) -> Iterator[None]:
        """For the time of a ``with``, read these files alone."""
        before, argument = self.files, self.call["function"]["arguments"][0]
        self.keep(files)
        try:
            yield
        finally:
            self.files, self.call["function"]["arguments"][0] = before, argument
            self._put()

    def columns(self, files: list[str]) -> list[tuple[str, str]]:
        """Names and types of the columns of ``files``."""
        only = deepcopy(self.call)
        arguments = only["function"]["arguments"]
        arguments[0] = self._list(files)
        if self.is_json:
            arguments[:] = [one for one in arguments if argument_name(one) != "union_by_name"]
        return columns_of(self._connection, only)

    def has_foreign_columns(self) -> bool:
        """Whether a CSV file is taken for one of other columns than its first line has, as by a line that is broken."""
        if reader(self.call) not in CSV_READERS or self._declares(*_OWN_COLUMNS):
            return False
        first = {header: file for file, header in headers(self._connection, "read_csv", self.files).items()}
        expected = {name for file in first.values() for name, _ in self.columns([file])}
        return any(name not in expected for name, _ in self.columns(self.files))

    def merge_columns(self) -> None:
        """Tell a reader of JSON the columns of all its files.

        Raises:
            duckdb.Error: If one of them cannot be opened.
        """
        kinds: dict[str, str] = {}
        for start in range(0, len(self.files), _JSON_AT_ONCE):
            for name, kind in self.columns(self.files[start : start + _JSON_AT_ONCE]):
                kinds[name] = _wider(kinds.get(name, kind), kind)
        arguments = self.call["function"]["arguments"]
        arguments[:] = [one for one in arguments if argument_name(one) != "union_by_name"]
        self._tell(f"columns = {{{', '.join(f'{quoted(name)}: {quoted(kind)}' for name, kind in kinds.items())}}}")

    def _list(self, files: Sequence[str]) -> Node:
        return arguments_of(self._connection, f"[{', '.join(map(quoted, files))}]")[0]

    def _put(self) -> None:
        self._node.clear()
        self._node.update(self.call)


def _texts(arguments: Sequence[Node]) -> Iterator[str]:
    """The text, or list of texts, that is the first argument of a reader."""
    for argument in arguments:
        expression = argument["expression"]
        literal = expression.get("literal") or {}
        if expression["type"] == "VALUE_CONSTANT" and literal.get("kind") == "STRING":
            yield str(literal["text"])
        elif expression.get("function_name") == "list_value":
            inner = [list(_texts([one])) for one in expression["arguments"]]
            if all(inner):
                yield from (text for one in inner for text in one)


def _wider(one: str, other: str) -> str:
    """A type of JSON values that holds those of both."""
    if one == other:
        return one
    if {one, other} <= set(_NUMBERS):
        return "DOUBLE"
    texts = ("VARCHAR", "DATE", "TIMESTAMP", "TIME", "UUID")
    return "VARCHAR" if one in texts and other in texts else "JSON"
