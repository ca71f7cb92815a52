"""The throughput benchmark counts what it says: every distinct reward is on record before it gives a figure."""

from pathlib import Path

import pytest

from benchmarks.banners.throughput import acknowledged_per_second
from resources.store import Rewarded, Store


def test_a_small_run(tmp_path: Path) -> None:
    """Singles and calls of ten, on one store."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    assert all(acknowledged_per_second(url, 50, per_call, 4) > 0 for per_call in (1, 10))


def test_a_reward_that_is_lost_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that says so and writes nothing."""
    monkeypatch.setattr(Store, "record_rewards", lambda _, given: [Rewarded("new", None) for _ in given])
    with pytest.raises(RuntimeError, match=r"0\.0 rewards are counted of 40 distinct ones"):
        acknowledged_per_second(f"sqlite:///{tmp_path / 'store.db'}", 50, 10, 4)
