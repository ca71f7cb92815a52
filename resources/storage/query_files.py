"""Files of buckets in queries of DuckDB, whose own extension for them would have to be fetched from the internet."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from resources.storage.address import in_bucket
from resources.storage.objects import StorageError

if TYPE_CHECKING:
    import duckdb

__all__ = ["open_to_queries"]


def open_to_queries(connection: "duckdb.DuckDBPyConnection", addresses: Iterable[str]) -> None:
    """Let queries of ``connection`` read files at these addresses; folders of this machine need nothing.

    Raises:
        StorageError: If a package for it is missing.
    """
    for scheme in sorted({address.partition("://")[0] for address in addresses if in_bucket(address)}):
        try:
            from obstore.fsspec import FsspecStore
        except ImportError as error:
            raise StorageError(
                f"{scheme}:// needs the packages obstore and fsspec: pip install 'upshelf[cloud]'."
            ) from error
        # Patterns are matched by a class that knows its scheme. Of an instance that is kept, a later change of the
        # environment would not be seen.
        files = type("BucketFiles", (FsspecStore,), {"protocol": scheme})
        connection.register_filesystem(files(skip_instance_cache=True))
