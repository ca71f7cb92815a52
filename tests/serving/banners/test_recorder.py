"""Impressions that come at once are written together, and everybody hears of the own one."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

from resources.store import Impression, Store
from serving.banners.recorder import Recorder
from serving.http.workers import BusyError, Workers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class CountingStore(Store):
    """A store that remembers how many impressions each transaction had."""

    def __init__(self, url: str) -> None:
        """As `Store`."""
        super().__init__(url)
        self.batches: list[int] = []

    def record_impressions(self, impressions: list[Impression]) -> list[bool]:  # type: ignore[override]
        """As `Store.record_impressions`."""
        self.batches.append(len(impressions))
        return super().record_impressions(impressions)


def impression(number: int, propensity: float = 0.5) -> Impression:
    """One of two banners."""
    return Impression(f"i{number}", NOW, "home", 1, "ab"[number % 2], propensity)


def test_many_at_once_are_few_transactions(tmp_path: Path) -> None:
    """300 callers at a time: all are on record and counted, in a handful of transactions."""
    store, workers = CountingStore(f"sqlite:///{tmp_path / 'store.db'}"), Workers()

    async def all_at_once() -> None:
        recorder = Recorder(store.record_impressions, workers, "banners")
        await asyncio.gather(*(recorder.record([impression(number)]) for number in range(300)))

    asyncio.run(all_at_once())
    assert sum(store.batches) == 300
    assert len(store.batches) <= 4
    assert {banner: count.impressions for banner, count in store.counts("home").items()} == {"a": 150, "b": 150}
    assert store.read_impressions(NOW, NOW + timedelta(days=1)).height == 300
    workers.close()
    store.close()


def test_a_store_that_fails_is_told_to_those_who_wait(tmp_path: Path) -> None:
    """And the next one is written again."""
    store, workers = Store(f"sqlite:///{tmp_path / 'store.db'}"), Workers()

    async def fails_then_works() -> None:
        recorder = Recorder(store.record_impressions, workers, "banners")
        results = await asyncio.gather(
            *(recorder.record([impression(number, propensity=2.0)]) for number in range(3)), return_exceptions=True
        )
        assert [type(result) for result in results] == [ValueError] * 3
        assert await recorder.record([impression(9)]) == [True]

    asyncio.run(fails_then_works())
    assert store.read_impressions(NOW, NOW + timedelta(days=1))["impression_id"].to_list() == ["i9"]
    workers.close()
    store.close()


def test_what_comes_together_is_written_together() -> None:
    """Three, two and three at most four at a time: none is parted, and each call hears of its own."""
    workers, written = Workers(), []

    def write(records: Sequence[int]) -> list[int]:
        written.append(list(records))
        return [-record for record in records]

    async def three_callers() -> list[list[int]]:
        recorder = Recorder(write, workers, "numbers", at_once=4)
        return await asyncio.gather(*(recorder.record(of) for of in ([1, 2, 3], [4, 5], [6], [7, 8, 9, 10, 11])))

    assert asyncio.run(three_callers()) == [[-1, -2, -3], [-4, -5], [-6], [-7, -8, -9, -10, -11]]
    assert written == [[1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11]]
    workers.close()


def test_a_full_queue_pushes_back_and_is_drained() -> None:
    """Of 3 + 2 that may wait a sixth is refused; the caller of the two goes away, and they are written nevertheless."""
    workers, written, opened = Workers(), [], Event()

    def write(records: Sequence[int]) -> list[bool]:
        opened.wait()
        written.extend(records)
        return [True] * len(records)

    async def more_than_fit() -> None:
        recorder = Recorder(write, workers, "numbers", most=5, at_once=3)
        stays, goes = (asyncio.create_task(recorder.record(of)) for of in ([1, 2, 3], [4, 5]))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="Too many numbers are waiting"):
            await recorder.record([6])
        goes.cancel()
        opened.set()
        await recorder.drain()
        assert written == [1, 2, 3, 4, 5]
        assert await stays == [True] * 3
        assert await recorder.record([6]) == [True]

    asyncio.run(more_than_fit())
    workers.close()


def test_an_impression_counts_once(tmp_path: Path) -> None:
    """Twice in one transaction, and again in the next."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    assert store.record_impressions([impression(1), impression(1), impression(2)]) == [True, False, True]
    assert store.record_impressions([impression(1)]) == [False]
    with pytest.raises(ValueError, match="outside"):
        store.record_impressions([impression(3), impression(4, propensity=0.0)])
    assert {banner: count.impressions for banner, count in store.counts("home").items()} == {"a": 1, "b": 1}
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM banner_impressions")).scalar() == 2
    store.close()
