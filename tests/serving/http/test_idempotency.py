"""Writes under an ``Idempotency-Key``: done once, answered alike, over workers, restarts and users."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.store import Store
from resources.store.idempotency import IdempotencyKeys
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, answering
from tests.serving.server import served

Client = TestClient[Litestar]
SELECT = "/v1/banners/home/select"
DECISION = {"user_id": "u1", "viewed": ["p03"], "slot": "home"}


def keyed(key: str, **more: str) -> dict[str, str]:
    """Headers of a request under a key."""
    return {"idempotency-key": key, **more}


def shown(settings: ServingSettings) -> int:
    """Banners on record."""
    store = Store(settings.store_url)
    count = sum(arm.impressions for arm in store.counts("home").values())
    store.close()
    return count


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SELECT, {"user_id": "u1"}),
        ("POST", "/v1/decisions", DECISION),
        ("POST", "/v1/events", {"events": [{"event_id": "e", "kind": "visit", "user_id": "u1"}]}),
        ("DELETE", "/v1/users/u9", None),
    ],
)
def test_a_write_under_a_key_is_done_once(client: Client, method: str, path: str, body: object) -> None:
    """The same answer with status and type, and the word that it is one of before; under another key anew."""
    first, again = (client.request(method, path, json=body, headers=keyed("a-1")) for _ in range(2))
    assert first.is_success
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert client.request(method, path, json=body, headers=keyed("a-2")).headers.get("idempotent-replayed") is None


def test_banners_are_counted_once_a_key(client: Client, settings: ServingSettings) -> None:
    """Three requests under one key show one banner; its reward is answered again; without a key each shows one."""
    drawn = [client.post(SELECT, json={}, headers=keyed("k")).json() for _ in range(3)]
    assert len({one["impression_id"] for one in drawn}) == 1
    assert shown(settings) == 1
    reward = {"impression_id": drawn[0]["impression_id"], "reward": 1}
    answers = [client.post("/v1/banners/home/reward", json=reward, headers=keyed("r")) for _ in range(2)]
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true"]
    assert len({client.post(SELECT, json={}).json()["impression_id"] for _ in range(2)}) == 2
    assert shown(settings) == 3


def test_a_key_of_another_request_is_refused(client: Client, settings: ServingSettings) -> None:
    """Another body, path or method: 422 with what to do, and nothing is done."""
    assert client.post(SELECT, json={}, headers=keyed("k")).is_success
    for path, body in ((SELECT, {"user_id": "u1"}), ("/v1/decisions", {}), ("/v1/events", {})):
        answer = client.post(path, json=body, headers=keyed("k"))
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-key-reused")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert client.delete("/v1/users/u1", headers=keyed("k")).status_code == 422
    assert shown(settings) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "k\x7f"])
def test_a_key_that_is_none_is_named(client: Client, key: str) -> None:
    """400 with the header."""
    answer = client.post(SELECT, json={}, headers=keyed(key))
    assert answer.status_code == 400
    assert [one["where"] for one in answer.json()["invalid"]] == ["header: Idempotency-Key"]


def test_what_failed_did_nothing_and_frees_its_key(client: Client) -> None:
    """A 404 or 400 is not kept: the mended request may have the key."""
    assert client.post("/v1/banners/attic/select", json={}, headers=keyed("k")).status_code == 404
    assert client.post(SELECT, json={"position": "x"}, headers=keyed("k")).status_code == 400
    assert client.post(SELECT, content=b" " * 1_000_001, headers=keyed("k")).status_code == 413
    assert client.post(SELECT, json={}, headers=keyed("k")).status_code == 200


def test_reads_take_no_notice_of_a_key(client: Client) -> None:
    """They do nothing that could be done twice."""
    for limit in (1, 2):
        body = {"viewed": ["p03"], "limit": limit}
        answer = client.post("/v1/recommendations/session", json=body, headers=keyed("k"))
        assert (answer.status_code, len(answer.json()["items"])) == (200, limit)


def test_a_key_is_its_callers_own(settings: ServingSettings, source: FolderSource, plain_release: Path) -> None:
    """Two API keys with one idempotency key are two requests; a caller without an API key learns nothing."""
    source.promote("1", plain_release)
    keys = tuple(("storefront", hashlib.sha256(key).digest()) for key in (b"one", b"two"))
    with answering(replace(settings, keys=keys), source) as client:  # type: ignore[arg-type]
        drawn = [
            client.post(SELECT, json={}, headers=keyed("k", authorization=f"Bearer {key}")) for key in ("one", "two")
        ]
        assert drawn[0].json()["impression_id"] != drawn[1].json()["impression_id"]
        assert client.post(SELECT, json={}, headers=keyed("k")).status_code == 401


def test_a_restart_remembers(settings: ServingSettings, source: FolderSource, plain_release: Path) -> None:
    """Another process on the same store gives the answer of the one before."""
    source.promote("1", plain_release)
    answers = []
    for _ in range(2):
        with answering(settings, source) as client:
            answers.append(client.post("/v1/decisions", json=DECISION, headers=keyed("k")).content)
    assert answers[0] == answers[1]


@pytest.mark.slow
def test_two_servers_at_once_do_it_once(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    plain_release: Path,
    tmp_path: Path,
) -> None:
    """40 requests under one key at two servers on one store: one banner; all else get it, or 409 meanwhile."""
    promote("1", plain_release)
    with served(settings, source) as one, served(replace(settings, cache=tmp_path / "second"), source) as two:
        ready = threading.Barrier(20)

        def ask(number: int) -> httpx.Response:
            ready.wait()
            return httpx.post(f"{(one, two)[number % 2]}{SELECT}", json={}, headers=keyed("k"), timeout=30)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(ask, range(40)))
        early = [answer for answer in answers if answer.status_code == 409]
        assert all(answer.headers["retry-after"] == "1" for answer in early)
        drawn = {answer.json()["impression_id"] for answer in answers if answer.status_code == 200}
        assert len(drawn) == 1
        assert {answer.status_code for answer in answers} <= {200, 409}
    assert shown(settings) == 1


def test_a_request_under_way_holds_its_key(client: Client, settings: ServingSettings) -> None:
    """409 until it is answered or was cut off."""
    assert client.post(SELECT, json={}, headers=keyed("other")).is_success
    store = Store(settings.store_url)
    digest = hashlib.sha256(hashlib.sha256(b"").digest() + b"k").hexdigest()
    asked = (b"POST", SELECT.encode(), b"", b"{}")
    fingerprint = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in asked)).hexdigest()
    keys = IdempotencyKeys(store)
    assert keys.begin(digest, fingerprint, "a") == "begun"
    answer = client.post(SELECT, content=b"{}", headers=keyed("k"))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/idempotency-key-in-use")
    assert answer.headers["retry-after"] == "1"
    keys.release(digest, "a")
    # One that began two minutes ago and never ended was cut off.
    assert keys.begin(digest, fingerprint, "b", now=datetime.now(UTC) - timedelta(minutes=2)) == "begun"
    assert client.post(SELECT, content=b"{}", headers=keyed("k")).status_code == 200
    store.close()


def test_answers_that_name_a_forgotten_user_go(client: Client, settings: ServingSettings) -> None:
    """Kept answers of the user are deleted with the rest, and later ones are not kept; those of others stay."""
    for user in ("u1", "u2"):
        assert client.post("/v1/decisions", json={**DECISION, "user_id": user}, headers=keyed(user)).is_success
    folder = Path(settings.store_url.removeprefix("sqlite:///")).parent

    def bytes_of_the_store() -> bytes:
        return b"".join(path.read_bytes() for path in folder.glob("store.db*"))

    assert b'"user_id":"u1"' in bytes_of_the_store()
    assert client.delete("/v1/users/u1").is_success
    for key in ("u1", "new"):
        answer = client.post("/v1/decisions", json=DECISION, headers=keyed(key))
        assert (answer.status_code, answer.headers.get("idempotent-replayed")) == (200, None)
    assert b'"user_id":"u1"' not in bytes_of_the_store()
    again = client.post("/v1/decisions", json={**DECISION, "user_id": "u2"}, headers=keyed("u2"))
    assert again.headers["idempotent-replayed"] == "true"


def test_the_description_names_the_header(client: Client) -> None:
    """On the six writes, with the problems that it may end in, and nowhere else."""
    paths = client.get("/schema/openapi.json").json()["paths"]
    operations = [(path, method, of) for path, methods in paths.items() for method, of in methods.items()]
    named = {
        (path, method): of
        for path, method, of in operations
        if any(one["name"] == "Idempotency-Key" for one in of.get("parameters", ()))
    }
    assert sorted(named) == [
        ("/v1/banners/{slot}/reward", "post"),
        ("/v1/banners/{slot}/select", "post"),
        ("/v1/decisions", "post"),
        ("/v1/events", "post"),
        ("/v1/users/{user_id}", "delete"),
        ("/v1/users/{user_id}/history/{product_id}", "delete"),
    ]
    assert all({"409", "422"} <= set(of["responses"]) for of in named.values())
