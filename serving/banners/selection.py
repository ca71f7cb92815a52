"""Choosing banners by Thompson sampling whose propensities are exact.

What belongs here: the distribution over a slot's banners, drawing from it, and putting impressions and rewards on
record. What does not: priors and the distribution's definition (`assets.models.banner_bandit`), the store's tables.

The distribution of a slot comes from the release's priors and the store's counts of later days. It is kept for a
second: a banner is drawn from exactly the probabilities that are logged, so off-policy evaluation may trust them.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from secrets import token_hex

import numpy as np

from assets.models.banner_bandit import BannerPriors, thompson_distribution
from evaluation.arrays import Floats
from resources.store import ArmCount, Impression, Reward, Store
from serving.banners.recorder import ImpressionRecorder
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot

__all__ = ["BannerDesk", "Drawn", "draw"]

FRESH_SECONDS = 1.0
"""How long a slot's distribution is kept before the counts are read again."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A banner on record: ``propensity`` is the probability with which it was drawn."""

    impression_id: str
    slot: str
    banner_id: str
    propensity: float


@dataclass(frozen=True, slots=True)
class _Slot:
    arms: list[str]
    probabilities: Floats
    counts: dict[str, ArmCount]
    read_at: float


class BannerDesk:
    """Selects banners and takes rewards; use from one event loop."""

    def __init__(self, store: Store, workers: Workers, seed: int | None = None) -> None:
        self._store = store
        self._workers = workers
        self._recorder = ImpressionRecorder(store, workers)
        self._rng = np.random.default_rng(seed)
        self._slots: dict[tuple[str, str], _Slot] = {}

    async def select(
        self,
        snapshot: Snapshot,
        slot: str,
        *,
        position: int = 1,
        context: str | None = None,
        exclude: Collection[str] = (),
    ) -> Drawn:
        """Draw a banner for ``slot`` and put the impression on record.

        Raises:
            ProblemError: 404 if the release has no banners, no such slot, or every banner of it is excluded.
        """
        priors = _priors(snapshot)
        if slot not in priors.slots():
            raise ProblemError(
                404, "unknown-slot", f"There is no slot {slot!r}; there are {', '.join(priors.slots())}."
            )
        known = await self._distribution(snapshot, priors, slot)
        drawn = draw(known.arms, known.probabilities, exclude, self._rng)
        if drawn is None:
            raise ProblemError(404, "no-banner-left", f"Every banner of slot {slot!r} is excluded.")
        banner, propensity = drawn
        impression = Impression(token_hex(16), datetime.now(UTC), slot, position, banner, propensity, context)
        await self._recorder.record(impression)
        return Drawn(impression.impression_id, slot, banner, propensity)

    async def reward(self, slot: str, impression_id: str, reward: float) -> Reward:
        """Reward an impression once; again changes nothing and gives what is on record.

        Raises:
            ProblemError: 404 if no such impression is on record for ``slot``.
        """
        shown_in = await self._workers.run("store", self._store.slot_of, impression_id)
        if shown_in == slot:
            recorded = await self._workers.run("store", self._store.record_reward, impression_id, reward)
            if recorded is not None:
                return recorded
        raise ProblemError(
            404, "unknown-impression", f"Slot {slot!r} has no impression {impression_id!r} on record to reward."
        )

    async def _distribution(self, snapshot: Snapshot, priors: BannerPriors, slot: str) -> _Slot:
        key = (snapshot.version, slot)
        kept = self._slots.get(key)
        now = time.monotonic()
        if kept is not None and now - kept.read_at < FRESH_SECONDS:
            return kept
        # The priors hold everything up to the release's as-of day; only what came later is added.
        after = date.fromisoformat(snapshot.release.manifest.as_of)
        counts = await self._workers.run("store", self._store.counts, slot, after=after)
        if kept is not None and kept.counts == counts:
            fresh = _Slot(kept.arms, kept.probabilities, counts, now)
        else:
            fresh = _Slot(priors.arms(slot), _probabilities(priors, slot, counts, self._rng), counts, now)
        self._slots = {k: v for k, v in self._slots.items() if k[0] == snapshot.version} | {key: fresh}
        return fresh


def draw(
    arms: list[str], probabilities: Floats, exclude: Collection[str], rng: np.random.Generator
) -> tuple[str, float] | None:
    """Draw an arm; without the excluded ones the rest keep their proportions.

    Args:
        arms: Names.
        probabilities: float64[arms], above 0, summing to 1.
        exclude: Arms that may not be drawn.
        rng: Source of the draw.

    Returns:
        The arm and the probability with which it was drawn; none if every arm is excluded.
    """
    left = [i for i, arm in enumerate(arms) if arm not in exclude]
    if not left:
        return None
    shares = probabilities[left] / probabilities[left].sum()
    drawn = min(int(shares.cumsum().searchsorted(rng.random(), side="right")), len(left) - 1)
    return arms[left[drawn]], float(min(shares[drawn], 1.0))


def _priors(snapshot: Snapshot) -> BannerPriors:
    priors = snapshot.release.banner_priors
    if priors is None:
        reason = snapshot.missing.get("banner_priors", "it was built without them")
        raise ProblemError(404, "module-unavailable", f"This release has no banners: {reason}.")
    return priors


def _probabilities(priors: BannerPriors, slot: str, counts: dict[str, ArmCount], rng: np.random.Generator) -> Floats:
    """Probability of each arm: Beta posteriors, then the share of draws in which it is best, with a floor."""
    alpha, beta = (np.array(p, dtype=np.float64) for p in priors.prior(slot))
    for i, arm in enumerate(priors.arms(slot)):
        shown, rewards = counts.get(arm, ArmCount(0, 0.0))
        alpha[i] += rewards
        beta[i] += max(shown - rewards, 0.0)
    return thompson_distribution(alpha, beta, rng)
