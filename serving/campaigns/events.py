"""Feedback events: checked by the rules of the events contract, then kept in the operational store.

What belongs here: the rules that a single event must keep beyond its types, and the answer. A batch is taken whole
or not at all, so that a caller may send it again as it stands.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from resources.store import Store
from serving.http.problems import Invalid, ProblemError
from serving.http.workers import Workers
from serving.requests import EventIn

__all__ = ["EventsAnswer", "keep"]

MAX_AHEAD = timedelta(minutes=10)
"""How far a caller's clock may be ahead."""
MAX_REPORTED = 20


class EventsAnswer(msgspec.Struct, frozen=True):
    """How many events came, and how many of them were not on record yet."""

    received: int
    new: int


async def keep(
    events: Sequence[EventIn], store: Store, workers: Workers, release: str | None, *, late_days: int
) -> EventsAnswer:
    """Check a batch and put it on record; an event without a release was shown by the current one.

    Events older than ``late_days`` days are refused: the pipeline reads no further back, so they would be lost.

    Raises:
        ProblemError: 400 with the events that break a rule.
    """
    now = datetime.now(UTC)
    invalid = [
        Invalid(f"body: events[{i}]", rule) for i, e in enumerate(events) if (rule := _broken_rule(e, now, late_days))
    ]
    if invalid:
        detail = (
            f"{len(invalid)} of {len(events)} events break a rule; none was kept. See 'invalid' for the first ones."
        )
        raise ProblemError(400, "invalid-input", detail, invalid=tuple(invalid[:MAX_REPORTED]))
    rows = [
        {**msgspec.structs.asdict(e), "ts": e.ts or now, "release": e.release or (release if e.surface else None)}
        for e in events
    ]
    return EventsAnswer(len(events), await workers.run("store", store.add_events, rows))


def _broken_rule(event: EventIn, now: datetime, late_days: int) -> str | None:
    """The first rule of the contract that an event breaks, or none."""
    if event.user_id is None and event.session_id is None:
        return "has_actor: give a user_id, a session_id or both"
    if event.kind == "search" and event.query is None:
        return "has_subject: a search names its query"
    if event.kind not in ("search", "visit") and event.product_id is None:
        return "has_subject: every kind but search and visit names its product_id"
    if event.ts is not None and event.ts > now + MAX_AHEAD:
        return "ts: lies in the future"
    if event.ts is not None and event.ts < now - timedelta(days=late_days):
        return (
            f"ts: is older than {late_days} days, which is as far back as late events are read (late_days of the shop)"
        )
    return None
