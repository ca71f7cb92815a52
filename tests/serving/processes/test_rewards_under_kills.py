"""Rewards to four workers that are killed one after the other: what was acknowledged is counted, once.

``UPSHELF_TEST_REWARDS`` is how many are sent (default 10,000; 200,000 takes some minutes).
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from resources.store import Impression, Store
from tests.postgres_server import postgres_server
from tests.serving.processes.supervised import Server, WaitFor, serving

pytestmark = pytest.mark.slow

SENT = int(os.environ.get("UPSHELF_TEST_REWARDS", "10000"))
DUPLICATES, LATE, EARLY = 0.2, 0.05, 0.05
"""Shares of all that are sent twice; come after all others, a day after their impression; and before it."""
CALL, CLIENTS, WORKERS, KILLS, BANNERS = 50, 12, 4, 6, 7


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store, on a server of its own."""
    with nullcontext() if request.param == "sqlite" else postgres_server() as server:
        yield f"sqlite:///{tmp_path / 'rewards.db'}" if server is None else server.get_uri(driver="psycopg2")


def impression(number: int, ts: datetime) -> Impression:
    """One of a few banners."""
    return Impression(f"i{number}", ts, "home", 1, f"b{number % BANNERS}", 0.5)


async def until_acknowledged(http: httpx.AsyncClient, call: list[int]) -> list[dict[str, Any]]:
    """Send a batch again until it is answered: the connection ends with a killed worker, or too many wait."""
    body = {"rewards": [{"impression_id": f"i{number}", "reward": 1} for number in call]}
    while True:
        try:
            answer = await http.post("/v1/banners/rewards", json=body)
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if answer.status_code == httpx.codes.OK:
            rewards: list[dict[str, Any]] = answer.json()["rewards"]
            return rewards
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
        await asyncio.sleep(float(answer.headers["retry-after"]) / 10)


async def send(server: Server, calls: list[list[int]]) -> tuple[Counter[str], int]:
    """Send all calls by several clients while workers are killed; what was told of them, and how many were killed."""
    outcomes: Counter[str] = Counter()
    left, killed, done, draw = iter(calls), 0, 0, random.Random(7)  # noqa: S311

    async def client() -> None:
        nonlocal done, killed
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            for call in left:
                outcomes.update(one["outcome"] for one in await until_acknowledged(http, call))
                done += 1
                if done * (KILLS + 1) > len(calls) * (killed + 1) and killed < KILLS and (alive := server.workers()):
                    os.kill(draw.choice(alive), signal.SIGKILL)
                    killed += 1

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return outcomes, killed


def test_counts_are_the_distinct_acknowledged_rewards(tmp_path: Path, store_url: str, wait_for: WaitFor) -> None:
    """Exactly, by banner and day, though some come twice, before their impression, or a day after it."""
    distinct, draw, now = int(SENT * (1 - DUPLICATES)), random.Random(3), datetime.now(UTC)  # noqa: S311
    order = draw.sample(range(distinct), distinct)
    late, early = order[: int(SENT * LATE)], order[int(SENT * LATE) : int(SENT * (LATE + EARLY))]
    shown_at = dict.fromkeys(order, now) | dict.fromkeys(late, now - timedelta(days=1))
    store = Store(store_url)
    known = [number for number in order if number not in set(early)]
    for start in range(0, len(known), 1_000):
        store.record_impressions([impression(n, shown_at[n]) for n in known[start : start + 1_000]])
    timely = order[len(late) :]
    sent = timely + draw.sample(timely, SENT - distinct)
    draw.shuffle(sent)
    sent += late
    calls = [sent[start : start + CALL] for start in range(0, len(sent), CALL)]

    async def load(server: Server) -> tuple[Counter[str], int]:
        running = asyncio.create_task(send(server, calls))
        for start in range(0, len(early), 50):
            part = [impression(n, shown_at[n]) for n in early[start : start + 50]]
            await asyncio.to_thread(store.record_impressions, part)
            await asyncio.sleep(0.1)
        return await running

    with serving(tmp_path, wait_for, workers=WORKERS, STORE_URL=store_url) as server:
        outcomes, killed = asyncio.run(load(server))
        assert server.stop() == 0
    assert killed == KILLS
    assert sum(outcomes.values()) == SENT
    assert outcomes["repeated"] > 0
    assert outcomes["unknown"] > 0
    expected = Counter((shown_at[n].date(), f"b{n % BANNERS}") for n in order)
    counted = store.daily_counts("home", after=now.date() - timedelta(days=3))
    store_counts = {(day, banner): count for day, of in counted.items() for banner, count in of.items()}
    frame = store.read_impressions(now - timedelta(days=3), now + timedelta(days=1))
    waiting = store.early_rewards()
    store.close()
    assert {key: count.rewards for key, count in store_counts.items()} == dict(expected)
    assert {key: count.impressions for key, count in store_counts.items()} == dict(expected)
    assert frame.height == distinct
    assert frame["reward"].sum() == distinct
    assert waiting == 0
