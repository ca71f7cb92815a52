"""What came of banners: rewards of impressions, once each, whenever and however often they arrive.

What belongs here: writing rewards and the counts of banners. What does not: impressions themselves
(`resources.store.operational_store`).

The first reward of an impression that arrives stays. One that arrives before its impression is kept apart, and counts
once the impression comes; it is given up after ``KEPT_DAYS``.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from resources.store.instants import US, day_of, micros
from resources.store.store_tables import COUNTS, EARLY_REWARDS, IMPRESSIONS, add_counts, insert_new

__all__ = [
    "CountKey",
    "Given",
    "Outcome",
    "Reward",
    "Rewarded",
    "add_to_counts",
    "credit_early",
    "keep_from_early",
    "record_rewards",
]

KEPT_DAYS = 7
Outcome = Literal["new", "repeated", "unknown"]
CountKey = tuple[str, str, str]
"""Slot, banner and UTC day of the impression."""
_EARLY_LOCK = 7_853_518
"""PostgreSQL's advisory lock between impressions, which share it, and rewards that find none, which hold it alone."""

_PUT = {
    "sqlite": sa.text(
        "WITH given (id, reward) AS (SELECT value ->> 0, value ->> 1 FROM json_each(:rewards)) "
        "UPDATE banner_impressions SET reward = given.reward, rewarded_at_us = :at "
        "FROM given WHERE impression_id = given.id"
    ),
    "postgresql": sa.text(
        "UPDATE banner_impressions SET reward = given.reward, rewarded_at_us = :at "
        "FROM unnest(CAST(:ids AS text[]), CAST(:rewards AS float8[])) AS given (id, reward) "
        "WHERE impression_id = given.id"
    ),
}
"""One text each, however many rewards: a statement of that many parameters takes longer to put together than to run."""


class Given(NamedTuple):
    """A reward in [0, 1] as it arrives; ``slot`` where the caller has named it, which must then be the impression's."""

    impression_id: str
    reward: float
    slot: str | None = None


class Reward(NamedTuple):
    """What is on record for an impression: the first reward that arrived stays."""

    impression_id: str
    slot: str
    banner_id: str
    reward: float


class Rewarded(NamedTuple):
    """What became of a reward."""

    outcome: Outcome
    """``unknown``: no such impression is on record, in the slot that was named."""
    on_record: Reward | None
    """None where it is unknown."""


class _Shown(NamedTuple):
    """An impression on record."""

    impression_id: str
    slot: str
    banner_id: str
    ts_us: int
    reward: float | None


def record_rewards(engine: sa.Engine, given: Sequence[Given], at: datetime | None = None) -> list[Rewarded]:
    """Reward impressions, all in one transaction; what became of each, in the order given.

    Args:
        engine: Of the store.
        given: Some thousands at most, also several of one impression.
        at: When they arrived (default: now).

    Raises:
        ValueError: If a reward is outside [0, 1]; none is kept.
    """
    for one in given:
        if not 0 <= one.reward <= 1:
            raise ValueError(f"reward {one.reward} of impression '{one.impression_id}' is outside [0, 1]")
    ids = sorted({one.impression_id for one in given})
    at_us = micros(at or datetime.now(UTC))
    with engine.begin() as connection:
        shown = _lock(connection, ids)
        found, new = _judge(given, shown)
        early = {one.impression_id: one for one in reversed(given) if one.impression_id not in shown}
        if early:
            _keep_early(connection, early.values(), at_us)
        _put(connection, new, at_us)
        added: dict[CountKey, float] = defaultdict(float)
        for impression, reward in new.items():
            row = shown[impression]
            added[row.slot, row.banner_id, day_of(row.ts_us)] += reward
        add_to_counts(connection, {key: (0, reward) for key, reward in added.items()})
    return found


