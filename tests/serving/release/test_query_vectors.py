"""Query vectors with the real encoder: remembered, bounded, and done without when too many wait."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from resources.encoder.text_encoder import TextEncoder
from serving.http import workers
from serving.http.workers import Workers
from serving.release.query_vectors import QueryVectors
from serving.release.snapshot import Snapshot
from serving.search.requests import SearchRequest
from serving.search.search import search

pytestmark = pytest.mark.slow


def test_vectors_are_remembered_and_bounded(encoder: Path) -> None:
    """Of three queries the two used last are known; case and white space do not matter; length 1."""
    vectors = QueryVectors(TextEncoder.load(encoder), limit=2)
    first = vectors.encode("Red  Lamp")
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-5)
    assert vectors.known("red lamp") is first
    vectors.encode("teapot")
    vectors.known("red lamp")
    vectors.encode("spade")
    assert vectors.known("teapot") is None
    assert vectors.encode("red lamp") is first


def test_words_answer_when_too_many_queries_wait(full_release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full pool: the answer comes by words alone and says so; a remembered query still has its meaning."""
    snapshot = Snapshot.load(full_release, "1")
    assert snapshot.queries is not None
    snapshot.queries.encode("spade")
    monkeypatch.setitem(workers._THREADS, "search", 1)
    monkeypatch.setitem(workers._WAITING, "search", -1)

    async def main() -> None:
        pools = Workers()
        busy = await search(snapshot, pools, SearchRequest("teapot", limit=3))
        assert (busy.answered_by, busy.fallbacks_tried[0].note) == (
            "lexical",
            "too many queries are waiting for their vectors",
        )
        assert (await search(snapshot, pools, SearchRequest("spade", limit=3))).answered_by == "hybrid"
        pools.close()

    asyncio.run(main())
