"""The operational store's schema: one SQLAlchemy Core schema for SQLite and PostgreSQL.

What belongs here: tables and indexes. Reading and writing them is `resources.store`.
"""

import sqlalchemy as sa

__all__ = ["COUNTS", "EVENTS", "IMPRESSIONS", "MAX_CONTEXT_CHARS", "METADATA"]

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
    # What a session, or a user, looked at last is asked for in requests.
    sa.Index("ix_feedback_events_session", "session_id", "ts_us", "event_id"),
    sa.Index("ix_feedback_events_user", "user_id", "ts_us", "event_id"),
)
