"""The operational store's schema: one SQLAlchemy Core schema for SQLite and PostgreSQL.

What belongs here: tables, indexes, and the inserts of which the two have dialects. What does not: making the tables
(`resources.store.database`). Reading and writing them is `resources.store`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

__all__ = [
    "ASSIGNMENTS",
    "CAMPAIGN_DRAWS",
    "CAMPAIGN_USERS",
    "CONSOLE_ACTS",
    "CONSOLE_SECRET",
    "COUNTS",
    "EARLY_REWARDS",
    "EVENTS",
    "FORGOTTEN",
    "FORGOTTEN_SALT",
    "IDEMPOTENCY_KEYS",
    "IMPRESSIONS",
    "MAX_CONTEXT_CHARS",
    "METADATA",
    "PRODUCT_REVISION",
    "PRODUCT_UPDATES",
    "RULE_DRAFTS",
    "TAKEN_OUT",
    "add_counts",
    "insert_new",
    "put_forgotten",
    "put_product_updates",
    "put_taken_out",
]

MAX_CONTEXT_CHARS = 2_000

METADATA = sa.MetaData()
_TEXT = sa.String(200)

# Times are microseconds since 1970 UTC: SQLite has no timestamp type, and one integer means the same in both.
IMPRESSIONS = sa.Table(
    "banner_impressions",
    METADATA,
    sa.Column("impression_id", _TEXT, primary_key=True),
    sa.Column("ts_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("slot", _TEXT, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("banner_id", _TEXT, nullable=False),
    sa.Column("propensity", sa.Double, nullable=False),
    sa.Column("context", sa.String(MAX_CONTEXT_CHARS)),
    sa.Column("reward", sa.Double),
    sa.Column("rewarded_at_us", sa.BigInteger),
    # Of impressions that were shown before these were kept, they are not known.
    sa.Column("policy", sa.String(40)),
    sa.Column("release", _TEXT),
    sa.Column("context_hash", sa.String(16)),
)
COUNTS = sa.Table(
    "banner_counts",
    METADATA,
    sa.Column("slot", _TEXT, primary_key=True),
    sa.Column("banner_id", _TEXT, primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("impressions", sa.BigInteger, nullable=False),
    sa.Column("rewards", sa.Double, nullable=False),
)
# Rewards whose impressions are not on record, or not yet.
EARLY_REWARDS = sa.Table(
    "early_rewards",
    METADATA,
    sa.Column("impression_id", _TEXT, primary_key=True),
    sa.Column("reward", sa.Double, nullable=False),
    # None where the caller has named none.
    sa.Column("slot", _TEXT),
    sa.Column("arrived_at_us", sa.BigInteger, nullable=False, index=True),
)
EVENTS = sa.Table(
    "feedback_events",
    METADATA,
    sa.Column("event_id", _TEXT, primary_key=True),
    sa.Column("ts_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("user_id", _TEXT),
    sa.Column("session_id", _TEXT),
    sa.Column("product_id", _TEXT),
    sa.Column("query", sa.String(1_000)),
    sa.Column("surface", _TEXT),
    sa.Column("release", _TEXT),
    # Of events that were kept before it was, it is not known.
    sa.Column("agent", sa.String(2_000)),
    # What a session, or a user, looked at last is asked for in requests.
    sa.Index("ix_feedback_events_session", "session_id", "ts_us", "event_id"),
    sa.Index("ix_feedback_events_user", "user_id", "ts_us", "event_id"),
)

ASSIGNMENTS = sa.Table(
    "experiment_assignments",
    METADATA,
    sa.Column("experiment", sa.String(100), primary_key=True),
    sa.Column("unit", _TEXT, primary_key=True),
    sa.Column("unit_kind", sa.String(10), nullable=False),
    sa.Column("arm", sa.String(20), nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("ts_us", sa.BigInteger, nullable=False),
    sa.Column("release", _TEXT, nullable=False),
    # Whose rows are deleted is asked for by unit.
    sa.Index("ix_experiment_assignments_unit", "unit"),
)

# Written first, so that a draw that was cut off is made again from the same seed.
CAMPAIGN_DRAWS = sa.Table(
    "campaign_draws",
    METADATA,
    sa.Column("campaign", _TEXT, primary_key=True),
    sa.Column("draw", sa.Integer, primary_key=True),
    sa.Column("seed", sa.String(64), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),  # JSON
    sa.Column("users", sa.Integer),
    sa.Column("drawn_at_us", sa.BigInteger),
    sa.Column("exported_at_us", sa.BigInteger),
)
# Without an index by user: a draw is written at once, and users are found within each draw by the key.
CAMPAIGN_USERS = sa.Table(
    "campaign_users",
    METADATA,
    *(sa.Column(name, kind, primary_key=True) for name, kind in (("campaign", _TEXT), ("draw", sa.Integer))),
    sa.Column("user_id", _TEXT, primary_key=True),
    sa.Column("arm", _TEXT, nullable=False),
    sa.Column("propensity", sa.Double, nullable=False),
    sa.Column("stratum", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

# What a user looked at until then is no part of the user's history any more, whoever still has rows of it.
TAKEN_OUT = sa.Table(
    "taken_out_of_histories",
    METADATA,
    sa.Column("user_id", _TEXT, primary_key=True),
    sa.Column("product_id", _TEXT, primary_key=True),
    sa.Column("taken_out_at_us", sa.BigInteger, nullable=False),
)

# Never an id: who was forgotten must be known again when a source still has their rows, and by nothing else.
FORGOTTEN = sa.Table(
    "forgotten_users",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    # The key by which models find users, as hex digits; none once everything has been deleted.
    sa.Column("user_key", sa.String(16)),
    sa.Column("requested_at_us", sa.BigInteger, nullable=False),
    sa.Column("finished_at_us", sa.BigInteger),
)
FORGOTTEN_SALT = sa.Table(
    "forgotten_salt",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("salt", sa.String(64), nullable=False),
)

# One row a field: of two updates of a product neither takes back what it does not name.
PRODUCT_UPDATES = sa.Table(
    "product_updates",
    METADATA,
    sa.Column("product_id", _TEXT, primary_key=True),
    sa.Column("field", sa.String(40), primary_key=True),
    # JSON: texts, numbers and lists in one column.
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("updated_at_us", sa.BigInteger, nullable=False),
    sa.Column("recorded_at_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("revision", sa.BigInteger, nullable=False, index=True),
)
PRODUCT_REVISION = sa.Table(
    "product_revision",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
)
# Writes that were asked for under a key of the caller's, and what was answered (`resources.store.idempotency`).
IDEMPOTENCY_KEYS = sa.Table(
    "idempotency_keys",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(32), nullable=False),
    sa.Column("begun_at_us", sa.BigInteger, nullable=False, index=True),
    # None while the request is under way.
    sa.Column("status", sa.Integer),
    sa.Column("answer", sa.Text),
)


# What people did in the console, by the name of their key; and what its cookies are signed with.
CONSOLE_ACTS = sa.Table(
    "console_acts",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ts_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("who", sa.String(40), nullable=False),
    sa.Column("what", sa.String(1_000), nullable=False),
)
CONSOLE_SECRET = sa.Table(
    "console_secret",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("secret", sa.String(64), nullable=False),
)
# Rules that somebody has written in the console and not yet put into the shop's file.
RULE_DRAFTS = sa.Table(
    "rule_drafts",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ts_us", sa.BigInteger, nullable=False, index=True),
    sa.Column("who", sa.String(40), nullable=False),
    sa.Column("title", _TEXT, nullable=False),
    sa.Column("toml", sa.Text, nullable=False),
)

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The two dialects' inserts, which share no type."""


