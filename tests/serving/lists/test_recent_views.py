"""Sessions named by their id, or by their user: posted events count as views."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.store import Store
from serving.http.workers import Workers
from serving.lists.recent_views import join, recent_views
from serving.requests import SessionRequest

Client = TestClient[Litestar]
START = datetime.now(UTC) - timedelta(hours=1)


def post(client: Client, *events: dict[str, Any]) -> None:
    """Post events; the n-th lies n seconds after the first."""
    rows = [
        {"event_id": f"{e.get('session_id')}-{n}", "kind": "view", "ts": (START + timedelta(seconds=n)).isoformat()} | e
        for n, e in enumerate(events)
    ]
    assert client.post("/v1/events", json={"events": rows}).status_code == 202


def ask(client: Client, **request: str | list[str]) -> dict[str, Any]:
    """The answer for a session."""
    answer = client.post("/v1/recommendations/session", json={"limit": 5, **request})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_first_posted_click_changes_the_next_answer(client: Client) -> None:
    """A visitor nobody knows gets what is popular; after one click, what others viewed after that product."""
    before = ask(client, session_id="s1")
    assert before["answered_by"] == "popularity"
    post(client, {"session_id": "s1", "product_id": "p04", "kind": "click"})
    after = ask(client, session_id="s1")
    assert after["answered_by"] == "session"
    assert after == ask(client, viewed=["p04"])
    assert ask(client, session_id="s2") == before


def test_of_a_user_without_a_session_the_last_events_count(client: Client) -> None:
    """Whatever session they were of; events of others do not count, and neither do removals, visits, searches."""
    post(
        client,
        {"session_id": "s1", "user_id": "u7", "product_id": "p04"},
        {"session_id": "s2", "user_id": "u7", "product_id": "p05", "kind": "add_to_cart"},
        {"session_id": "s2", "user_id": "u7", "product_id": "p20", "kind": "remove_from_cart"},
        {"session_id": "s2", "user_id": "u7", "query": "lamp", "kind": "search"},
        {"session_id": "s2", "user_id": "u7", "kind": "visit"},
        {"session_id": "s3", "user_id": "u8", "product_id": "p21"},
    )
    assert ask(client, user_id="u7") == ask(client, user_id="u9", viewed=["p04", "p05"])
    assert ask(client, user_id="u7", session_id="s1") == ask(client, user_id="u9", viewed=["p04"])
    assert ask(client, user_id="u7", viewed=["p12"]) == ask(client, user_id="u9", viewed=["p12"])


def test_posted_and_viewed_are_joined(client: Client) -> None:
    """What was posted is older than the list, and is not recommended again."""
    post(client, {"session_id": "s1", "product_id": "p04"})
    assert ask(client, session_id="s1", viewed=["p05"]) == ask(client, viewed=["p04", "p05"])


def test_only_the_last_events_count(client: Client) -> None:
    """Fifty, however many were posted."""
    post(client, *({"session_id": "s1", "product_id": f"p{n % 60:02d}"} for n in range(70)))
    assert ask(client, session_id="s1") == ask(client, viewed=[f"p{n % 60:02d}" for n in range(20, 70)])


@pytest.mark.parametrize(
    ("posted", "viewed", "joined"),
    [
        ("", "", ""),
        ("aba", "", "aba"),
        ("", "aba", "aba"),
        ("ab", "cd", "abcd"),
        ("ab", "bc", "abc"),
        ("bc", "abcd", "abcd"),
        # What follows the list's last product is newer than the list.
        ("abc", "b", "abc"),
        ("abcd", "ab", "abcd"),
        ("xab", "aab", "xaab"),
        ("ab", "ba", "ba"),
    ],
)
def test_join(posted: str, viewed: str, joined: str) -> None:
    """By hand, a letter a product."""
    assert "".join(join(posted, viewed)) == joined


def test_a_store_that_does_not_answer_leaves_what_was_viewed(tmp_path: Path) -> None:
    """Its table is gone: the request's own list answers."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.ping()
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute("DROP TABLE feedback_events")
    database.close()
    workers = Workers()
    try:
        found = asyncio.run(recent_views(SessionRequest(session_id="s1", viewed=["p1", "p2"]), store, workers))
    finally:
        workers.close()
        store.close()
    assert found == ["p1", "p2"]
