"""A second release: one at a time, loaded by the thread of releases, gone when nobody looks at it."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from resources.store import Store
from resources.store.product_updates import ProductUpdates
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.live_updates import as_now
from serving.release.second import SecondRelease
from serving.release.snapshot import Snapshot
from tests.serving.conftest import FolderSource

Steps = Callable[[SecondRelease], Awaitable[None]]


@pytest.fixture
def source(source: FolderSource, bare_release: Path) -> FolderSource:
    """Versions 1 and 2, and a version 3 that is none."""
    for version in ("1", "2"):
        source.promote(version, bare_release)
    (source.root / "3").mkdir()
    return source


def run(source: FolderSource, scratch: Path, steps: Steps, kept_seconds: float = 60.0) -> None:
    """Take steps with a holder on an event loop."""

    async def inside() -> None:
        workers = Workers()
        second = SecondRelease(source.fetch, scratch, workers, kept_seconds=kept_seconds)
        try:
            await steps(second)
        finally:
            await second.close()
            workers.close()

    asyncio.run(inside())


async def until(there: Callable[[], object]) -> None:
    """Wait for something, half a minute at most."""
    async with asyncio.timeout(30):
        while not there():
            await asyncio.sleep(0.01)


def test_one_is_held_until_another_is_chosen(source: FolderSource, tmp_path: Path) -> None:
    """Another choice while one is loaded is refused; its files are gone from the disk at once."""
    scratch = tmp_path / "scratch"

    async def steps(second: SecondRelease) -> None:
        assert (second.find("1"), second.is_loading("1")) == (None, False)
        assert [second.begin("1"), second.begin("1")] == [True, False]
        assert (second.find("1"), second.is_loading("1"), second.is_loading("2")) == (None, True, False)
        with pytest.raises(ProblemError, match="Version 1 is being loaded") as refused:
            second.begin("2")
        assert refused.value.status == 409
        await until(lambda: second.find("1"))
        first = second.find("1")
        assert isinstance(first, Snapshot)
        assert (first.registry_version, list(scratch.iterdir())) == ("1", [])
        assert first.release.popularity.top(1).items.tolist() == [0]
        assert second.begin("1") is False
        assert second.find("1") is first
        gone = weakref.ref(first)
        del first, refused  # whose traceback holds it too
        second.begin("2")
        assert second.find("1") is None
        await until(lambda: second.find("2"))
        gc.collect()
        assert gone() is None

    run(source, scratch, steps)


def test_one_that_does_not_load_says_why_and_can_be_tried_again(source: FolderSource, tmp_path: Path) -> None:
    """The reason stays until another one is chosen."""

    async def steps(second: SecondRelease) -> None:
        for _ in range(2):
            second.begin("3")
            assert second.failure("3") is None
            await until(lambda: second.failure("3"))
            assert "manifest" in str(second.failure("3"))
            assert second.find("3") is None
        second.begin("1")
        await until(lambda: second.find("1"))
        assert second.failure("3") is None

    run(source, tmp_path / "scratch", steps)


def test_one_that_nobody_looks_at_goes(source: FolderSource, tmp_path: Path) -> None:
    """After its time, and not before while somebody looks; nothing else holds it then, so its memory is free."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    ProductUpdates(store.engine).record([("p00", {"price": 5.0}, datetime.now(UTC))], datetime.now(UTC))

    async def steps(second: SecondRelease) -> None:
        second.begin("1")
        await until(lambda: second.find("1"))
        held = second.find("1")
        assert held is not None
        assert as_now(store, held).shown[0].price == 5.0
        loaded = weakref.ref(held)
        del held
        await until(lambda: second._held is None)
        assert second.find("1") is None
        gc.collect()
        assert loaded() is None

    run(source, tmp_path / "scratch", steps, kept_seconds=0.05)
    store.close()


def test_one_that_is_being_loaded_does_not_keep_the_process(source: FolderSource, tmp_path: Path) -> None:
    """It is given up."""

    async def steps(second: SecondRelease) -> None:
        second.begin("1")

    run(source, tmp_path / "scratch", steps)
