"""What the console keeps: who did what, by the name of a key, and the secret that its cookies are signed with.

What belongs here: writing and reading them. What does not: who may do what (`serving.console`).
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from resources.store.errors import as_store_error
from resources.store.instants import instant, micros
from resources.store.operational_store import Store
from resources.store.store_tables import CONSOLE_ACTS, CONSOLE_SECRET, insert_new

__all__ = ["Act", "console_secret", "read_acts", "record_act"]

_MAX_CHARS = 1_000


class Act(NamedTuple):
    """One line of the audit log."""

    ts: datetime
    who: str
    """Name of the key."""
    what: str


def console_secret(store: Store) -> str:
    """64 hex digits, drawn once a store, so that all processes of an installation have the same.

    Raises:
        StoreError: The database does not answer.
    """
    with as_store_error("the console's secret cannot be read"), store.engine.begin() as connection:
        drawn = {"id": 1, "secret": secrets.token_hex(32)}
        connection.execute(insert_new(CONSOLE_SECRET, connection.dialect.name), drawn)
        return str(connection.execute(sa.select(CONSOLE_SECRET.c.secret)).scalar_one())


def record_act(store: Store, who: str, what: str) -> None:
    """Put on record what somebody did, now; text beyond 1,000 characters is cut.

    Raises:
        StoreError: The database does not answer.
    """
    row = {"id": secrets.token_hex(16), "ts_us": micros(datetime.now(UTC)), "who": who, "what": what[:_MAX_CHARS]}
    with as_store_error("what was done cannot be put on record"), store.engine.begin() as connection:
        connection.execute(CONSOLE_ACTS.insert(), row)


def read_acts(store: Store, last: int) -> Sequence[Act]:
    """The ``last`` acts on record, newest first.

    Raises:
        StoreError: The database does not answer.
    """
    c = CONSOLE_ACTS.c
    query = sa.select(c.ts_us, c.who, c.what).order_by(c.ts_us.desc(), c.id).limit(last)
    with as_store_error("the audit log cannot be read"), store.engine.connect() as connection:
        return [Act(instant(ts_us), who, what) for ts_us, who, what in connection.execute(query)]