@cache
def insert_new(table: sa.Table, backend: str) -> Any:  # noqa: ANN401 - see _INSERT
    """Insert what has no row yet; the others stay as they are.

    Made once: SQLAlchemy takes longer to put such a statement together than the database to run it.
    """
    return _INSERT[backend](table).on_conflict_do_nothing()


@cache
def add_counts(backend: str) -> Any:  # noqa: ANN401 - see _INSERT
    """Add impressions and rewards to the count of a banner on a day; made once, as `insert_new`."""
    insert = _INSERT[backend](COUNTS)
    return insert.on_conflict_do_update(
        index_elements=["slot", "banner_id", "day"],
        set_={n: COUNTS.c[n] + insert.excluded[n] for n in ("impressions", "rewards")},
    )


def put_forgotten(backend: str) -> Any:  # noqa: ANN401 - see _INSERT
    """Put a user on record as one to be forgotten, again if that was done before."""
    insert = _INSERT[backend](FORGOTTEN)
    again = {"user_key": insert.excluded.user_key, "finished_at_us": None}
    return insert.on_conflict_do_update(index_elements=["digest"], set_=again)


def put_taken_out(backend: str) -> Any:  # noqa: ANN401 - see _INSERT
    """Put on record that a product was taken out of a user's history, at a new time if it was before."""
    insert = _INSERT[backend](TAKEN_OUT)
    again = {"taken_out_at_us": insert.excluded.taken_out_at_us}
    return insert.on_conflict_do_update(index_elements=["user_id", "product_id"], set_=again)


def put_product_updates(backend: str, rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - see _INSERT
    """Keep these fields of products where they are newer than what is on record; gives the products that changed."""
    insert = _INSERT[backend](PRODUCT_UPDATES).values(list(rows))
    names = ("value", "updated_at_us", "recorded_at_us", "revision")
    newer = insert.on_conflict_do_update(
        index_elements=["product_id", "field"],
        set_={name: insert.excluded[name] for name in names},
        where=PRODUCT_UPDATES.c.updated_at_us < insert.excluded.updated_at_us,
    )
    return newer.returning(PRODUCT_UPDATES.c.product_id)
