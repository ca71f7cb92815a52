"""The files of one table at one version: those of some days, and their rows.

What belongs here: reading files, also those that an earlier version of Upshelf wrote. What does not: which files there
are (`resources.lake.delta_lake`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

__all__ = ["TableFiles"]


@dataclass(frozen=True, slots=True)
class TableFiles:
    """Files of one table at one version; no version where the table does not exist yet."""

    uris: tuple[str, ...]
    version: int | None
    schema: Mapping[str, pl.DataType]
    """Columns to read, ``day`` among them; what the table looks like where there is no file."""

    def between(self, first: str, last: str) -> "TableFiles":
        """Those of the days ``first`` to ``last``, both inclusive."""
        return replace(self, uris=tuple(uri for uri in self.uris if first <= _day(uri) <= last))

    def days(self) -> set[str]:
        """Partitions that have a file, that of undated rows among them."""
        return {_day(uri) for uri in self.uris}

    def scan(self, columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """The ``columns`` (default: all declared) of all files; without a file, no rows."""
        read = columns or list(self.schema)
        if not self.uris:
            return pl.LazyFrame(schema={column: self.schema[column] for column in read})
        frame = pl.scan_parquet(
            list(self.uris),
            hive_partitioning=True,
            hive_schema={"day": pl.String},
            # Files of an earlier version of Upshelf lack the columns that came later.
            schema=dict(self.schema),
            missing_columns="insert",
            extra_columns="ignore",
            # Theirs may also be whole numbers where fractions came later.
            cast_options=pl.ScanCastOptions(integer_cast="allow-float"),
        )
        return frame.select(read)


def _day(uri: str) -> str:
    return uri.rpartition("/day=")[2].partition("/")[0]
