"""Rewards over HTTP: one by one and in batches, each with its answer; early ones, too many, and those under way."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.store import Impression, Store
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.serving.server import served

Client = TestClient[Litestar]
Answering = Callable[..., Any]
Promote = Callable[[str, Path], None]


def outcomes(client: Client) -> dict[str, int]:
    """What the metric has counted."""
    lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith("upshelf_banner_rewards_to")]
    return {line.split('"')[1]: int(float(line.rsplit(" ", 1)[1])) for line in lines}


def test_each_reward_of_a_batch_is_answered(client: Client, settings: ServingSettings) -> None:
    """Of two slates: new, repeated in the batch, unknown; sent again, nothing is new; the store has each once."""
    slate = client.post("/v1/banners/home/select", json={"count": 2}).json()["slate"]
    first, second = (one["impression_id"] for one in slate)
    batch = {
        "rewards": [{"impression_id": i, "reward": r} for i, r in ((first, 1), (first, 0), ("x", 1), (second, 0.5))]
    }
    answer = client.post("/v1/banners/rewards", json=batch)
    on_record = {"slot": "home", "banner_id": slate[0]["banner_id"], "reward": 1.0}
    assert answer.status_code == 200
    assert answer.json() == {
        "received": 4,
        "new": 2,
        "rewards": [
            {"impression_id": first, "outcome": "new", **on_record},
            {"impression_id": first, "outcome": "repeated", **on_record},
            {"impression_id": "x", "outcome": "unknown", "slot": None, "banner_id": None, "reward": None},
            {
                "impression_id": second,
                "outcome": "new",
                "slot": "home",
                "banner_id": slate[1]["banner_id"],
                "reward": 0.5,
            },
        ],
    }
    again = client.post("/v1/banners/rewards", json=batch).json()
    assert [one["outcome"] for one in again["rewards"]] == ["repeated", "repeated", "unknown", "repeated"]
    store = Store(settings.store_url)
    assert sum(count.rewards for count in store.counts("home").values()) == 1.5
    store.close()
    assert outcomes(client) == {"new": 2, "repeated": 4, "unknown": 2}


def test_a_reward_before_its_impression(client: Client, settings: ServingSettings) -> None:
    """A 404 that says so; it counts once the impression is on record, and is then there for who asks again."""
    body = {"impression_id": "i1", "reward": 1}
    answer = client.post("/v1/banners/home/reward", json=body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-impression")
    assert "counts if the impression comes" in answer.json()["detail"]
    assert outcomes(client) == {"unknown": 1}
    store = Store(settings.store_url)
    assert store.early_rewards() == 1
    store.record_impression(Impression("i1", datetime.now(UTC), "home", 1, "poor", 0.5))
    assert store.counts("home")["poor"].rewards == 1.0
    store.close()
    assert client.post("/v1/banners/home/reward", json=body | {"reward": 0}).json()["reward"] == 1.0


def test_more_than_may_wait_are_told_when_to_come_back(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    answering: Answering,
    plain_release: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """503 with Retry-After, and none of them is kept."""
    monkeypatch.setattr("serving.banners.rewards.MAX_WAITING", 2)
    promote("1", plain_release)
    with answering(settings, source) as client:
        batch = [{"impression_id": f"i{n}", "reward": 1} for n in range(3)]
        answer = client.post("/v1/banners/rewards", json={"rewards": batch})
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
        assert answer.headers["retry-after"] == "1"
        assert client.post("/v1/banners/rewards", json={"rewards": batch[:2]}).status_code == 200
        assert outcomes(client) == {"unknown": 2}


def test_what_waits_is_on_record_after_the_end(settings: ServingSettings, source: ReleaseSource) -> None:
    """Clients have gone while the store was locked, and the server is stopped: their rewards are there."""
    store = Store(settings.store_url)
    store.record_impressions([Impression(f"i{n}", datetime.now(UTC), "home", 1, "a", 0.5) for n in range(20)])
    with served(settings, source, awaits_release=False) as url, store.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

        def leave(number: int) -> None:
            body = {"impression_id": f"i{number}", "reward": 1}
            with suppress(httpx.ReadTimeout):
                httpx.post(f"{url}/v1/banners/home/reward", json=body, timeout=0.5)

        clients = [threading.Thread(target=leave, args=(number,)) for number in range(20)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        assert store.counts("home")["a"].rewards == 0
        connection.rollback()
    assert store.counts("home")["a"].rewards == 20
    store.close()
