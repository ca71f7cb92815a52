"""Feedback events over HTTP: rules, idempotence, defaults."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.tables.features import robot_limits
from resources.shop import Robots
from resources.store import Store
from serving.settings import ServingSettings
from tests.assets.tables.logs import run

Client = TestClient[Litestar]
VIEW = {"event_id": "e1", "kind": "view", "user_id": "u1", "product_id": "p01"}


def test_events_are_kept_once_with_surface_and_release(client: Client, settings: ServingSettings) -> None:
    """Two of three are new; the shown one carries the current release, time is now by default."""
    release = client.get("/v1/release").json()["release"]
    shown = VIEW | {"event_id": "e2", "kind": "click", "surface": "similar"}
    answer = client.post("/v1/events", json={"events": [VIEW, shown, VIEW]})
    assert (answer.status_code, answer.json()) == (202, {"received": 3, "new": 2})
    assert client.post("/v1/events", json={"events": [VIEW]}).json() == {"received": 1, "new": 0}
    store, now = Store(settings.store_url), datetime.now(UTC)
    frame = store.read_events(now - timedelta(minutes=1), now + timedelta(minutes=1))
    store.close()
    assert frame["release"].to_list() == [None, release]
    assert frame["surface"].to_list() == [None, "similar"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"user_id": None}, "has_actor"),
        ({"product_id": None}, "has_subject"),
        ({"kind": "search"}, "has_subject"),
        ({"ts": "2999-01-01T00:00:00Z"}, "future"),
        ({"ts": "1970-01-01T00:00:00Z"}, "older than 2 days"),
        ({"ts": "2026-01-01T00:00:00"}, "timezone"),
        ({"kind": "wink"}, "wink"),
        ({"colour": "red"}, "colour"),
        ({"event_id": "x" * 201}, "200"),
        ({"event_id": "a\x00b"}, "x00"),
        ({"kind": "search", "query": "\x00"}, "x00"),
        ({"agent": "x" * 2_001}, "2000"),
        ({"agent": "a\x00b"}, "x00"),
    ],
)
def test_a_bad_event_refuses_the_batch(client: Client, change: dict[str, Any], rule: str) -> None:
    """The rule is named, and nothing of the batch is kept."""
    bad = {k: v for k, v in (VIEW | change).items() if v is not None}
    answer = client.post("/v1/events", json={"events": [VIEW | {"event_id": "good"}, bad]})
    assert answer.status_code == 400
    assert any(rule in (i["where"] + i["rule"]) for i in answer.json()["invalid"]), answer.text
    assert client.post("/v1/events", json={"events": [VIEW | {"event_id": "good"}]}).json()["new"] == 1


def test_robots_that_tell_themselves_are_known_by_the_event_alone(client: Client, settings: ServingSettings) -> None:
    """By its ``agent``; the request's own header may be that of the shop's server, and says nothing of a shopper."""
    events = [
        VIEW | {"event_id": "e1", "agent": "Mozilla/5.0 (compatible; SomeBot/2.1)"},
        VIEW | {"event_id": "e2", "user_id": "u2", "agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        VIEW | {"event_id": "e3", "user_id": "u3"},
    ]
    answer = client.post("/v1/events", json={"events": events}, headers={"User-Agent": "shop-bot/1.0"})
    assert answer.json() == {"received": 3, "new": 3}
    store, now = Store(settings.store_url), datetime.now(UTC)
    kept = store.read_events(now - timedelta(minutes=1), now + timedelta(minutes=1))
    store.close()
    assert kept["agent"].to_list() == [event.get("agent") for event in events]
    log = kept.with_columns(day=pl.col("ts").dt.strftime("%Y-%m-%d"))
    robots = run("robots", {"events": log, **robot_limits(Robots())})
    assert robots.select("visitor", "reason").rows() == [("u/u1", "declared")]
