"""Consoles on small releases, and what signs in to them."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.manifest import MANIFEST_FILE
from resources.registry import Registry
from resources.settings import Settings
from serving.app import create_app
from serving.settings import KeyScope, ServingSettings
from tests.serving.conftest import FolderSource, answering

Client = TestClient[Litestar]
KEYS: dict[KeyScope, str] = {"admin": "open sesame", "campaigns": "campaigns key"}
DIGESTS = tuple((scope, hashlib.sha256(key.encode()).digest()) for scope, key in KEYS.items())


@pytest.fixture
def console_settings(settings: ServingSettings) -> ServingSettings:
    """A console with two keys, of which one is an admin's."""
    return replace(settings, keys=DIGESTS, console=True)


def token_of(text: str) -> str:
    """The token of a page's forms."""
    tokens = set(re.findall(r'name="csrf" value="([^"]+)"', text))
    assert len(tokens) == 1, text
    return str(tokens.pop())


def sign_in(client: Client, key: str = KEYS["admin"], onward: str = "/console") -> Any:  # noqa: ANN401  # httpx's answer
    """Send the form of the sign-in page."""
    form = {"csrf": token_of(client.get("/console").text), "key": key, "onward": onward}
    return client.post("/console/sign-in", data=form, follow_redirects=False)


@pytest.fixture(scope="session")
def console_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], AbstractContextManager[Client]]:
    """A client that is signed in to a console of its own on a release folder."""

    @contextmanager
    def made(release: Path) -> Iterator[Client]:
        with _opened(release, tmp_path_factory.mktemp("console")) as client:
            assert sign_in(client).status_code == 303
            yield client

    return made


@contextmanager
def _opened(release: Path, folder: Path) -> Iterator[Client]:
    """A client of an application with a console."""
    source = FolderSource(folder)
    source.promote("1", release)
    settings = ServingSettings(
        cache=folder / "cache",
        store_url=f"sqlite:///{folder / 'store.db'}",
        poll_seconds=0.05,
        rate_per_second=0,
        keys=DIGESTS,
        console=True,
    )
    with answering(settings, source) as client:
        yield client


@pytest.fixture(scope="session")
def console(console_on: Callable[[Path], AbstractContextManager[Client]], plain_release: Path) -> Iterator[Client]:
    """Somebody signed in, on every module but the encoder; shared by tests that leave it as it was."""
    with console_on(plain_release) as client:
        yield client


@pytest.fixture(scope="session")
def _anybody(plain_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with _opened(plain_release, tmp_path_factory.mktemp("stranger")) as client:
        yield client


@pytest.fixture
def stranger(_anybody: Client) -> Client:
    """Somebody who is not signed in."""
    _anybody.cookies.clear()
    return _anybody


def registered(home: Path, folders: Sequence[Path], broken: Mapping[str, Any]) -> Registry:
    """A registry of these releases, of which the last is followed, and of a version that holds a manifest alone."""
    made = Registry(Settings.from_env({"UPSHELF_HOME": str(home)}), "test")
    empty = home / "broken"
    empty.mkdir(parents=True)
    (empty / MANIFEST_FILE).write_text(json.dumps(broken))
    for folder in (*folders, empty):
        run = made.log_run(folder.name, parameters={}, metrics={}, folder=folder)
        version = made.register(run, {"as_of": folder.name, "verdict": "promoted"})
        if folder is not empty:
            made.promote(version)
    return made


@pytest.fixture
def registry(tmp_path: Path, plain_release: Path, next_release: Path) -> Registry:
    """Versions 1 and 2 of a shop, of which 2 replaced 1, and a version 3 that no code can serve."""
    manifest = json.loads((plain_release / MANIFEST_FILE).read_text())
    return registered(tmp_path / "home", [plain_release, next_release], {**manifest, "metrics": {"qini": 0.4}})


@pytest.fixture
def operator(console_settings: ServingSettings, registry: Registry, wait_for: Callable[..., None]) -> Iterator[Client]:
    """Somebody signed in to a console that may promote and roll back."""
    with TestClient(create_app(console_settings, registry, registry=registry)) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200, "the release")
        sign_in(client)
        yield client
