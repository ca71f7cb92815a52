"""Bounded pools: a full one refuses at once, and recovers."""

import asyncio
import threading

import pytest

from serving.http import workers
from serving.http.workers import BusyError, Workers


def test_a_full_pool_refuses_at_once_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread busy and one call waiting: the third is refused; after the release there is room again."""
    monkeypatch.setitem(workers._THREADS, "search", 1)
    monkeypatch.setitem(workers._WAITING, "search", 1)
    held = threading.Event()

    async def main() -> str:
        pools = Workers()
        waiting = [asyncio.create_task(pools.run("search", held.wait, 10)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="search"):
            await pools.run("search", str, "x")
        assert await pools.run("score", str, "another kind") == "another kind"
        held.set()
        await asyncio.gather(*waiting)
        await asyncio.sleep(0.01)
        try:
            return await pools.run("search", str, "again")
        finally:
            pools.close()

    assert asyncio.run(main()) == "again"


def test_errors_come_through() -> None:
    """What the call raises is what the caller gets."""

    async def main() -> None:
        pools = Workers()
        try:
            await pools.run("store", int, "x")
        finally:
            pools.close()

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(main())
