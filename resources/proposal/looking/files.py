"""Looks at files: CSV, JSON lines and Parquet, each group of one name a table.

What belongs here: which files are one table, and their sample. What does not: what the tables may mean.
"""

import glob
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import polars as pl

from resources.proposal.looking.catalogue import SAMPLE_ROWS, Catalogue, Engine, Kind, Table
from resources.proposal.looking.profile import profiled
from resources.sources import SourceError
from resources.sources.file_queries import unguessed
from resources.sources.file_queries.calls import reader_of_file
from resources.storage import is_remote

__all__ = ["FileTables"]

MAX_FILES = 10_000
_PACKED = (".gz", ".zst")
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("STRUCT", "struct"), ("JSON", "json"), ("TIMESTAMP", "time"), ("DATE", "date"), ("BOOLEAN", "bool"),
    ("UUID", "uuid"), ("VARCHAR", "text"), ("ENUM", "text"), ("DOUBLE", "number"), ("FLOAT", "number"),
    ("DECIMAL", "number"), ("TINYINT", "integer"), ("SMALLINT", "integer"), ("INTEGER", "integer"),
    ("BIGINT", "integer"), ("HUGEINT", "integer"), ("UTINYINT", "integer"), ("USMALLINT", "integer"),
    ("UINTEGER", "integer"), ("UBIGINT", "integer"),
)  # fmt: skip


class FileTables:
    """A `Reader` of files: a folder with all below it, or patterns such as ``logs/orders-*.csv``.

    Attributes:
        folder: The folder that all of them are in, which becomes ``{folder}`` in the queries.

    Raises:
        SourceError: If there is no such file, or a name holds what cannot stand in a query.
    """

    engine: Engine = "duckdb"

    def __init__(self, patterns: Sequence[str]) -> None:
        if remote := next(filter(is_remote, patterns), None):
            remedy = "Copy some of each table to a folder for that, then write the bucket as folder into the shop.toml."
            raise SourceError(remote, "only files on this machine are looked at here", remedy)
        files = sorted({Path(file).absolute() for pattern in patterns for file in _matching(pattern)})
        self._files = [file for file in files if reader_of_file(file.name)]
        if not self._files:
            given = ", ".join(patterns)
            raise SourceError(given, "there is no CSV, JSON lines or Parquet file", "Name a folder or a pattern.")
        if len(self._files) > MAX_FILES:
            raise SourceError(", ".join(patterns), f"more than {MAX_FILES:,} files", "Name fewer.")
        if odd := next((file for file in self._files if re.search(r"['{}*?\[\]\n]", str(file))), None):
            raise SourceError(str(odd), "its name holds a sign that cannot stand in a query", "Rename it.")
        parents = [file.parent for file in self._files]
        self.folder = next(
            one for one in (parents[0], *parents[0].parents) if all(one in (p, *p.parents) for p in parents)
        )
        self._views: dict[str, str] = {}
        self._connection = duckdb.connect(
            config={"memory_limit": "1GB", "threads": 2, "autoinstall_known_extensions": False, "TimeZone": "UTC"}
        )

    def catalogue(self) -> Catalogue:
        """A table for each group of files whose names differ by digits alone."""
        found = Catalogue([])
        for number, (pattern, files) in enumerate(self._groups().items()):
            reader = reader_of_file(files[0].name)
            source = f"{reader}('{{folder}}/{pattern}')"
            query = f"SELECT * FROM {source.replace('{folder}', str(self.folder))}"
            try:
                read = unguessed(self._connection, query)
                view = f"f{number}"
                self._connection.execute(f"CREATE TEMP TABLE {view} AS SELECT * FROM ({read}) LIMIT 200000")
                columns = self._connection.execute(f"DESCRIBE {view}").fetchall()
                kinds = {str(row[0]): (_kind(str(row[1])), str(row[1])) for row in columns}
                sample = self._sample(view, kinds)
                (rows,) = self._connection.execute(f"SELECT count(*) FROM {view}").fetchall()[0]
            except (duckdb.Error, pl.exceptions.PolarsError) as error:
                found.unread.append(f"{pattern}: {str(error).splitlines()[0]}")
                continue
            sample, described = profiled(sample, kinds)
            found.tables.append(Table(_stem(pattern), source, described, int(rows), sample))
            self._views[source] = view
        return found

    def ask(self, sql: str) -> Sequence[tuple[object, ...]]:
        """Rows of a query over up to 200,000 rows of each table; none where it fails."""
        for source, view in self._views.items():
            sql = sql.replace(source, view)
        try:
            return list(self._connection.execute(sql).fetchall())
        except duckdb.Error:
            return []

    def close(self) -> None:
        """Let go of the samples."""
        self._connection.close()

    def _groups(self) -> dict[str, list[Path]]:
        """Pattern below the folder → its files, in order of their names."""
        groups: dict[str, list[Path]] = {}
        for file in self._files:
            relative = file.relative_to(self.folder)
            pattern = re.sub(r"\d[\d_\-T.]*(?=\D|$)", "*", str(relative.with_name(_stem(relative.name))))
            groups.setdefault(pattern + relative.name.removeprefix(_stem(relative.name)), []).append(file)
        return {
            (pattern if len(files) > 1 else str(files[0].relative_to(self.folder))): files
            for pattern, files in groups.items()
        }

    def _sample(self, view: str, kinds: dict[str, tuple[Kind, str]]) -> pl.DataFrame:
        items = []
        for name, (kind, type_) in kinds.items():
            column = '"' + name.replace('"', '""') + '"'
            value = f"to_json({column})" if kind == "struct" else "NULL" if type_ == "BLOB" else column
            items.append(f"CAST({value} AS VARCHAR) AS {column}")
        table = self._connection.sql(f"SELECT {', '.join(items)} FROM {view} LIMIT {SAMPLE_ROWS}").to_arrow_table()
        return pl.DataFrame(pl.from_arrow(table))


def _matching(pattern: str) -> Iterable[str]:
    path = Path(pattern)
    if path.is_dir():
        return [str(file) for file in path.rglob("*") if file.is_file()]
    return glob.glob(pattern, recursive=True)


def _stem(name: str) -> str:
    """A file's name without its ending, and that of its packing."""
    return Path(next((name.removesuffix(end) for end in _PACKED if name.endswith(end)), name)).stem


def _kind(type_: str) -> Kind:
    if type_.endswith("[]"):
        return "list"
    return next((kind for beginning, kind in _KINDS if type_.startswith(beginning)), "other")
