"""The operational store: what the running API must remember between two nightly runs, and nothing else.

What belongs here: banner impressions with their rewards, the counts that a bandit learns from between releases,
and feedback events, written to SQLite (WAL) or PostgreSQL; and reading a day of them back in canonical columns for the
lake. What does not: the schema (`resources.store.store_tables`), any policy or model (`assets.models.banners`).

Counts are kept by day of the impression, because a release's priors already hold everything up to its as-of day:
a policy adds only what came after. Writing the same impression, reward or event twice counts once.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa

from resources.contracts import CONTRACTS
from resources.store.database import make_tables, open_engine
from resources.store.errors import as_store_error
from resources.store.forgotten import forgotten_among, user_of
from resources.store.frames import frame_of
from resources.store.instants import day_of, instant, micros
from resources.store.rewards import (
    CountKey,
    Given,
    Reward,
    Rewarded,
    add_to_counts,
    credit_early,
    keep_from_early,
    record_rewards,
)
from resources.store.store_tables import (
    COUNTS,
    EARLY_REWARDS,
    EVENTS,
    IMPRESSIONS,
    MAX_CONTEXT_CHARS,
    insert_new,
)

__all__ = ["ArmCount", "Impression", "Store"]

VIEWED_KINDS = ("view", "click", "add_to_cart")
"""Kinds of events that the lake's sessions are made of."""


class Impression(NamedTuple):
    """A banner shown: ``propensity`` in (0, 1] is the probability with which it was drawn; ``context`` JSON text."""

    impression_id: str
    ts: datetime
    slot: str
    position: int
    banner_id: str
    propensity: float
    context: str | None = None
    policy: str | None = None
    """By which it was drawn."""
    release: str | None = None
    """Version of the release that drew it."""
    context_hash: str | None = None
    """The same for equal contexts, whoever the user; the context itself may be gone."""


class ArmCount(NamedTuple):
    """Impressions of a banner and the sum of their rewards (each in [0, 1])."""

    impressions: int
    rewards: float


