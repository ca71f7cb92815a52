"""Choosing banners by policies whose propensities are exact.

What belongs here: which banners may be shown, drawing them, and putting impressions on record. What does
not: the distribution over a slot's banners (`odds`) and its definition (`assets.models.banners`), rewards (`rewards`).

The distribution of a slot comes from the release's priors and the store's counts of later days, over the banners that
may be shown: not paused, meant for the day and the context, and not shown as often as they may be. Counts are read
anew each second. A banner is drawn from exactly the probabilities that are logged, which off-policy evaluation trusts.
"""

import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from secrets import token_hex

import msgspec
import numpy as np

from assets.models.banners.bandit import BannerPriors
from resources.store import Impression, Store
from resources.store.store_tables import MAX_CONTEXT_CHARS
from serving.banners.caps import NEVER, NO_CAPS, Caps
from serving.banners.known_users import known_of
from serving.banners.odds import SlotOdds, draw
from serving.banners.recorder import Recorder
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot

__all__ = ["NO_BANNER_LEFT", "BannerDesk", "Drawn", "require_slot"]

NO_BANNER_LEFT = "no-banner-left"
"""Kind of the problem that none of a slot's banners may be shown."""
FRESH_SECONDS = 1.0
"""How long a slot's distribution is kept before the counts are read again."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A banner on record: ``propensity`` is the probability with which it was drawn, given those above it."""

    impression_id: str
    slot: str
    position: int
    banner_id: str
    propensity: float
    policy: str
    """Of the slot, by which it was drawn."""
    content: str | None
    """What the shop has declared that a storefront shows."""


class BannerDesk:
    """Selects banners; use from one event loop."""

    def __init__(self, store: Store, workers: Workers, seed: int | None = None) -> None:
        self._store = store
        self._workers = workers
        self._recorder = Recorder(store.record_impressions, workers, "banners")
        self._rng = np.random.default_rng(seed)
        self._slots: dict[tuple[str, str], SlotOdds] = {}
        self._caps: dict[str, Caps] = {}

    async def select(
        self,
        snapshot: Snapshot,
        slot: str,
        *,
        position: int = 1,
        count: int = 1,
        context: Mapping[str, str | int | float | bool] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Drawn]:
        """Draw ``count`` banners for ``slot``, none twice, and put the impressions, with their context, on record.

        Where ``context`` names a ``user_id``, what the slot asks of users is added to it, as the release knows it.

        Returns:
            At least one, from ``position`` on; fewer than ``count`` where fewer may be shown.

        Raises:
            ProblemError: 404 if the release has no banners, no such slot, or none of its banners may be shown now;
                400 if the context is too long.
        """
        priors = _priors(snapshot)
        require_slot(priors, slot)
        known, caps = await self._distribution(snapshot, priors, slot), await self._counted(snapshot, priors)
        now = datetime.now(UTC)
        context = {} if context is None else context
        if known.asks and "user_id" in context:
            context = {**context, **known_of(snapshot.release, str(context["user_id"]), known.asks, now)}
        text = context_text(context)
        terms = {arm: priors.declared[arm] for arm in known.arms} if priors.declared else {}
        unfit = frozenset(
            arm for arm, of in terms.items() if not of.are_kept(now.date(), context) or caps.is_spent(arm, of)
        )
        drawn = draw(*known.odds_without(unfit, context, self._rng), exclude, self._rng, count)
        if not drawn:
            raise ProblemError(
                404,
                NO_BANNER_LEFT,
                f"No banner of slot {slot!r} may be shown: each is excluded, paused, not meant for this day or "
                "context, or was shown as often as it may be.",
            )
        caps.drawn.update(banner for banner, _ in drawn if banner in caps.totals)
        policy, release, digest = known.policy.name, snapshot.version, context_hash(context)
        shown = [
            Impression(token_hex(16), now, slot, position + i, banner, propensity, text, policy, release, digest)
            for i, (banner, propensity) in enumerate(drawn)
        ]
        await self._recorder.record(shown)
        return [
            Drawn(
                one.impression_id,
                slot,
                one.position,
                one.banner_id,
                one.propensity,
                policy,
                terms[one.banner_id].content if terms else None,
            )
            for one in shown
        ]

    async def drain(self) -> None:
        """Return once every banner that was drawn is on record."""
        await self._recorder.drain()

    async def _distribution(self, snapshot: Snapshot, priors: BannerPriors, slot: str) -> SlotOdds:
        key = (snapshot.version, slot)
        kept = self._slots.get(key)
        now = time.monotonic()
        if kept is not None and now - kept.read_at < FRESH_SECONDS:
            return kept
        # The priors hold everything up to the release's as-of day; only what came later is added.
        after = date.fromisoformat(snapshot.release.manifest.as_of)
        counts = await self._workers.run("store", self._store.daily_counts, slot, after=after)
        fresh = SlotOdds.of(priors, slot, counts, as_of=after, today=datetime.now(UTC).date(), read_at=now)
        if kept is not None and kept.is_as(fresh):
            fresh.odds.update(kept.odds)
        self._slots = {k: v for k, v in self._slots.items() if k[0] == snapshot.version} | {key: fresh}
        return fresh

    async def _counted(self, snapshot: Snapshot, priors: BannerPriors) -> Caps:
        """Counts of the banners that have a cap: read anew each second, and at each selection where one is near it."""
        capped = [arm for arm, terms in priors.declared.items() if terms.are_counted]
        if not capped:
            return NO_CAPS
        kept, now = self._caps.get(snapshot.version), time.monotonic()
        if kept is not None and now - kept.read_at < FRESH_SECONDS and not kept.is_nearly_spent(priors.declared):
            return kept
        counted = await self._workers.run("store", self._store.totals, capped)
        fresh = Caps({arm: counted.get(arm, NEVER) for arm in capped}, now)
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
            field="context",
        )
    return text


def context_hash(context: Mapping[str, str | int | float | bool]) -> str | None:
    """Sixteen hex digits of the SHA-256 of a context as JSON, without its ``user_id``; none where nothing is left.

    It tells which impressions had the same context, also where the context was deleted, and names nobody.
    """
    of_all = {key: value for key, value in context.items() if key != "user_id"}
    return hashlib.sha256(msgspec.json.encode(of_all, order="sorted")).hexdigest()[:16] if of_all else None


def _priors(snapshot: Snapshot) -> BannerPriors:
    priors = snapshot.release.banner_priors
    if priors is None:
        reason = snapshot.missing.get("banner_priors", "it was built without them")
        raise ProblemError(404, "module-unavailable", f"This release has no banners: {reason}.")
    return priors
