"""A query over many files of which one cannot be read, or is unlike the others: it is left out, the others are read.

What belongs here: which files of a query are to blame. What does not: the calls of readers in it
(`resources.sources.file_queries.readers`), and why a file cannot be read, in words
(`resources.sources.file_queries.reasons`).
"""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from resources.sources.file_queries.calls import put_together, reader, reader_calls, taken_apart
from resources.sources.file_queries.headers import headers
from resources.sources.file_queries.readers import Reader
from resources.sources.file_queries.reasons import lacks, reason

__all__ = ["FileQuery"]


class FileQuery:
    """A query whose files can be left out one by one.

    Attributes:
        left_out: File → why it is not read.
        lacking: Columns that earlier files have and the newest lack → one of those that lack it.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, query: str, needed: Sequence[str], known: Mapping[str, str]
    ) -> None:
        """Take the query apart.

        Args:
            connection: Where it will run.
            query: As the shop has it.
            needed: Columns that it must yield; a file from which it yields fewer is left out.
            known: Files that cannot be read, with the reason; they are left out from the start.
        """
        self._connection, self._plain, self._needed = connection, query, tuple(needed)
        self.left_out: dict[str, str] = {}
        self.lacking: dict[str, str] = {}
        self._readers: list[Reader] = []
        self._tree = taken_apart(connection, query)
        for node in list(reader_calls(self._tree)):
            if found := Reader.of(connection, node):
                self._readers.append(found)
                self._leave_out(found, {file: known[file] for file in found.files if file in known})

    @property
    def query(self) -> str:
        """The query over the files that are left."""
        if self._tree is None or not self._readers:
            return self._plain
        return put_together(self._connection, self._tree)

    def settle(self) -> None:
        """Leave out files whose columns do not do for the query, or that cannot even be opened."""
        for of in self._readers:
            self._compare(of)
            if of.is_json:
                self._merge_columns(of)
        try:
            self._described(self.query)
            if any(of.has_foreign_columns() for of in self._readers):
                self.blame(None, whole=False)
        except duckdb.Error as error:
            self.blame(error, whole=False)

    def blame(self, error: Exception | None, *, whole: bool = True) -> bool:
        """Leave out the files by which the query fails; whether there are any, and others that do not.

        Args:
            error: What it failed with, if it did; files that it names are looked at first.
            whole: Read every row of a file; without it only its columns are looked at.
        """
        if isinstance(error, duckdb.InterruptException) or "Out of Memory" in str(error):
            return False
        found = False
        for of in self._readers:
            named = [file for file in of.files if file in str(error)]
            bad = self._failing(of, named, whole) or self._failing(of, [f for f in of.files if f not in named], whole)
            if bad and len(bad) < len(of.files):
                self._leave_out(of, bad)
                found = True
        return found

    def _failing(self, of: Reader, files: Sequence[str], whole: bool) -> dict[str, str]:
        """Those of ``files`` with which alone the query fails → why."""
        failing = {}
        for file in files:
            try:
                if why := lacks(file, self._alone(of, file, whole=whole), self._needed):
                    failing[file] = why
            except (duckdb.Error, OSError, pa.ArrowException) as error:  # out of a stream too
                failing[file] = reason(file, error)
        return failing

    def _compare(self, of: Reader) -> None:
        """Leave out the files of whose columns the query cannot be made, while it can be made of others'."""
        groups: dict[object, list[str]] = {}
        for file, header in headers(self._connection, reader(of.call), of.files).items():
            groups.setdefault(header, []).append(file)
        if len(groups) < 2:
            return
        bad: dict[str, str] = {}
        yielded: dict[str, list[str]] = {}
        for files in groups.values():
            try:
                columns = self._alone(of, files[0], whole=False)
                why = lacks(files[0], columns, self._needed)
            except duckdb.Error as error:
                why = reason(files[0], error)
            if why:
                bad |= dict.fromkeys(files, why)
            else:
                yielded |= dict.fromkeys(files, columns)
        if not yielded:
            return
        self._leave_out(of, bad)
        newest = of.files[-1]
        every = dict.fromkeys(column for columns in yielded.values() for column in columns)
        self.lacking |= {column: newest for column in every if column not in yielded[newest]}

    def _merge_columns(self, of: Reader) -> None:
        """Tell a reader of JSON the columns of all its files, of which DuckDB itself would look at some."""
        try:
            of.merge_columns()
            return
        except duckdb.Error:
            bad = {file: why for file in of.files if (why := _unopened(of, file))}
        if len(bad) < len(of.files):
            self._leave_out(of, bad)
            of.merge_columns()

    def _alone(self, of: Reader, file: str, *, whole: bool) -> list[str]:
        """The columns that the query yields with ``file`` as the only one of its reader.

        Raises:
            duckdb.Error: If it cannot be made of it.
        """
        with of.reading([file]):
            query = put_together(self._connection, self._tree or {})
        columns = self._described(query)
        if whole:
            for _ in self._connection.sql(query).to_arrow_reader(50_000):
                pass
        return columns

    def _described(self, query: str) -> list[str]:
        return [str(row[0]) for row in self._connection.sql(f"DESCRIBE {query}").project("column_name").fetchall()]

    def _leave_out(self, of: Reader, bad: Mapping[str, str]) -> None:
        """Not without a file that is left: then the query fails as it is, and says why."""
        if bad and len(bad) < len(of.files):
            self.left_out |= bad
            of.keep([file for file in of.files if file not in bad])


def _unopened(of: Reader, file: str) -> str:
    """Why a file cannot be opened; nothing where it can."""
    try:
        of.columns([file])
    except duckdb.Error as error:
        return reason(file, error)
    return ""
