"""Rewards of banners on their way to the store: many at a time, and each counted by what became of it.

What belongs here: the queue, the counting, and what is answered. When a reward counts is `resources.store.rewards`' to
say.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from resources.store import Given, Reward, Rewarded, Store
from resources.store.rewards import Outcome
from serving.banners.recorder import Recorder
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.watch.metrics import Metrics

__all__ = ["RewardAnswer", "RewardDesk", "RewardsAnswer"]

MAX_WAITING = 20_000
MAX_BATCH = 1_000
"""Rewards of one transaction."""


class RewardAnswer(msgspec.Struct, frozen=True):
    """What is on record for an impression: the first reward that arrived."""

    impression_id: str
    slot: str
    banner_id: str
    reward: float


class RewardOut(msgspec.Struct, frozen=True):
    """What became of a reward, and what is on record for its impression."""

    impression_id: str
    outcome: Outcome
    """``unknown``: no such impression is on record; the reward is kept for some days, and counts if it comes."""
    slot: str | None
    banner_id: str | None
    reward: float | None

    @classmethod
    def of(cls, given: Given, found: Rewarded) -> "RewardOut":
        """What became of the reward that was given."""
        if (kept := found.on_record) is None:
            return cls(given.impression_id, found.outcome, None, None, None)
        return cls(given.impression_id, found.outcome, kept.slot, kept.banner_id, kept.reward)


class RewardsAnswer(msgspec.Struct, frozen=True):
    """How many rewards came, how many of them were new, and what became of each, in the order they were sent."""

    received: int
    new: int
    rewards: list[RewardOut]

    @classmethod
    def of(cls, given: Sequence[Given], found: Sequence[Rewarded]) -> "RewardsAnswer":
        """What became of all that were given."""
        told = [RewardOut.of(*each) for each in zip(given, found, strict=True)]
        return cls(len(told), sum(one.outcome == "new" for one in told), told)


class RewardDesk:
    """Takes rewards; use from one event loop."""

    def __init__(self, store: Store, workers: Workers, metrics: Metrics) -> None:
        self._counter = metrics.rewards
        self._recorder = Recorder(store.record_rewards, workers, "rewards", most=MAX_WAITING, at_once=MAX_BATCH)

    async def take(self, given: Sequence[Given]) -> list[Rewarded]:
        """Reward impressions; what became of each is told once all are on record.

        Raises:
            BusyError: If too many are waiting.
        """
        found = await self._recorder.record(given)
        for outcome, times in Counter(one.outcome for one in found).items():
            self._counter.labels(outcome).inc(times)
        return found

    async def take_one(self, slot: str, impression_id: str, reward: float) -> Reward:
        """Reward an impression once; again changes nothing and gives what is on record.

        Raises:
            ProblemError: 404 if no such impression is on record for ``slot``.
            BusyError: If too many are waiting.
        """
        found = (await self.take([Given(impression_id, reward, slot)]))[0].on_record
        if found is None:
            raise ProblemError(
                404,
                "unknown-impression",
                f"Slot {slot!r} has no impression {impression_id!r} on record to reward. The reward is kept for some "
                "days, and counts if the impression comes.",
            )
        return found

    async def drain(self) -> None:
        """Return once everything that was taken is on record."""
        await self._recorder.drain()
