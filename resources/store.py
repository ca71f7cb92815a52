"""The operational store: what the running API must remember between two nightly runs, and nothing else.

What belongs here: banner impressions with their rewards, the counts that a bandit learns from between releases,
and feedback events, written to SQLite (WAL) or PostgreSQL; and reading a day of them back in canonical columns for the
lake. What does not: the schema (`resources.store_tables`), any policy or model (`assets.models.banner_bandit`).

Counts are kept by day of the impression, because a release's priors already hold everything up to its as-of day:
a policy adds only what came after. Writing the same impression, reward or event twice counts once.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from resources.contracts import CONTRACTS
from resources.store_tables import COUNTS, EVENTS, IMPRESSIONS, MAX_CONTEXT_CHARS, METADATA

__all__ = ["ArmCount", "Impression", "Reward", "Store", "StoreError"]

BUSY_TIMEOUT_MS = 5_000
SCHEMA_LOCK = 7_853_517
"""PostgreSQL's advisory lock that is held while tables and indexes are made: any number that others do not use."""
READ_ROWS = 50_000
"""Rows fetched at a time when a day is read back."""
US = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

VIEWED_KINDS = ("view", "click", "add_to_cart")
"""Kinds of events that the lake's sessions are made of."""


class StoreError(RuntimeError):
    """The database does not answer, or refuses."""


class Impression(NamedTuple):
    """A banner shown: ``propensity`` in (0, 1] is the probability with which it was drawn; ``context`` JSON text."""

    impression_id: str
    ts: datetime
    slot: str
    position: int
    banner_id: str
    propensity: float
    context: str | None = None


class Reward(NamedTuple):
    """What is on record for an impression: the first reward that arrived stays."""

    impression_id: str
    slot: str
    banner_id: str
    reward: float


class ArmCount(NamedTuple):
    """Impressions of a banner and the sum of their rewards (each in [0, 1])."""

    impressions: int
    rewards: float


