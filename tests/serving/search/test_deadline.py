"""A search that cannot have its vector in time."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.context import Context
from serving.http import workers
from serving.search.search import HURRIED
from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, answering

Client = TestClient[Litestar]


@pytest.fixture
def shop(settings: ServingSettings, source: FolderSource, full_release: Path) -> Iterator[Client]:
    """A shop whose searches may take a fifth of a second."""
    source.promote("1", full_release)
    with answering(replace(settings, search_seconds=0.2), source) as client:
        yield client


def hold_threads(client: Client, until: threading.Event) -> None:
    """Keep every thread of searches busy until then."""
    api: Context = client.app.dependencies["api"].dependency()

    async def hold() -> None:
        for _ in range(workers._THREADS["search"]):
            api.workers._pools["search"].submit(until.wait, 60)

    client.blocking_portal.call(hold)


def test_words_alone_answer_when_time_is_up(shop: Client) -> None:
    """They say so, and are not kept: the same search has both a moment later."""
    free = threading.Event()
    hold_threads(shop, free)
    try:
        late = shop.get("/v1/search", params={"q": "white lantern"}).json()
    finally:
        free.set()
    assert late["answered_by"] == "lexical"
    assert HURRIED in [step["note"] for step in late["fallbacks_tried"]]
    assert late["items"]
    then = shop.get("/v1/search", params={"q": "white lantern"}).json()
    assert then["answered_by"] == "hybrid"


def test_a_vector_that_is_known_needs_no_thread(shop: Client) -> None:
    """A query asked before has its meaning, however busy the threads are."""
    before = shop.get("/v1/search", params={"q": "red teapot"}).json()
    free = threading.Event()
    hold_threads(shop, free)
    try:
        again = shop.get("/v1/search", params={"q": "red teapot", "limit": 7}).json()
    finally:
        free.set()
    assert again["answered_by"] == before["answered_by"] == "hybrid"
    assert again["items"] == before["items"][:7]