class Store:
    """The operational store behind one SQLAlchemy URL; the first use makes its tables. Several threads may use it.

    Args:
        url: ``sqlite:///path`` (the folder is made) or ``postgresql+psycopg2://…``.

    Raises:
        ValueError: If the URL names neither SQLite nor PostgreSQL.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError(
                f"UPSHELF_STORE_URL names the database '{parsed.get_backend_name()}'; the operational store runs on "
                "sqlite:///… or postgresql+psycopg2://…"
            )
        self._url = parsed
        self._sqlite = parsed.get_backend_name() == "sqlite"
        self._pool = open_engine(parsed)
        self._opening = Lock()
        self._opened = False

    @property
    def engine(self) -> sa.Engine:
        """The connections; whoever asks first makes the tables."""
        with self._opening:
            if not self._opened:
                self._make_tables()
                self._opened = True
        return self._pool

    def _make_tables(self) -> None:
        if self._sqlite and self._url.database:
            Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        with self._pool.begin() as connection:
            make_tables(connection)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.dispose()

    def ping(self) -> None:
        """Raise the driver's error if the store does not answer."""
        with self.engine.connect() as connection:
            connection.execute(sa.select(1))

    def record_impression(self, impression: Impression) -> bool:
        """Keep an impression and count it; false, and nothing changes, if its id is on record.

        Raises:
            ValueError: As `record_impressions`.
        """
        return self.record_impressions([impression]) == [True]

    def record_impressions(self, impressions: Sequence[Impression]) -> list[bool]:
        """Keep impressions and count them, all in one transaction; which of them were not on record yet.

        The context of a user who has been forgotten is not kept.

        Raises:
            ValueError: If a propensity is outside (0, 1] or a context longer than MAX_CONTEXT_CHARS; none is kept.
        """
        for one in impressions:
            if not 0 < one.propensity <= 1:
                raise ValueError(f"propensity {one.propensity} of '{one.impression_id}' is outside (0, 1]")
            if one.context is not None and len(one.context) > MAX_CONTEXT_CHARS:
                raise ValueError(f"the context of '{one.impression_id}' exceeds {MAX_CONTEXT_CHARS} characters")
        counts: Counter[CountKey] = Counter()
        new = []
        users = [user_of(one.context) for one in impressions]
        with self.engine.begin() as connection:
            keep_from_early(connection)
            forgotten = forgotten_among(connection, set(users) - {None}) if any(users) else set()
            insert = insert_new(IMPRESSIONS, connection.dialect.name)
            shown: dict[str, CountKey] = {}
            for one, user in zip(impressions, users, strict=True):
                row = one._asdict() | ({"context": None} if user in forgotten else {})
                row["ts_us"] = micros(row.pop("ts"))
                new.append(bool(connection.execute(insert, row).rowcount))
                if new[-1]:
                    shown[one.impression_id] = one.slot, one.banner_id, day_of(row["ts_us"])
                    counts[shown[one.impression_id]] += 1
            rewards = credit_early(connection, shown, micros(datetime.now(UTC)))
            add_to_counts(connection, {key: (times, rewards.get(key, 0.0)) for key, times in counts.items()})
        return new

    def record_rewards(self, given: Sequence[Given]) -> list[Rewarded]:
        """As `resources.store.rewards.record_rewards`."""
        return record_rewards(self.engine, given)

    def record_reward(self, impression_id: str, reward: float, *, at: datetime | None = None) -> Reward | None:
        """Reward an impression once, in one transaction; a second reward changes nothing and gives the first.

        Returns:
            What is on record, or None for an impression that was never recorded: its reward is kept until it comes.

        Raises:
            ValueError: If ``reward`` is outside [0, 1].
        """
        return record_rewards(self.engine, [Given(impression_id, reward)], at)[0].on_record

    def early_rewards(self) -> int:
        """How many rewards wait for an impression that is not on record."""
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(EARLY_REWARDS)).scalar_one())

    def counts(self, slot: str, *, after: date | None = None) -> dict[str, ArmCount]:
        """Counts of each banner of ``slot``, of impressions on days later than ``after`` (default: all)."""
        later = sa.true() if after is None else COUNTS.c.day > after.isoformat()
        return self._counted((COUNTS.c.slot == slot) & later)

    def daily_counts(self, slot: str, *, after: date) -> dict[date, dict[str, ArmCount]]:
        """Counts of each banner of ``slot`` on each day later than ``after`` that has any, in order."""
        c = COUNTS.c
        query = sa.select(c.day, c.banner_id, c.impressions, c.rewards).where(c.slot == slot, c.day > after.isoformat())
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(c.day, c.banner_id)).all()
        days: dict[date, dict[str, ArmCount]] = {}
        for day, banner, impressions, rewards in rows:
            days.setdefault(date.fromisoformat(day), {})[banner] = ArmCount(int(impressions), float(rewards))
        return days

    def totals(self, banners: Collection[str]) -> dict[str, ArmCount]:
        """Counts of each of ``banners`` in all slots and on all days; of one that was never shown, nothing."""
        return self._counted(COUNTS.c.banner_id.in_(banners))

    def add_events(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Keep events (columns of the events contract, ``ts`` with a zone); those on record stay as they are.

        Events of a user who has been forgotten are not kept.

        Returns:
            The number of events that were new.
        """
        if not events:
            return 0
        names = [c.name for c in EVENTS.columns if c.name != "ts_us"]
        rows = {e["event_id"]: {n: e.get(n) for n in names} | {"ts_us": micros(e["ts"])} for e in reversed(events)}
        insert, new = insert_new(EVENTS, self._url.get_backend_name()), 0
        with self.engine.begin() as connection:
            forgotten = forgotten_among(connection, {row["user_id"] for row in rows.values()})
            # One statement in key order, in a transaction: two batches that share events cannot lock each other out,
            # and the number of rows it inserted is exact on both databases.
            ordered = [rows[k] for k in sorted(rows) if rows[k]["user_id"] not in forgotten]
            for start in range(0, len(ordered), 500):
                new += connection.execute(insert.values(ordered[start : start + 500])).rowcount
        return new

    def read_events(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Events with ``start <= ts < end`` in the columns of the events contract, sorted by key."""
        return self._read("events", EVENTS, start, end)

    def last_products(self, most: int, *, session_id: str | None = None, user_id: str | None = None) -> list[str]:
        """Products of the last ``most`` views, clicks and cart additions of a session, or else of a user.

        Returns:
            Product ids, oldest first, repeats kept; events of one instant are in the order of their ids, as in the
            lake. Empty for a session (where none is named, a user) without such events.

        Raises:
            ValueError: If neither a session nor a user is named.
            StoreError: If the database does not answer.
        """
        if session_id is None and user_id is None:
            raise ValueError("last_products needs a session_id or a user_id to look for; give one.")
        c = EVENTS.c
        actor = c.session_id == session_id if session_id is not None else c.user_id == user_id
        query = (
            sa.select(c.product_id)
            .where(actor, c.kind.in_(VIEWED_KINDS), c.product_id.is_not(None))
            .order_by(c.ts_us.desc(), c.event_id.desc())
            .limit(most)
        )
        with as_store_error("the last products could not be read"), self.engine.connect() as connection:
            return [str(p) for p in reversed(connection.execute(query).scalars().all())]

    def read_impressions(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Impressions with ``start <= ts < end`` as the contract has them; not rewarded (yet) is reward 0."""
        return self._read("banner_impressions", IMPRESSIONS, start, end).with_columns(pl.col("reward").fill_null(0.0))

    def last_feedback_day(self) -> date | None:
        """The latest UTC day that has an event or impression, or None."""
        with self.engine.connect() as connection:
            last = [connection.execute(sa.select(sa.func.max(t.c.ts_us))).scalar() for t in (EVENTS, IMPRESSIONS)]
        known = [int(us) for us in last if us is not None]
        return instant(max(known)).date() if known else None

    def _counted(self, which: sa.ColumnElement[bool]) -> dict[str, ArmCount]:
        """Counts of each banner over the rows that ``which`` is true of, in the order of their ids."""
        c = COUNTS.c
        query = sa.select(c.banner_id, sa.func.sum(c.impressions), sa.func.sum(c.rewards)).where(which)
        with self.engine.connect() as connection:
            rows = connection.execute(query.group_by(c.banner_id).order_by(c.banner_id)).all()
        return {banner: ArmCount(int(impressions), float(rewards)) for banner, impressions, rewards in rows}

    def _read(self, contract: str, table: sa.Table, start: datetime, end: datetime) -> pl.DataFrame:
        """Rows of a half-open time window as one frame with the contract's columns and types.

        Columns that are not kept on record are null.
        """
        declared = CONTRACTS[contract]
        names = [n for n in declared.columns if n in table.c]
        window = (table.c.ts_us >= micros(start)) & (table.c.ts_us < micros(end))
        query = sa.select(table.c.ts_us, *(table.c[n] for n in names)).where(window).order_by(table.c[declared.key[0]])
        read = frame_of(self.engine, query, {"ts_us": pl.Int64(), **{n: declared.columns[n] for n in names}})
        unkept = [pl.lit(None, dtype=kind).alias(n) for n, kind in declared.columns.items() if n not in (*names, "ts")]
        return read.with_columns(*unkept).select(list(declared.columns)).sort(declared.key)