class Store:
    """The operational store behind one SQLAlchemy URL; creates its tables. Safe to use from several threads.

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
        self._sqlite = parsed.get_backend_name() == "sqlite"
        if self._sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(parsed, pool_pre_ping=not self._sqlite)
        if self._sqlite:
            sa.event.listen(self._engine, "connect", _tune_sqlite)
        with self._engine.begin() as connection:
            # Processes that start at once would all find a table missing, and all but one fail to make it.
            alone = "BEGIN IMMEDIATE" if self._sqlite else f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})"
            connection.execute(sa.text(alone))
            METADATA.create_all(connection)
            # A store made before an index was declared lacks it.
            for index in EVENTS.indexes:
                index.create(connection, checkfirst=True)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def ping(self) -> None:
        """Raise the driver's error if the store does not answer."""
        with self._engine.connect() as connection:
            connection.execute(sa.select(1))

    def record_impression(self, impression: Impression) -> bool:
        """Keep an impression and count it; false, and nothing changes, if its id is on record.

        Raises:
            ValueError: If the propensity is outside (0, 1] or the context longer than MAX_CONTEXT_CHARS.
        """
        if not 0 < impression.propensity <= 1:
            raise ValueError(f"propensity {impression.propensity} of '{impression.impression_id}' is outside (0, 1]")
        if impression.context is not None and len(impression.context) > MAX_CONTEXT_CHARS:
            raise ValueError(f"the context of '{impression.impression_id}' exceeds {MAX_CONTEXT_CHARS} characters")
        row = impression._asdict()
        ts_us = _micros(row.pop("ts"))
        with self._engine.begin() as connection:
            if not connection.execute(self._insert_new(IMPRESSIONS), {**row, "ts_us": ts_us}).rowcount:
                return False
            connection.execute(
                self._add_counts(),
                {
                    "slot": impression.slot,
                    "banner_id": impression.banner_id,
                    "day": _day(ts_us),
                    "impressions": 1,
                    "rewards": 0.0,
                },
            )
        return True

    def record_reward(self, impression_id: str, reward: float, *, at: datetime | None = None) -> Reward | None:
        """Reward an impression once, in one transaction; a second reward changes nothing and gives the first.

        Returns:
            What is on record, or None for an impression that was never recorded.

        Raises:
            ValueError: If ``reward`` is outside [0, 1].
        """
        if not 0 <= reward <= 1:
            raise ValueError(f"reward {reward} of impression '{impression_id}' is outside [0, 1]")
        this = IMPRESSIONS.c.impression_id == impression_id
        first = sa.update(IMPRESSIONS).where(this, IMPRESSIONS.c.reward.is_(None))
        with self._engine.begin() as connection:
            done = connection.execute(first.values(reward=reward, rewarded_at_us=_micros(at or datetime.now(UTC))))
            row = connection.execute(sa.select(IMPRESSIONS).where(this)).one_or_none()
            if row is None:
                return None
            if done.rowcount:
                connection.execute(
                    self._add_counts(),
                    {
                        "slot": row.slot,
                        "banner_id": row.banner_id,
                        "day": _day(row.ts_us),
                        "impressions": 0,
                        "rewards": reward,
                    },
                )
        return Reward(impression_id, row.slot, row.banner_id, float(row.reward))

    def counts(self, slot: str, *, after: date | None = None) -> dict[str, ArmCount]:
        """Counts of each banner of ``slot``, of impressions on days later than ``after`` (default: all)."""
        c = COUNTS.c
        query = sa.select(c.banner_id, sa.func.sum(c.impressions), sa.func.sum(c.rewards)).where(c.slot == slot)
        if after is not None:
            query = query.where(c.day > after.isoformat())
        with self._engine.connect() as connection:
            rows = connection.execute(query.group_by(c.banner_id).order_by(c.banner_id)).all()
        return {banner: ArmCount(int(impressions), float(rewards)) for banner, impressions, rewards in rows}

    def slot_of(self, impression_id: str) -> str | None:
        """The slot of an impression, or None if it was never recorded."""
        query = sa.select(IMPRESSIONS.c.slot).where(IMPRESSIONS.c.impression_id == impression_id)
        with self._engine.connect() as connection:
            slot: str | None = connection.execute(query).scalar_one_or_none()
        return slot

    def add_events(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Keep events (columns of the events contract, ``ts`` with a zone); those on record stay as they are.

        Returns:
            The number of events that were new.
        """
        if not events:
            return 0
        names = [c.name for c in EVENTS.columns if c.name != "ts_us"]
        rows = {e["event_id"]: {n: e.get(n) for n in names} | {"ts_us": _micros(e["ts"])} for e in reversed(events)}
        # One statement in key order, in a transaction: two batches that share events cannot lock each other out,
        # and the number of rows it inserted is exact on both databases.
        ordered = [rows[k] for k in sorted(rows)]
        new = 0
        with self._engine.begin() as connection:
            for start in range(0, len(ordered), 500):
                new += connection.execute(self._insert_new(EVENTS).values(ordered[start : start + 500])).rowcount
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
        try:
            with self._engine.connect() as connection:
                return [str(p) for p in reversed(connection.execute(query).scalars().all())]
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(f"the last products could not be read: {type(error).__name__}") from error

    def read_impressions(self, start: datetime, end: datetime) -> pl.DataFrame:
        """Impressions with ``start <= ts < end`` as the contract has them; not rewarded (yet) is reward 0."""
        return self._read("banner_impressions", IMPRESSIONS, start, end).with_columns(pl.col("reward").fill_null(0.0))

    def last_feedback_day(self) -> date | None:
        """The latest UTC day that has an event or impression, or None."""
        with self._engine.connect() as connection:
            last = [connection.execute(sa.select(sa.func.max(t.c.ts_us))).scalar() for t in (EVENTS, IMPRESSIONS)]
        known = [int(us) for us in last if us is not None]
        return (EPOCH + max(known) * US).date() if known else None

    def _read(self, contract: str, table: sa.Table, start: datetime, end: datetime) -> pl.DataFrame:
        """Rows of a half-open time window as one frame with the contract's columns and types."""
        declared = CONTRACTS[contract]
        names = [n for n in declared.columns if n != "ts"]
        window = (table.c.ts_us >= _micros(start)) & (table.c.ts_us < _micros(end))
        query = sa.select(table.c.ts_us, *(table.c[n] for n in names)).where(window).order_by(table.c[declared.key[0]])
        schema: dict[str, Any] = {"ts_us": pl.Int64(), **{n: declared.columns[n] for n in names}}
        parts = [pl.DataFrame(schema=schema)]
        with self._engine.connect().execution_options(stream_results=True) as connection:
            parts += [
                pl.DataFrame([tuple(r) for r in rows], schema=schema, orient="row")
                for rows in connection.execute(query).partitions(READ_ROWS)
            ]
        ts = pl.col("ts_us").cast(pl.Datetime("us", "UTC")).alias("ts")
        return pl.concat(parts).with_columns(ts).select(list(declared.columns)).sort(declared.key)

    def _insert_new(self, table: sa.Table) -> Any:  # noqa: ANN401 - the two dialects' inserts share no type
        insert: Any = sqlite.insert(table) if self._sqlite else postgresql.insert(table)
        return insert.on_conflict_do_nothing()

    def _add_counts(self) -> Any:  # noqa: ANN401 - the two dialects' inserts share no type
        insert: Any = sqlite.insert(COUNTS) if self._sqlite else postgresql.insert(COUNTS)
        return insert.on_conflict_do_update(
            index_elements=["slot", "banner_id", "day"],
            set_={n: COUNTS.c[n] + insert.excluded[n] for n in ("impressions", "rewards")},
        )


def _tune_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection type
    """WAL lets readers go on while one writes; NORMAL syncs at checkpoints, so a power cut may lose the last ms."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _micros(ts: datetime) -> int:
    """Microseconds since 1970 UTC; refuses a time without a zone."""
    if ts.tzinfo is None:
        raise ValueError(f"time {ts.isoformat()} has no zone; give UTC times, such as {ts.isoformat()}Z")
    return (ts - EPOCH) // US


def _day(ts_us: int) -> str:
    """UTC day 'YYYY-MM-DD' of a time."""
    return (EPOCH + ts_us * US).date().isoformat()
