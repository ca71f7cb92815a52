"""The lake: Delta tables with one partition a day, read as explicit file lists of one version.

What belongs here: atomic writes and the listing of files. What does not: transforms (`resources.engine`).
Every table has a text column ``day`` (``YYYY-MM-DD``), its partition column. A write is one Delta commit, so a
killed writer leaves the table as it was; a reader names the version that it read.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from resources.lake.conflicts import again_on_conflict
from resources.lake.table_files import TableFiles
from resources.lake.widening import widen
from resources.storage import REMEDY, StorageError, concise, is_remote, present_sizes
from resources.tables import TABLES

__all__ = ["MIN_UNUSED_DAYS", "UNDATED", "Lake"]

MIN_UNUSED_DAYS = 7
"""Days that Delta keeps a file that no newer version needs, so that no reader or writer of it is cut off."""

_ORPHAN_HOURS = 1
_LOG_KEPT = "delta.logRetentionDuration"

UNDATED = "undated"
"""Partition of rows whose time is missing or unreadable (quarantine tables only)."""


class Lake:
    """Delta tables below one root."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def uri(self, table: str) -> str:
        """Address of ``table``."""
        return f"{self._url}/{table}"

    def replace_partition(
        self,
        table: str,
        frame: pl.DataFrame,
        first: str,
        last: str,
        *,
        undated: bool = False,
        campaign: str | None = None,
    ) -> int:
        """Replace the days ``first`` to ``last`` (inclusive) of ``table`` by ``frame``, in one commit.

        Days of the range without a row become empty. With ``undated`` the partition of undated rows is replaced too.
        With ``campaign``, an id of the shop, only its rows are replaced; then all of ``frame`` are of it.

        Returns:
            The version written.

        Raises:
            ValueError: If a row of ``frame`` lies outside the days being replaced.
        """
        inside = pl.col("day").is_between(pl.lit(first), pl.lit(last))
        outside = frame.filter(~(inside | (pl.col("day") == UNDATED) if undated else inside))
        if outside.height:
            raise ValueError(
                f"{table}: {outside.height} rows lie outside the days {first} to {last} that are being replaced "
                f"(the first has day {outside['day'][0]!r}). Filter the frame to those days."
            )
        predicate = f"day >= '{first}' AND day <= '{last}'" + (f" OR day = '{UNDATED}'" if undated else "")
        return again_on_conflict(lambda: self._overwrite(table, frame, predicate, campaign))

    def _overwrite(self, table: str, frame: pl.DataFrame, predicate: str, campaign: str | None) -> int:
        present = self._present(table, frame)
        if present is None:
            return self._create(table, frame)
        # Rows of a table that has never told campaigns apart are of none that there is now.
        if campaign is not None and any(column.name == "campaign" for column in present.schema().fields):
            predicate = f"({predicate}) AND campaign = '{campaign}'"
        write_deltalake(
            present, frame, mode="overwrite", predicate=predicate, partition_by=["day"], schema_mode="merge"
        )
        return int(present.version())

    def _create(self, table: str, frame: pl.DataFrame) -> int:
        """Make ``table`` of ``frame``; returns its first version.

        Raises:
            CommitFailedError: If another writer has made it meanwhile.
        """
        try:
            write_deltalake(self.uri(table), frame, partition_by=["day"], mode="error")
        except DeltaError as error:
            if DeltaTable.is_deltatable(self.uri(table)):
                raise CommitFailedError(f"another writer has made the table {table} meanwhile") from error
            raise
        return 0

    def merge(self, table: str, frame: pl.DataFrame, key: Sequence[str], *, update: bool = True) -> int:
        """Insert the rows of ``frame`` whose ``key`` is new, and with ``update`` overwrite those that exist.

        Returns:
            The version written, or the present one where there was nothing to write.
        """
        return again_on_conflict(lambda: self._merge(table, frame, key, update=update))

    def _merge(self, table: str, frame: pl.DataFrame, key: Sequence[str], *, update: bool) -> int:
        present = self._present(table, frame)
        if present is None:
            return self._create(table, frame)
        if frame.is_empty():
            return int(present.version())
        on = " AND ".join(f"s.{column} = t.{column}" for column in key)
        merger = present.merge(frame, predicate=on, source_alias="s", target_alias="t", merge_schema=True)
        merger = merger.when_not_matched_insert_all()
        (merger.when_matched_update_all() if update else merger).execute()
        return int(present.version())

    def files(self, table: str, first: str | None = None, last: str | None = None) -> TableFiles:
        """Files of ``table`` whose day lies in ``first`` to ``last`` (inclusive; none: without that bound).

        Raises:
            KeyError: If ``table`` is not declared in `resources.tables`.
        """
        try:
            delta = self._open(table)
        except TableNotFoundError:
            return TableFiles((), None, TABLES[table])
        return self._files_of(table, delta, first, last)

    def _files_at(
        self, table: str, version: int | None, first: str | None = None, last: str | None = None
    ) -> TableFiles:
        """Files of the newest version of ``table``, or of ``version``, which is there."""
        if version is None:
            return self.files(table, first, last)
        return self._files_of(table, DeltaTable(self.uri(table), version=version), first, last)

    def _files_of(self, table: str, delta: DeltaTable, first: str | None = None, last: str | None = None) -> TableFiles:
        """Files of the version of ``table`` that ``delta`` is at."""
        bounds = [f"day >= '{first}'"] * (first is not None) + [f"day <= '{last}'"] * (last is not None)
        uris = delta.file_uris(file_pruning_predicate=" AND ".join(bounds) or None)
        if not is_remote(self._url):
            # delta-rs quotes folder names as in a URL; DuckDB and Polars take a local path as it stands.
            uris = [unquote(uri) for uri in uris]
        return TableFiles(tuple(sorted(uris)), int(delta.version()), TABLES[table])

    def read(
        self, table: str, first: str | None = None, last: str | None = None, *, columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Rows of ``table`` in the days ``first`` to ``last``, with ``columns`` (default: all declared); maybe none."""
        return self.files(table, first, last).scan(columns).collect()

    def head(self, table: str, first: str | None, last: str | None, rows: int) -> pl.DataFrame:
        """At most ``rows`` rows of the days ``first`` to ``last``, whichever come first; no more are read."""
        return self.files(table, first, last).scan().head(rows).collect()

    def newest(self, table: str, first: str | None, last: str | None, by: str, rows: int) -> pl.DataFrame:
        """At most ``rows`` rows of the days ``first`` to ``last``, largest ``by`` first and null last."""
        newest = self.files(table, first, last).scan().sort(by, descending=True, nulls_last=True).head(rows)
        return newest.collect(engine="streaming")

    def having(self, table: str, keys: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
        """The rows of the days ``first`` to ``last`` that have one of ``keys`` (its columns): those and ``day``."""
        rows = self.files(table, first, last).scan([*keys.columns, "day"])
        return rows.join(keys.lazy(), on=keys.columns, how="semi").collect(engine="streaming")

    def count(
        self, table: str, first: str | None = None, last: str | None = None, *, version: int | None = None
    ) -> int:
        """How many rows ``table`` has in the days ``first`` to ``last``; only the files' footers are read."""
        return int(self._files_at(table, version, first, last).scan().select(pl.len()).collect().item())

    def unused_files(
        self, table: str, days: int, versions: Collection[int] = (), *, delete: bool = False
    ) -> dict[str, int]:
        """Files below ``table`` that its newest version and ``versions`` do not need → bytes; ``delete`` deletes them.

        Only those that went out of use, or were left by a killed writer, more than ``days`` days ago (Delta's full
        vacuum). Other versions can no longer be read afterwards. A table that does not exist has no files.

        Raises:
            ValueError: If ``days`` is below `MIN_UNUSED_DAYS`, or one of ``versions`` cannot be read.
        """
        if days < MIN_UNUSED_DAYS:
            raise ValueError(f"files unused for {days} days may still be read: keep at least {MIN_UNUSED_DAYS} days.")
        try:
            delta = self._open(table)
        except TableNotFoundError:
            return {}
        keep = sorted(version for version in versions if version <= delta.version())
        try:
            found = delta.vacuum(24 * days, dry_run=True, full=True, keep_versions=keep or None)
            # Delta also names what an earlier vacuum has deleted.
            there = self._present_files(table, found)
            if delete and there:  # a vacuum of nothing would still write two versions
                delta.vacuum(24 * days, dry_run=False, full=True, keep_versions=keep or None)
        except DeltaError as error:
            raise ValueError(f"the files of {table} that versions {keep} need cannot be told: {error}") from error
        return there

    def scan(self, table: str, columns: Sequence[str], version: int | None = None) -> pl.LazyFrame:
        """The ``columns`` of all rows of ``table``, read when the frame is collected; without a table, no rows.

        Of an earlier ``version`` (default: the newest), which `version_at` says can be read.
        """
        return self._files_at(table, version).scan(columns)

    def version_at(self, table: str, at: int | datetime) -> int:
        """The version numbered ``at``, or the newest one that there was at that time, if all its files are there.

        Raises:
            ValueError: If there is no such version, or it cannot be read any more.
        """
        try:
            delta = self._open(table)
            newest, history = int(delta.version()), delta.history()
            begun = _instant(history[-1])
            if (at < 0 or at > newest) if isinstance(at, int) else at < begun:
                raise ValueError(f"{table} has no version {at}: the newest is {newest}, the first of {begun:%Y-%m-%d}.")
            # Its own record of when it was written: that of a bucket is of whole seconds, and of a copy its own.
            of = at if isinstance(at, int) else next(int(one["version"]) for one in history if _instant(one) <= at)
            delta.load_as_version(of)
            files = self._files_of(table, delta)
        except (DeltaError, TableNotFoundError) as error:
            raise ValueError(f"{table} cannot be read as of {at}: {error}") from error
        if gone := set(files.uris) - set(present_sizes(files.uris, self.uri(table))):
            raise ValueError(
                f"{table} cannot be read as of {at}: {len(gone)} of its {len(files.uris)} files were deleted, by "
                "`upshelf retention` or `upshelf forget`. Name a newer version."
            )
        return int(delta.version())

    def restore(self, table: str, version: int) -> int:
        """Make ``table`` what it was in ``version``, in one commit; returns the version written."""
        delta = self._open(table)
        delta.restore(version)
        return int(self._open(table).version())

    def delete_rows(self, table: str, predicate: str) -> int:
        """Delete the rows that an SQL ``predicate`` is true of, in one commit; returns how many. No table has none."""
        if self.files(table).version is None:
            return 0
        return again_on_conflict(lambda: int(self._open(table).delete(predicate)["num_deleted_rows"]))

    def purge(self, table: str) -> list[str]:
        """Delete every file that the newest version does not need, and the log of the versions before.

        No other version can be read afterwards, and whoever reads one is cut off: nothing may use the table meanwhile.
        A file that no version names is left if it is younger than an hour, as it may be of a writer at work.

        Returns:
            The files left.
        """
        if self.files(table).version is None:
            return []
        delta = self._open(table)
        delta.vacuum(0, dry_run=False, enforce_retention_duration=False)
        delta.vacuum(_ORPHAN_HOURS, dry_run=False, enforce_retention_duration=False, full=True)
        # The log names smallest and largest values of each file, and what was deleted.
        self._open(table).alter.set_table_properties({_LOG_KEPT: "interval 0 seconds"})
        try:
            delta = self._open(table)
            delta.create_checkpoint()
            delta.cleanup_metadata()
        finally:
            self._open(table).alter.set_table_properties({_LOG_KEPT: "interval 30 days"})
        left = self._open(table).vacuum(0, enforce_retention_duration=False, full=True)
        # Delta also names what an earlier vacuum has deleted.
        return [file.removeprefix(f"{self.uri(table)}/") for file in self._present_files(table, left)]

    def _present_files(self, table: str, named: Sequence[str]) -> dict[str, int]:
        """Those of the files that Delta names below ``table`` that are there: address → bytes."""
        return present_sizes([f"{self.uri(table)}/{unquote(file)}" for file in named], self.uri(table))

    def _present(self, table: str, frame: pl.DataFrame) -> DeltaTable | None:
        """``table``, such that ``frame`` can be written to it as it is; none where there is no table yet."""
        try:
            delta = self._open(table)
        except TableNotFoundError:
            return None
        return delta if widen(delta, frame.schema) == delta.version() else self._open(table)

    def _open(self, table: str) -> DeltaTable:
        try:
            return DeltaTable(self.uri(table))
        except OSError as error:
            if not is_remote(self._url):
                raise
            raise StorageError(f"{self.uri(table)} cannot be read: {concise(error)}. {REMEDY}") from None


def _instant(commit: Mapping[str, Any]) -> datetime:
    """When a version was written (UTC)."""
    return datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
