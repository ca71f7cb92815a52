"""What is on record of one user: events that were posted, and products that were taken out of the history.

What belongs here: reading a user's events back, and taking one product out. What does not: deleting all of a user
(`resources.store.erasure`), and what releases know of users.

A product that is taken out is kept in mind with the time, as tables and releases that were made before go on holding
its rows: whoever answers from them leaves out what is not newer.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import sqlalchemy as sa

from resources.store.errors import as_store_error
from resources.store.forgotten import forgotten_among
from resources.store.instants import micros
from resources.store.store_tables import EVENTS, TAKEN_OUT, put_taken_out

__all__ = ["NOTHING_ON_RECORD", "OnRecord", "Posted", "on_record", "take_out_product"]


class Posted(NamedTuple):
    """A posted event; what it does not name is none."""

    event_id: str
    ts_us: int
    """Microseconds since 1970 UTC."""
    kind: str
    session_id: str | None
    product_id: str | None
    query: str | None
    surface: str | None


class OnRecord(NamedTuple):
    """What the operational store knows of a user."""

    events: list[Posted]
    """Newest first; those of one instant by id, the last first."""
    taken_out: Mapping[str, int]
    """Product → when it was taken out of the history, in microseconds since 1970 UTC."""
    is_forgotten: bool
    """Whether the user is to be forgotten: then nothing may be answered from what others still hold."""


NOTHING_ON_RECORD = OnRecord([], MappingProxyType({}), is_forgotten=False)


def on_record(engine: sa.Engine, user_id: str, most: int, *, kinds: Collection[str] = ()) -> OnRecord:
    """The last ``most`` events that name a user, of these kinds alone where some are given.

    Raises:
        StoreError: If the database does not answer.
    """
    c = EVENTS.c
    of_kind = c.kind.in_(sorted(kinds)) if kinds else sa.true()
    query = (
        sa.select(*(c[name] for name in Posted._fields))
        .where(c.user_id == user_id, of_kind)
        .order_by(c.ts_us.desc(), c.event_id.desc())
    )
    removals = sa.select(TAKEN_OUT.c.product_id, TAKEN_OUT.c.taken_out_at_us).where(TAKEN_OUT.c.user_id == user_id)
    with as_store_error("the history of a user could not be read"), engine.connect() as connection:
        if forgotten_among(connection, [user_id]):
            return NOTHING_ON_RECORD._replace(is_forgotten=True)
        events = [Posted(*row) for row in connection.execute(query.limit(most))]
        taken_out = {str(product): int(at) for product, at in connection.execute(removals)}
    return OnRecord(events, taken_out, is_forgotten=False)


def take_out_product(engine: sa.Engine, user_id: str, product_id: str) -> int:
    """Delete the events of a user on a product, and keep in mind that it was taken out now; how many events went.

    Of a user who is to be forgotten nothing is kept in mind.
    """
    c = EVENTS.c
    with engine.begin() as connection:
        gone = connection.execute(sa.delete(EVENTS).where(c.user_id == user_id, c.product_id == product_id)).rowcount
        if not forgotten_among(connection, [user_id]):
            row = {"user_id": user_id, "product_id": product_id, "taken_out_at_us": micros(datetime.now(UTC))}
            connection.execute(put_taken_out(engine.dialect.name), row)
    return gone
