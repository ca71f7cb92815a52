"""The throughput benchmark counts what it says: every distinct reward is on record before it gives a figure."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.banners.throughput import Take, acknowledged_per_second, into
from resources.store import Given, Store


def measured(store: Store, take: Take, slot: str) -> float:
    """50 rewards of 40 impressions, in calls of 3."""
    return asyncio.run(acknowledged_per_second(store, take, slot, 50, per_call=3, callers=4))


def test_a_small_run(tmp_path: Path) -> None:
    """Of two slots on one store."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    assert all(measured(store, into(store), slot) > 0 for slot in "ab")
    store.close()


def test_a_reward_that_is_lost_is_no_figure(tmp_path: Path) -> None:
    """Of calls of 3 the first is lost."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")

    async def lossy(given: Sequence[Given]) -> None:
        store.record_rewards(given[1:])

    with pytest.raises(RuntimeError, match=r"\d\.0 rewards are counted of 40 distinct ones"):
        measured(store, lossy, "a")
    store.close()
