"""Choosing banners by Thompson sampling whose propensities are exact.

What belongs here: the distribution over a slot's banners, drawing from it, and putting impressions and rewards on
record. What does not: priors and the distribution's definition (`assets.models.banners`), the store's tables.

The distribution of a slot comes from the release's priors and the store's counts of later days, over the banners that
may be shown: not paused, meant for the day and the context, and not shown as often as they may be. It is kept for a
second: a banner is drawn from exactly the probabilities that are logged, so off-policy evaluation may trust them.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from secrets import token_hex

import msgspec
import numpy as np

from assets.models.banners.bandit import BannerPriors, thompson_distribution
from assets.models.banners.terms import Terms
from evaluation.arrays import Floats
from resources.store import ArmCount, Impression, Reward, Store
from resources.store.store_tables import MAX_CONTEXT_CHARS
from serving.banners.recorder import ImpressionRecorder
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot

__all__ = ["BannerDesk", "Drawn", "draw"]

FRESH_SECONDS = 1.0
"""How long a slot's distribution is kept before the counts are read again."""
NEARLY_SPENT = 0.9
"""Share of its cap from which on the counts of a banner are read again before each selection."""
MEANWHILE = 16
"""For each banner drawn here since its counts were read, so many may have been drawn by other workers and in other
slots: a cap is exceeded by no more than what is drawn at the same moment."""
MAX_KEPT_ODDS = 64
"""Of one slot: as many different sets of banners are told apart by contexts."""

_NEVER = ArmCount(0, 0.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A banner on record: ``propensity`` is the probability with which it was drawn."""

    impression_id: str
    slot: str
    banner_id: str
    propensity: float
    content: str | None
    """What the shop has declared that a storefront shows."""


@dataclass(frozen=True, slots=True)
class _Slot:
    arms: list[str]
    alpha: Floats
    beta: Floats
    """Of each arm's posterior, float64[arms]."""
    counts: dict[str, ArmCount]
    totals: dict[str, ArmCount]
    """Of the banners that have a cap, in all slots and on all days."""
    read_at: float
    drawn: Counter[str] = field(default_factory=Counter)
    """Banners drawn here since the counts were read."""
    odds: dict[frozenset[str], tuple[list[str], Floats]] = field(default_factory=dict)
    """Banners that may not be shown → the others, and their probabilities."""

    def odds_without(self, unfit: frozenset[str], rng: np.random.Generator) -> tuple[list[str], Floats]:
        """The banners that may be shown, and the probability of each; both empty where there is none."""
        if unfit not in self.odds:
            fit = [i for i, arm in enumerate(self.arms) if arm not in unfit]
            shares = thompson_distribution(self.alpha[fit], self.beta[fit], rng) if fit else np.empty(0)
            if len(self.odds) >= MAX_KEPT_ODDS:
                self.odds.clear()
            self.odds[unfit] = [self.arms[i] for i in fit], shares
        return self.odds[unfit]


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
        context: Mapping[str, str | int | float | bool] | None = None,
        exclude: Collection[str] = (),
    ) -> Drawn:
        """Draw a banner for ``slot`` and put the impression, with its context, on record.

        Raises:
            ProblemError: 404 if the release has no banners, no such slot, or none of its banners may be shown now;
                400 if the context is too long.
        """
        text = context_text(context or {})
        priors = _priors(snapshot)
        if slot not in priors.slots():
            raise ProblemError(
                404, "unknown-slot", f"There is no slot {slot!r}; there are {', '.join(priors.slots())}."
            )
        known = await self._distribution(snapshot, priors, slot)
        now = datetime.now(UTC)
        unfit = frozenset(_unfit(priors.declared, known, now.date(), context or {}))
        drawn = draw(*known.odds_without(unfit, self._rng), exclude, self._rng)
        if drawn is None:
            raise ProblemError(
                404,
                "no-banner-left",
                f"No banner of slot {slot!r} may be shown: each is excluded, paused, not meant for this day or "
                "context, or was shown as often as it may be.",
            )
        banner, propensity = drawn
        known.drawn[banner] += 1
        impression = Impression(token_hex(16), now, slot, position, banner, propensity, text)
        await self._recorder.record(impression)
        content = priors.declared[banner].content if priors.declared else None
        return Drawn(impression.impression_id, slot, banner, propensity, content)

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
        is_fresh = kept is not None and now - kept.read_at < FRESH_SECONDS
        if kept is not None and is_fresh and not _is_nearly_spent(priors.declared, kept):
            return kept
        # The priors hold everything up to the release's as-of day; only what came later is added.
        after = date.fromisoformat(snapshot.release.manifest.as_of)
        counts = await self._workers.run("store", self._store.counts, slot, after=after)
        capped = [arm for arm in priors.arms(slot) if arm in priors.declared and priors.declared[arm].are_counted]
        counted = await self._workers.run("store", self._store.totals, capped) if capped else {}
        totals = {arm: counted.get(arm, _NEVER) for arm in capped}
        fresh = _Slot(priors.arms(slot), *_posteriors(priors, slot, counts), counts, totals, now)
        if kept is not None and kept.counts == counts:
            fresh.odds.update(kept.odds)
        self._slots = {k: v for k, v in self._slots.items() if k[0] == snapshot.version} | {key: fresh}
        return fresh


def context_text(context: Mapping[str, str | int | float | bool]) -> str | None:
    """A context as JSON text with sorted keys; none if it is empty.

    Raises:
        ProblemError: 400 if it is longer than the store keeps.
    """
    if not context:
        return None
    text = msgspec.json.encode(context, order="sorted").decode()
    if len(text) > MAX_CONTEXT_CHARS:
        raise ProblemError(
            400,
            "invalid-input",
            f"The context is {len(text)} characters of JSON; at most {MAX_CONTEXT_CHARS} are kept.",
        )
    return text


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


def _unfit(declared: Mapping[str, Terms], slot: _Slot, day: date, context: Mapping[str, object]) -> Iterator[str]:
    """Banners of a slot that may not be shown now; of a shop that declares none, all may."""
    for arm in slot.arms if declared else ():
        shown, rewards = slot.totals.get(arm, _NEVER)
        if not declared[arm].are_kept(day, context) or declared[arm].are_spent(shown + slot.drawn[arm], rewards):
            yield arm


def _is_nearly_spent(declared: Mapping[str, Terms], slot: _Slot) -> bool:
    """Whether a banner of a slot is near its cap and not yet beyond, so that what others show meanwhile counts."""
    for arm, drawn in slot.drawn.items() if slot.totals else ():
        if arm not in slot.totals:
            continue
        shown, rewards = slot.totals[arm]
        near = declared[arm].are_spent(int((shown + MEANWHILE * drawn) / NEARLY_SPENT), rewards / NEARLY_SPENT)
        if near and not declared[arm].are_spent(shown, rewards):
            return True
    return False


def _priors(snapshot: Snapshot) -> BannerPriors:
    priors = snapshot.release.banner_priors
    if priors is None:
        reason = snapshot.missing.get("banner_priors", "it was built without them")
        raise ProblemError(404, "module-unavailable", f"This release has no banners: {reason}.")
    return priors


def _posteriors(priors: BannerPriors, slot: str, counts: dict[str, ArmCount]) -> tuple[Floats, Floats]:
    """α and β of each arm's Beta: its prior, and what was counted since."""
    alpha, beta = (np.array(p, dtype=np.float64) for p in priors.prior(slot))
    for i, arm in enumerate(priors.arms(slot)):
        shown, rewards = counts.get(arm, _NEVER)
        alpha[i] += rewards
        beta[i] += max(shown - rewards, 0.0)
    return alpha, beta
