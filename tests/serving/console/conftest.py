"""Consoles on small releases, and what signs in to them."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import KeyScope, ServingSettings

Client = TestClient[Litestar]
KEYS: dict[KeyScope, str] = {"admin": "open sesame", "campaigns": "campaigns key"}


@pytest.fixture
def console_settings(settings: ServingSettings) -> ServingSettings:
    """A console with two keys, of which one is an admin's."""
    keys = tuple((scope, hashlib.sha256(key.encode()).digest()) for scope, key in KEYS.items())
    return replace(settings, keys=keys, console=True)


def token_of(text: str) -> str:
    """The token of a page's forms."""
    tokens = set(re.findall(r'name="csrf" value="([^"]+)"', text))
    assert len(tokens) == 1, text
    return str(tokens.pop())


def sign_in(client: Client, key: str = KEYS["admin"], onward: str = "/console") -> Any:  # noqa: ANN401  # httpx's answer
    """Send the form of the sign-in page."""
    form = {"csrf": token_of(client.get("/console").text), "key": key, "onward": onward}
    return client.post("/console/sign-in", data=form, follow_redirects=False)


@pytest.fixture
def console_on(
    answering: Callable[..., AbstractContextManager[Client]],
    console_settings: ServingSettings,
    promote: Callable[[str, Path], None],
    source: Any,  # noqa: ANN401  # the folder source of tests/serving/conftest.py
) -> Callable[[Path], AbstractContextManager[Client]]:
    """A client that is signed in to a console on a release folder."""

    @contextmanager
    def made(release: Path) -> Iterator[Client]:
        promote("1", release)
        with answering(console_settings, source) as client:
            assert sign_in(client).status_code == 303
            yield client

    return made


@pytest.fixture
def console(console_on: Callable[[Path], AbstractContextManager[Client]], plain_release: Path) -> Iterator[Client]:
    """The same on every module but the encoder."""
    with console_on(plain_release) as client:
        yield client
