"""What tests of several parts share: the text encoder, exported once; databases, a browser, a bucket: real ones."""

import fcntl
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from resources.encoder.quantised import quantised_folder
from tests.chromium import ARGUMENTS, chromium
from tests.mariadb_server import mariadb_server
from tests.object_storage import BUCKET, object_storage
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


@pytest.fixture(scope="session")
def mariadb_uri() -> Iterator[str]:
    """URI of a database on a MariaDB server that lives as long as the test session; one a worker."""
    with mariadb_server() as uri:
        yield uri


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium: what UPSHELF_CHROMIUM names, or the one on the path."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium()
    if path is None:
        pytest.skip("there is no Chromium: name one by UPSHELF_CHROMIUM")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def storage_env() -> Iterator[Mapping[str, str]]:
    """A server of S3's API that lives as long as the test session, one a worker: the environment of its clients."""
    with object_storage() as environment:
        yield environment


@pytest.fixture
def bucket(storage_env: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty place in a bucket, which this process and those that it starts can read and write."""
    for name, value in storage_env.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"
