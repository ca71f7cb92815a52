"""The registry's database is killed, and the disk of the cache is full: both for real, and what still works."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.registry import Registry
from resources.settings import Settings
from serving.app import create_app
from serving.settings import ServingSettings
from tests.postgres_server import postgres_server
from tests.serving.conftest import FolderSource, answering, wait_for

Client = TestClient[Litestar]
EVENT = {"event_id": "e", "kind": "view", "session_id": "s", "product_id": "p03"}


def works(client: Client, release: str) -> None:
    """Lists, searches, banners, events and readiness, all from this release."""
    for path in ("/v1/recommendations/popular", "/v1/search?q=lantern", "/v1/products/p03/similar"):
        assert client.get(path).json()["release"] == release
    assert client.post("/v1/banners/home/select", json={}).json()["release"] == release
    assert client.post("/v1/events", json={"events": [EVENT]}).status_code == 202
    assert client.get("/health/ready").status_code == 200


def problems(client: Client) -> str:
    """What readiness names."""
    return " ".join(client.get("/health/ready").json()["problems"])


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own SQLAlchemy code warns of what it will have to change
def test_a_registry_that_is_killed(
    settings: ServingSettings, plain_release: Path, next_release: Path, tmp_path: Path
) -> None:
    """MLflow on a PostgreSQL that is killed: what is loaded answers, and the next release is followed afterwards."""
    with postgres_server() as postgres:
        url = postgres.get_uri(driver="psycopg2")
        home = Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home"), "UPSHELF_MLFLOW_URL": url})

        def publish(folder: Path) -> None:
            registry = Registry(home, "test")
            run = registry.log_run("release", parameters={}, metrics={}, folder=folder)
            registry.promote(registry.register(run, {}))

        publish(plain_release)
        with TestClient(create_app(settings, Registry(home, "test"))) as client:
            wait_for(lambda: client.get("/health/ready").status_code == 200, "the release")
            release = client.get("/v1/release").json()["release"]
            os.kill(postgres.get_pid(), signal.SIGKILL)
            wait_for(lambda: "registry" in problems(client), "the registry to be missed")
            works(client, release)
            # Who starts it anew takes the killed one for alive until its parent has heard of its death.
            for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                (postgres.pgdata / lock).unlink()
            postgres.ensure_postgres_running()
            publish(next_release)
            wait_for(lambda: client.get("/v1/release").json()["release"] != release, "the next release")
            wait_for(lambda: not problems(client), "nothing to be wrong any more")


@pytest.fixture
def small_disk(tmp_path: Path, plain_release: Path) -> Iterator[Path]:
    """A file system with room for one release and a half."""
    size = sum(file.stat().st_size for file in plain_release.rglob("*") if file.is_file())
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size * 3 // 2}", "none", str(folder)]
    done = None if shutil.which("mount") is None else subprocess.run(mount, capture_output=True, text=True, check=False)
    if done is None or done.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    # What is still mapped keeps it busy; it goes with the last file.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_cache_that_is_full(
    settings: ServingSettings, source: FolderSource, plain_release: Path, next_release: Path, small_disk: Path
) -> None:
    """The next release does not fit: the one before answers, and the next is taken up once there is room."""
    source.promote("1", plain_release)
    with answering(replace(settings, cache=small_disk), source) as client:
        release = client.get("/v1/release").json()["release"]
        source.promote("2", next_release)
        wait_for(lambda: "No space left on device" in problems(client), "the reason")
        assert str(small_disk) not in problems(client)
        works(client, release)
        subprocess.run(["mount", "-o", "remount,size=1g", str(small_disk)], check=True)
        wait_for(lambda: client.get("/v1/release").json()["release"] != release, "the next release")
        assert not problems(client)
