"""Which key opens which route, every one of them, and keys that change while the API runs."""

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from resources.settings import Settings
from serving.release.reload import ReleaseSource
from serving.settings import KeyScope, ServingSettings, SettingsError

Client = TestClient[Litestar]
Answering = Callable[..., Any]
Promote = Callable[[str, Path], None]

STOREFRONT = (
    "GET /v1/search",
    "GET /v1/search/suggest",
    "GET /v1/products/{product_id:str}",
    "GET /v1/products/{product_id:str}/similar",
    "GET /v1/products/{product_id:str}/bought-together",
    "POST /v1/recommendations/session",
    "GET /v1/recommendations/category",
    "POST /v1/recommendations/basket",
    "GET /v1/recommendations/popular",
    "POST /v1/recommendations/batch",
    "POST /v1/recommendations/user",
    "POST /v1/page",
    "POST /v1/banners/{slot:str}/select",
    "POST /v1/banners/{slot:str}/reward",
    "POST /v1/banners/rewards",
    "POST /v1/decisions",
    "POST /v1/events",
)
CAMPAIGNS = (
    "POST /v1/targeting/score",
    "GET /v1/segments",
    "GET /v1/segments/{name:str}/members",
    "POST /v1/roi/simulate",
    "GET /v1/campaigns",
    "POST /v1/campaigns/{id:str}/plan",
    "GET /v1/reports/{name:str}",
    "GET /v1/campaigns",
    "GET /v1/experiments",
    "GET /v1/exports/{what:str}",
)
ADMIN = (
    "GET /metrics",
    "DELETE /v1/users/{user_id:str}",
    "GET /v1/users/{user_id:str}/history",
    "DELETE /v1/users/{user_id:str}/history/{product_id:str}",
    "PATCH /v1/products/{product_id:str}",
    "POST /v1/products/batch",
)
ANY = ("GET /v1/release",)
OPEN = ("GET /health/live", "GET /health/ready")
DESCRIPTION = "/schema"
KEYS: dict[str, KeyScope] = {"shopkey": "storefront", "adkey": "campaigns", "rootkey": "admin"}
REFUSED = {"wrong": 401, "": 401}


def pair(key: str, scope: KeyScope) -> tuple[KeyScope, bytes]:
    """A key as the settings have it."""
    return scope, hashlib.sha256(key.encode()).digest()


def line(key: str, scope: KeyScope) -> str:
    """A key as the file has it."""
    return f"{scope}:{hashlib.sha256(key.encode()).hexdigest()}\n"


def opens(scope: KeyScope, route: str) -> bool:
    """Whether a key of ``scope`` may call ``route``."""
    return scope == "admin" or route in {"storefront": STOREFRONT, "campaigns": CAMPAIGNS}[scope] + ANY


def test_every_route_opens_to_its_keys_alone(
    settings: ServingSettings, source: ReleaseSource, promote: Promote, plain_release: Path, answering: Answering
) -> None:
    """Each of them by each key, by none and by a wrong one; a new route has to be named here."""
    promote("1", plain_release)
    keyed = replace(settings, keys=tuple(pair(key, scope) for key, scope in KEYS.items()))
    with answering(keyed, source) as client:
        routes = {
            f"{method} {route.path}"
            for route in client.app.routes
            if isinstance(route, HTTPRoute) and not route.path.startswith(DESCRIPTION)
            for method in route.methods - {"OPTIONS", "HEAD"}
        }
        assert routes == {*STOREFRONT, *CAMPAIGNS, *ADMIN, *ANY, *OPEN}
        for route in routes:
            method, path = route.split()
            asked = path.replace("{product_id:str}", "p00").replace("{what:str}", "scores").replace(":str}", "}")
            want = {key: None if opens(scope, route) else 403 for key, scope in KEYS.items()} | REFUSED
            for key, status in want.items():
                got = client.request(method, asked, headers={"x-api-key": key}).status_code
                if route in OPEN or status is None:
                    assert got not in (401, 403), (route, key)
                else:
                    assert got == status, (route, key)


def test_keys_change_with_their_file(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    plain_release: Path,
    answering: Answering,
    wait_for: Callable[[Callable[[], bool], str], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An old and a new key side by side, then the new one alone; a file that cannot be used changes nothing."""
    promote("1", plain_release)
    file = tmp_path / "keys"
    file.write_text("# of the shop\n" + line("old", "storefront"))
    with answering(replace(settings, keys_file=file), source) as client:

        def status(key: str) -> int:
            return int(client.get("/v1/search?q=x", headers={"x-api-key": key}).status_code)

        assert (status("old"), status("new"), status("")) == (200, 401, 401)
        file.write_text(line("old", "storefront") + line("new", "storefront"))
        wait_for(lambda: status("new") == 200, "the new key")
        assert status("old") == 200
        file.write_text(line("new", "storefront"))
        wait_for(lambda: status("old") == 401, "the old key to be refused")
        with caplog.at_level(logging.ERROR, "serving.http.keys"):
            file.write_text("new\n")
            wait_for(lambda: "keys stay as they were" in caplog.text, "the fault to be told")
            os.unlink(file)
            wait_for(lambda: "cannot be read" in caplog.text, "the missing file to be told")
        assert status("new") == 200
        file.write_text("")
        wait_for(lambda: status("new") == 401, "the last key to be refused")
        assert client.get("/health/ready").json()["mode"] == "keys"


def test_a_file_of_keys_that_cannot_be_used_is_told_at_the_start(settings: ServingSettings, tmp_path: Path) -> None:
    """With its name and the rule, and without the digest."""
    (tmp_path / "keys").write_text(line("k", "admin") + "admin:abc123\n")
    environment = {"UPSHELF_HOME": str(tmp_path), "UPSHELF_API_KEYS_FILE": str(tmp_path / "keys")}
    with pytest.raises(SettingsError, match=r"entry 2 of UPSHELF_API_KEYS_FILE is not scope:sha256hex") as told:
        ServingSettings.from_env(Settings.from_env(environment), environment)
    assert "abc123" not in str(told.value)
    environment["UPSHELF_API_KEYS_FILE"] = str(tmp_path / "none")
    with pytest.raises(SettingsError, match="cannot be read"):
        ServingSettings.from_env(Settings.from_env(environment), environment)
