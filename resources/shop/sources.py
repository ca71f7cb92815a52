"""Where a shop's logs are, and how each canonical table is read: ``[source]``, ``[tables]``, ``[user_attributes]``."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from resources.contracts.times import TimeFormat
from resources.shop.bounds import Positive, Share

__all__ = [
    "SHRINK_LIMIT",
    "Attributes",
    "FilesSource",
    "MySQLSource",
    "PostgresSource",
    "SimulatedSource",
    "TableQuery",
]

SHRINK_LIMIT = 0.5


class SimulatedSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="simulated", tag_field="kind"):
    """The embedded generative shop (`resources.sources.simulated`); deterministic by ``seed``."""

    seed: int = 7
    """Another seed makes another shop."""
    products: Annotated[int, Meta(ge=50, le=1_000_000)] = 2_000
    """Products on the last day."""
    users: Annotated[int, Meta(ge=100, le=10_000_000)] = 20_000
    """Users who are known by the last day."""
    days: Annotated[int, Meta(ge=2, le=3_650)] = 30
    """Days from `first_day` on."""
    events_per_day: Positive = 15_000
    """Expected number of shopper events a day."""


class FilesSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="files", tag_field="kind"):
    """Parquet, CSV or JSONL files, in a folder or in a bucket; queries are in the DuckDB dialect."""

    folder: str = "{data}"
    """Replaces ``{folder}`` in the queries; may itself use ``{data}``, or be of ``s3://``, ``gs://`` or ``az://``."""


class PostgresSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="postgres", tag_field="kind"):
    """A PostgreSQL database read through ADBC; queries are in its own dialect."""

    url_env: str = "UPSHELF_SOURCE_URL"
    """Name of the environment variable that holds the connection URI: the secret itself never stands in the file."""


class MySQLSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="mysql", tag_field="kind"):
    """A MySQL or MariaDB database read through PyMySQL; queries are in its own dialect."""

    url_env: str = "UPSHELF_SOURCE_URL"
    """Name of the environment variable that holds the URI ``mysql://user:password@host:3306/database``."""


class TableQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One canonical table: the query that yields its columns, in the source's dialect."""

    query: str
    """Yields the columns of the table, in the source's dialect."""
    quarantine_limit: Share | None = None
    """Share of rows that may break the contract before downstream assets are blocked (default: the shop's)."""
    shrink_limit: Share = SHRINK_LIMIT
    """Share of a day's rows that may be gone when the day is read again; a day that loses more is kept as it was."""
    time_format: str | None = None
    """How the time column is written as text, such as ``%d/%m/%Y %H:%M`` (default: ISO 8601)."""
    full: bool = False
    """Products only: the query always yields the whole catalogue, so that a product it no longer has left the shop."""
    future_days: Annotated[int, Meta(ge=0)] = 2
    """Rows further in the future than this many days are mistakes, and undated."""

    def faults(self, table: str) -> Iterator[str]:
        """What cannot be read, with the table."""
        if self.full and table != "products":
            yield f"[tables.{table}]: full = true is for products; rows of other tables do not leave by being absent"
        try:
            TimeFormat.of(self.time_format or "%Y-%m-%d")
        except ValueError as error:
            yield f"[tables.{table}]: {error}"


class Attributes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of the ``users`` query that are attributes of a user."""

    numeric: list[str] = []
    """Columns of numbers."""
    categorical: list[str] = []
    """Columns of words."""
