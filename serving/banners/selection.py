"""Choosing banners by Thompson sampling whose propensities are exact.

What belongs here: the distribution over a slot's banners, drawing from it, and putting impressions and rewards on
record. What does not: priors and the distribution's definition (`assets.models.banners`), the store's tables.

The distribution of a slot comes from the release's priors and the store's counts of later days, over the banners that
may be shown: not paused, meant for the day and the context, and not shown as often as they may be. It is kept for a
second: a banner is drawn from exactly the probabilities that are logged, so off-policy evaluation may trust them.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping
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

__all__ = ["NO_BANNER_LEFT", "BannerDesk", "Drawn", "draw", "require_slot"]

NO_BANNER_LEFT = "no-banner-left"
"""Kind of the problem that none of a slot's banners may be shown."""
FRESH_SECONDS = 1.0
"""How long a slot's distribution is kept before the counts are read again."""
NEARLY_SPENT = 0.9
"""Share of its cap from which on the counts of a banner are read again before each selection."""
MEANWHILE = 16
"""For each banner drawn here since its counts were read, so many may have been drawn, or rewarded, elsewhere: a cap is
exceeded by what is drawn at the same moment, and by no more than a few besides."""
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
    read_at: float
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


@dataclass(frozen=True, slots=True)
class _Caps:
    """How often banners that have a cap were shown, in all slots and on all days."""

    totals: dict[str, ArmCount]
    read_at: float
    drawn: Counter[str] = field(default_factory=Counter)
    """Banners drawn here since."""

    def is_spent(self, banner: str, terms: Terms) -> bool:
        """Whether a banner was shown as often as it may be."""
        if banner not in self.totals:
            return False
        shown, rewards = self.totals[banner]
        return terms.are_spent(shown + self.drawn[banner], rewards)

    def is_nearly_spent(self, declared: Mapping[str, Terms]) -> bool:
        """Whether a banner that was drawn is near its cap and not yet beyond, so that what others show counts."""
        for banner, drawn in self.drawn.items():
            shown, rewards = self.totals[banner]
            meanwhile, terms = MEANWHILE * drawn, declared[banner]
            near = terms.are_spent(int((shown + meanwhile) / NEARLY_SPENT), (rewards + meanwhile) / NEARLY_SPENT)
            if near and not terms.are_spent(shown, rewards):
                return True
        return False


_NO_CAPS = _Caps({}, 0.0)


class BannerDesk:
    """Selects banners and takes rewards; use from one event loop."""

    def __init__(self, store: Store, workers: Workers, seed: int | None = None) -> None:
        self._store = store
        self._workers = workers
        self._recorder = ImpressionRecorder(store, workers)
        self._rng = np.random.default_rng(seed)
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._caps: dict[str, _Caps] = {}

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
        require_slot(priors, slot)
        known, caps = await self._distribution(snapshot, priors, slot), await self._counted(snapshot, priors)
        now = datetime.now(UTC)
        terms = {arm: priors.declared[arm] for arm in known.arms} if priors.declared else {}
        unfit = frozenset(
            arm for arm, of in terms.items() if not of.are_kept(now.date(), context or {}) or caps.is_spent(arm, of)
        )
        drawn = draw(*known.odds_without(unfit, self._rng), exclude, self._rng)
        if drawn is None:
            raise ProblemError(
                404,
                NO_BANNER_LEFT,
                f"No banner of slot {slot!r} may be shown: each is excluded, paused, not meant for this day or "
                "context, or was shown as often as it may be.",
            )
        banner, propensity = drawn
        if banner in caps.totals:
            caps.drawn[banner] += 1
        impression = Impression(token_hex(16), now, slot, position, banner, propensity, text)
        await self._recorder.record(impression)
        content = terms[banner].content if terms else None
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
        if kept is not None and now - kept.read_at < FRESH_SECONDS:
            return kept
        # The priors hold everything up to the release's as-of day; only what came later is added.
        after = date.fromisoformat(snapshot.release.manifest.as_of)
        counts = await self._workers.run("store", self._store.counts, slot, after=after)
        fresh = _Slot(priors.arms(slot), *_posteriors(priors, slot, counts), counts, now)
        if kept is not None and kept.counts == counts:
            fresh.odds.update(kept.odds)
        self._slots = {k: v for k, v in self._slots.items() if k[0] == snapshot.version} | {key: fresh}
        return fresh

    async def _counted(self, snapshot: Snapshot, priors: BannerPriors) -> _Caps:
        """Counts of the banners that have a cap: read anew each second, and at each selection where one is near it."""
        capped = [arm for arm, terms in priors.declared.items() if terms.are_counted]
        if not capped:
            return _NO_CAPS
        kept, now = self._caps.get(snapshot.version), time.monotonic()
        if kept is not None and now - kept.read_at < FRESH_SECONDS and not kept.is_nearly_spent(priors.declared):
            return kept
        counted = await self._workers.run("store", self._store.totals, capped)
        fresh = _Caps({arm: counted.get(arm, _NEVER) for arm in capped}, now)
        self._caps = {snapshot.version: fresh}
        return fresh


def require_slot(priors: BannerPriors, slot: str) -> None:
    """Refuse a slot that has no banners.

    Raises:
        ProblemError: 404 with the slots that there are.
    """
    if slot not in priors.slots():
        raise ProblemError(404, "unknown-slot", f"There is no slot {slot!r}; there are {', '.join(priors.slots())}.")


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
