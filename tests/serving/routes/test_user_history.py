"""A person's history over HTTP: read, added to, and products taken out of it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.store import Store
from serving.app import create_app
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.serving.releases import LAST_ACTS

Client = TestClient[Litestar]
NOW = datetime.now(UTC).replace(microsecond=0)
FROM_RELEASE = [("p20", "purchase", 1), ("p04", "purchase", 1), ("p02", "purchase", 1), ("p02", "view", 2)]
"""What the release knows of u5 but p01, newest first: (product, kind, times)."""


def post(client: Client, *events: dict[str, Any], user: str = "u5") -> None:
    """Events of a user, a second apart."""
    rows = [
        {"event_id": f"{user}-{n}", "user_id": user, "ts": (NOW + timedelta(seconds=n)).isoformat(), **event}
        for n, event in enumerate(events)
    ]
    assert client.post("/v1/events", json={"events": rows}).status_code == 202


def read(client: Client, user: str = "u5", **page: int) -> dict[str, Any]:
    """A page of a history."""
    answer = client.get(f"/v1/users/{user}/history", params=page)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(answer: dict[str, Any]) -> list[tuple[str | None, str, int]]:
    """Product, kind and times of each item."""
    return [(item.get("product_id"), item["kind"], item.get("times", 1)) for item in answer["items"]]


def test_what_was_posted_and_what_the_release_knows(client: Client) -> None:
    """Newest first, a search without a product, titles where the release has them; and what models know besides."""
    post(
        client,
        {"kind": "view", "product_id": "p07", "session_id": "s1", "surface": "popular"},
        {"kind": "search", "query": "lamp"},
        {"kind": "click", "product_id": "elsewhere"},
    )
    answer = read(client)
    first = [("elsewhere", "click", 1), (None, "search", 1), ("p07", "view", 1)]
    assert told(answer) == [*first, *FROM_RELEASE, ("p01", "view", 1)]
    assert answer["items"][2] == {
        "at": NOW.isoformat().replace("+00:00", "Z"),
        "kind": "view",
        "source": "posted",
        "product_id": "p07",
        "title": "GOLD TEAPOT 7",
        "session_id": "s1",
        "surface": "popular",
    }
    assert answer["items"][-1] == {
        "at": datetime.fromtimestamp(LAST_ACTS, UTC).isoformat().replace("+00:00", "Z"),
        "kind": "view",
        "source": "release",
        "product_id": "p01",
        "title": "RED TEAPOT 1",
    }
    assert (answer["more"], answer["bought"], answer["categories"], answer["segment"]) == (False, [], [], None)
    assert answer["release"] == client.get("/v1/release").json()["release"]
    assert sorted(read(client, "u1")["bought"]) == ["p10", "p11", "p12"]
    assert read(client, "u0")["categories"] == [{"name": "Home > Lighting", "share": 1.0}]
    assert read(client, "u2")["segment"] == "north"
    assert told(read(client, "nobody")) == []


def test_pages_neither_repeat_nor_skip(client: Client) -> None:
    """Of 7 posted and 5 known; an event that the release knows as well is told once."""
    post(client, *({"kind": "view", "product_id": f"p{n}"} for n in range(30, 37)))
    whole = read(client, limit=200)
    assert len(whole["items"]) == 12
    pages = [read(client, limit=5, offset=offset) for offset in (0, 5, 10, 15)]
    assert [len(page["items"]) for page in pages] == [5, 5, 2, 0]
    assert [page["more"] for page in pages] == [True, True, False, False]
    assert [item for page in pages for item in page["items"]] == whole["items"]
    for wrong in ("limit=0", "limit=201", "offset=-1", "offset=10001", "page=2"):
        assert client.get(f"/v1/users/u5/history?{wrong}").status_code == 400


def test_an_event_that_the_release_knows_too_is_told_once(client: Client, settings: ServingSettings) -> None:
    """As posted: by product, kind and second."""
    store = Store(settings.store_url)
    at = datetime.fromtimestamp(LAST_ACTS, UTC) + timedelta(milliseconds=700)
    event = {"event_id": "old", "ts": at, "kind": "view", "user_id": "u5", "product_id": "p01"}
    store.add_events([event])
    store.close()
    answer = read(client)
    assert told(answer) == [*FROM_RELEASE, ("p01", "view", 1)]
    assert answer["items"][-1]["source"] == "posted"
    assert [read(client, limit=1, offset=n)["items"] for n in range(6)] == [[i] for i in answer["items"]] + [[]]


def test_a_product_is_taken_out(client: Client) -> None:
    """Posted events and what the release knows of them; purchases stay; lists follow, and what comes later counts."""
    post(client, {"kind": "view", "product_id": "p02"}, {"kind": "view", "product_id": "p07"})
    body = {"user_id": "u5", "limit": 60}
    assert client.delete("/v1/users/u5/history/p02").json() == {"events": 1}
    assert told(read(client)) == [("p07", "view", 1), *FROM_RELEASE[:3], ("p01", "view", 1)]
    assert client.delete("/v1/users/u5/history/p01").json() == {"events": 0}
    assert told(read(client)) == [("p07", "view", 1), *FROM_RELEASE[:3]]
    shown = [item["product_id"] for item in client.post("/v1/recommendations/user", json=body).json()["items"]]
    assert "p01" in shown
    assert "p02" not in shown
    later = {"event_id": "later", "kind": "view", "user_id": "u5", "product_id": "p01"}
    assert client.post("/v1/events", json={"events": [later]}).json()["new"] == 1
    assert ("p01", "view", 1) in told(read(client))
    assert client.delete("/v1/users/other/history/p07").json() == {"events": 0}
    assert ("p07", "view", 1) in told(read(client))


def test_ids_may_hold_a_slash(client: Client) -> None:
    """Of users and of products."""
    post(client, {"kind": "view", "product_id": "a/b"}, user="x/y")
    assert told(read(client, "x%2Fy")) == [("a/b", "view", 1)]
    assert client.delete("/v1/users/x%2Fy/history/a%2Fb").json() == {"events": 1}
    assert told(read(client, "x%2Fy")) == []


def test_of_a_forgotten_user_there_is_nothing(client: Client) -> None:
    """Though the release still has it until the next night; nor can anything be added."""
    assert client.delete("/v1/users/u5").status_code == 202
    assert client.delete("/v1/users/u1").status_code == 202
    post(client, {"kind": "view", "product_id": "p07"})
    for user in ("u5", "u1"):
        answer = read(client, user)
        assert (answer["items"], answer["bought"], answer["more"]) == ([], [], False)
    assert client.delete("/v1/users/u5/history/p07").json() == {"events": 0}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_only_an_admin_may(
    method: str,
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    bare_release: Path,
    answering: Callable[..., Any],
) -> None:
    """A storefront's key, which is in every browser, reads nobody's history."""
    promote("1", bare_release)
    keys = tuple((scope, hashlib.sha256(scope.encode()).digest()) for scope in ("storefront", "campaigns", "admin"))
    path = "/v1/users/u1/history" + ("/p01" if method == "DELETE" else "")
    with answering(replace(settings, keys=keys), source) as client:
        codes = {
            scope: client.request(method, path, headers={"x-api-key": scope} if scope else {}).status_code
            for scope in ("", "storefront", "campaigns", "admin")
        }
    assert codes == {"": 401, "storefront": 403, "campaigns": 403, "admin": 200 if method == "GET" else 202}


def test_it_works_without_a_release(settings: ServingSettings, source: ReleaseSource) -> None:
    """Posted events alone."""
    with TestClient(create_app(settings, source)) as client:
        post(client, {"kind": "view", "product_id": "p01"})
        answer = read(client)
    assert (told(answer), answer["release"]) == ([("p01", "view", 1)], None)
