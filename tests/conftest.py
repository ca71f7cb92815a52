"""What tests of several parts share: the real text encoder, exported once for all workers, and a real PostgreSQL."""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from resources.encoder_quantised import quantised_folder
from tests.postgres_server import postgres_server

# No test is timed: the machine may be busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of the real encoder; the first worker that needs it exports it, and its quantised form beside it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "encoder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        quantised_folder(shared / "encoder")
    return shared / "encoder"


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """URI of a PostgreSQL server that lives as long as the test session; one a worker."""
    with postgres_server() as server:
        yield server.get_uri()
