"""What tests of several parts share: the real text encoder, exported once for all workers."""

import fcntl
from pathlib import Path

import pytest

from resources.embedder import export_encoder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of the real encoder; the first worker that needs it exports it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with (shared / "encoder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        export_encoder(shared / "encoder")
    return shared / "encoder"