def keep_from_early(connection: sa.Connection) -> None:
    """Begin a transaction that writes impressions: no reward is put apart between them and their commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(_EARLY_LOCK)))


def credit_early(connection: sa.Connection, shown: Mapping[str, CountKey], at_us: int) -> dict[CountKey, float]:
    """Give impressions that are new the rewards that came before them; the sum of these by count.

    Args:
        connection: In the transaction that wrote the impressions, which `keep_from_early` began.
        shown: Impression → where it counts.
        at_us: Now, in microseconds since 1970.
    """
    c = EARLY_REWARDS.c
    rows = connection.execute(sa.select(c.impression_id, c.reward, c.slot).where(c.impression_id.in_(shown))).all()
    new = {r.impression_id: float(r.reward) for r in rows if r.slot is None or r.slot == shown[r.impression_id][0]}
    added: dict[CountKey, float] = defaultdict(float)
    if new:
        _put(connection, new, at_us)
        connection.execute(sa.delete(EARLY_REWARDS).where(c.impression_id.in_(new)))
        for impression, reward in new.items():
            added[shown[impression]] += reward
    return added


def add_to_counts(connection: sa.Connection, added: Mapping[CountKey, tuple[int, float]]) -> None:
    """Add impressions and rewards to the counts of banners."""
    names = [column.name for column in COUNTS.columns]
    # In key order, so that two transactions cannot lock each other out.
    rows = [dict(zip(names, (*key, *counts), strict=True)) for key, counts in sorted(added.items())]
    if rows:
        connection.execute(add_counts(connection.dialect.name), rows)


def _lock(connection: sa.Connection, ids: Sequence[str]) -> dict[str, _Shown]:
    """Impression → its row, none of which others change before the end of the transaction.

    Where one is not on record, none comes on record before the end either.
    """
    c = IMPRESSIONS.c
    query = sa.select(*(c[name] for name in _Shown._fields)).where(c.impression_id.in_(ids))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.execute(sa.select(sa.func.count()).where(c.impression_id.in_(ids))).scalar_one() < len(ids):
        # Before any row is locked: impressions that are being written may wait for one of the counts.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_EARLY_LOCK)))
    # In key order, so that two transactions cannot lock each other out.
    rows = connection.execute(query.order_by(c.impression_id).with_for_update())
    return {row.impression_id: _Shown(*row) for row in rows}


def _judge(given: Sequence[Given], shown: Mapping[str, _Shown]) -> tuple[list[Rewarded], dict[str, float]]:
    """What becomes of each reward, and those that are new: impression → reward."""
    found: list[Rewarded] = []
    new: dict[str, float] = {}
    for one in given:
        row = shown.get(one.impression_id)
        if row is None or one.slot not in (None, row.slot):
            found.append(Rewarded("unknown", None))
            continue
        outcome: Outcome = "repeated"
        if row.reward is None and one.impression_id not in new:
            outcome, new[one.impression_id] = "new", one.reward
        reward = new.get(one.impression_id, row.reward)
        found.append(Rewarded(outcome, Reward(one.impression_id, row.slot, row.banner_id, reward or 0.0)))
    return found, new


def _keep_early(connection: sa.Connection, early: Iterable[Given], at_us: int) -> None:
    """Put rewards apart whose impressions are not on record, and give up those of long ago."""
    rows = [one._asdict() | {"arrived_at_us": at_us} for one in early]
    connection.execute(insert_new(EARLY_REWARDS, connection.dialect.name).values(rows))
    old = at_us - timedelta(days=KEPT_DAYS) // US
    connection.execute(sa.delete(EARLY_REWARDS).where(EARLY_REWARDS.c.arrived_at_us < old))


def _put(connection: sa.Connection, rewards: Mapping[str, float], at_us: int) -> None:
    """Write rewards into the rows of their impressions, in one statement."""
    if not rewards:
        return
    if connection.dialect.name == "sqlite":
        values: dict[str, Any] = {"rewards": json.dumps(list(rewards.items()))}
    else:
        values = {"ids": list(rewards), "rewards": list(rewards.values())}
    connection.execute(_PUT[connection.dialect.name], {**values, "at": at_us})
