"""Which queries shoppers' posted events name, and how often.

What belongs here: reading them. What does not: what search makes of them (`serving.search`).
"""

import sqlalchemy as sa

from resources.store.errors import as_store_error
from resources.store.operational_store import Store
from resources.store.store_tables import EVENTS

__all__ = ["posted_queries"]

LATEST = 50_000
"""Events that are looked at: a store may hold millions."""


def posted_queries(store: Store, most: int) -> list[tuple[str, int]]:
    """The ``most`` frequent queries of the `LATEST` events that have one, with their numbers, most frequent first.

    Raises:
        StoreError: The database does not answer.
    """
    c, times = EVENTS.c, sa.func.count()
    latest = sa.select(c.query).where(c.query.is_not(None)).order_by(c.ts_us.desc()).limit(LATEST).subquery().c.query
    query = sa.select(latest, times).group_by(latest).order_by(times.desc(), latest)
    with as_store_error("posted queries cannot be read"), store.engine.connect() as connection:
        return [(text, int(number)) for text, number in connection.execute(query.limit(most))]
