"""Forgetting a user over HTTP."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from assets.models.arrays.user_keys import user_key
from resources.store import Store
from resources.store.forgotten import ForgottenUsers
from serving.app import create_app
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

VIEW = {"kind": "view", "product_id": "p1"}


def test_a_users_rows_go_at_once_and_the_request_is_on_record(
    client: TestClient[Litestar], settings: ServingSettings
) -> None:
    """Events and banners; the id may hold a slash; what comes later is not kept; asked again, nothing is left."""
    events = [{"event_id": f"e{n}", "user_id": user, **VIEW} for n, user in enumerate(("a/b", "a/b", "other"))]
    assert client.post("/v1/events", json={"events": events}).json() == {"received": 3, "new": 3}
    slot = client.get("/v1/release").json()["slots"][0]
    for user in ("a/b", "other"):
        assert client.post(f"/v1/banners/{slot}/select", json={"user_id": user}).status_code == 200
    answer = client.delete("/v1/users/a%2Fb")
    assert (answer.status_code, answer.json()) == (202, {"events": 2, "impressions": 1})
    assert client.delete("/v1/users/a%2Fb").json() == {"events": 0, "impressions": 0}
    late = {"event_id": "late", "user_id": "a/b", **VIEW}
    assert client.post("/v1/events", json={"events": [late]}).json() == {"received": 1, "new": 0}
    assert client.delete("/v1/users/ot%00her").status_code == 400
    store, now = Store(settings.store_url), datetime.now(UTC)
    window = now - timedelta(hours=1), now + timedelta(hours=1)
    assert store.read_events(*window)["user_id"].to_list() == ["other"]
    assert store.read_impressions(*window).height == 1
    waiting, keys = ForgottenUsers(store.engine).pending()
    store.close()
    assert (waiting.has("a/b"), len(waiting), keys) == (True, 1, [user_key("a/b")])


def test_only_an_admin_may(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    bare_release: Path,
    answering: Callable[..., Any],
) -> None:
    """Without a key 401, with that of a storefront or of campaigns 403; too long an id is a 400."""
    promote("1", bare_release)
    keys = tuple((scope, hashlib.sha256(scope.encode()).digest()) for scope in ("storefront", "campaigns", "admin"))
    with answering(replace(settings, keys=keys), source) as client:
        told = {
            scope: client.delete("/v1/users/u1", headers={"x-api-key": scope} if scope else {}).status_code
            for scope in ("", "storefront", "campaigns", "admin")
        }
        long = client.delete(f"/v1/users/{'u' * 201}", headers={"x-api-key": "admin"})
    assert told == {"": 401, "storefront": 403, "campaigns": 403, "admin": 202}
    assert (long.status_code, long.json()["type"]) == (400, "/problems/invalid-input")


def test_it_works_without_a_release(settings: ServingSettings, source: ReleaseSource) -> None:
    """A request is never turned away because models are not there yet."""
    with TestClient(create_app(settings, source)) as client:
        assert client.delete("/v1/users/u1").status_code == 202
