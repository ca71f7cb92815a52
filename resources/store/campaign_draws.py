"""Who was drawn into which arm of a campaign: on record once, with the seed that it follows from.

What belongs here: the record. What does not: the draw (`assets.models.uplift.targeting.assignment`).

A draw begins with its seed and settings, is drawn when all of its users are on record, in one transaction, and is
exported when the list has been written. One that was cut off goes on from where it was, with the same seed.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa

from resources.store.errors import StoreError, as_store_error
from resources.store.forgotten import ForgottenUsers
from resources.store.frames import frame_of
from resources.store.instants import instant, micros
from resources.store.operational_store import Store
from resources.store.store_tables import CAMPAIGN_DRAWS, CAMPAIGN_USERS, insert_new

__all__ = ["Draw", "begin_draw", "draw_exported", "newest_draw", "read_draw", "record_draw"]

_ROWS = 20_000
"""Rows in one statement."""
_D, _U = CAMPAIGN_DRAWS.c, CAMPAIGN_USERS.c
_SCHEMA = {"user_id": pl.String(), "arm": pl.String(), "propensity": pl.Float64(), "stratum": pl.String()}


class Draw(NamedTuple):
    """One draw of a campaign."""

    campaign: str
    number: int
    """1 for the first."""
    seed: str
    settings: str
    """JSON text of what it is drawn by."""
    users: int | None
    """How many were drawn; none where nobody has been yet. Those who were forgotten since are gone from the list."""
    drawn_at: datetime | None
    exported_at: datetime | None


def newest_draw(store: Store, campaign: str) -> Draw | None:
    """The last draw of a campaign that was begun.

    Raises:
        StoreError: The database does not answer.
    """
    query = sa.select(CAMPAIGN_DRAWS).where(_D.campaign == campaign).order_by(_D.draw.desc()).limit(1)
    with as_store_error("the draw could not be read"), store.engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _draw(row)


def begin_draw(store: Store, campaign: str, number: int, seed: str, settings: str) -> Draw:
    """Put a draw's seed on record; of one that was begun before, the seed stays, and so does all once it is drawn.

    Raises:
        StoreError: The database does not answer.
    """
    this = (_D.campaign == campaign, _D.draw == number)
    with as_store_error("the draw could not be begun"), store.engine.begin() as connection:
        new = {"campaign": campaign, "draw": number, "seed": seed, "settings": settings}
        connection.execute(insert_new(CAMPAIGN_DRAWS, connection.dialect.name), new)
        waiting = sa.update(CAMPAIGN_DRAWS).where(*this, _D.drawn_at_us.is_(None))
        connection.execute(waiting.values(settings=settings))
        return _draw(connection.execute(sa.select(CAMPAIGN_DRAWS).where(*this)).one())


def record_draw(store: Store, draw: Draw, users: pl.DataFrame) -> Draw:
    """Put all users of a draw on record, in one transaction, unless it is drawn already; gives what is on record.

    Users who have been forgotten meanwhile are left out.

    Args:
        store: The operational store.
        draw: As it was begun.
        users: user_id, arm, propensity, stratum.

    Raises:
        StoreError: The database does not answer, or the draw was begun anew with other settings meanwhile.
    """
    this = (_D.campaign == draw.campaign, _D.draw == draw.number)
    with as_store_error("the draw could not be put on record"), store.engine.begin() as connection:
        mine = (_D.drawn_at_us.is_(None), _D.settings == draw.settings)
        now = {"drawn_at_us": micros(datetime.now(UTC))}
        # Whoever comes second waits here, and then finds it drawn.
        is_first = connection.execute(sa.update(CAMPAIGN_DRAWS).where(*this, *mine).values(now)).rowcount == 1
        if is_first:
            gone = ForgottenUsers(store.engine).everyone()
            kept = users.filter(~gone.among(users["user_id"])).sort("user_id")
            connection.execute(sa.update(CAMPAIGN_DRAWS).where(*this).values(users=kept.height))
            _insert(connection, draw, kept.select(list(_SCHEMA)))
        recorded = _draw(connection.execute(sa.select(CAMPAIGN_DRAWS).where(*this)).one())
    if recorded.drawn_at is None:
        raise StoreError(f"draw {draw.number} of {draw.campaign!r} was begun anew with other settings: run it again")
    return recorded


def draw_exported(store: Store, draw: Draw) -> None:
    """The list of a draw has been written.

    Raises:
        StoreError: The database does not answer.
    """
    this = (_D.campaign == draw.campaign, _D.draw == draw.number, _D.exported_at_us.is_(None))
    with as_store_error("that the list is written could not be put on record"), store.engine.begin() as connection:
        now = micros(datetime.now(UTC))
        connection.execute(sa.update(CAMPAIGN_DRAWS).where(*this).values(exported_at_us=now))


def read_draw(store: Store, draw: Draw, *, after: str = "", limit: int | None = None) -> pl.DataFrame:
    """The users of a draw in the order of their ids: user_id, arm, propensity, stratum.

    Args:
        store: The operational store.
        draw: Which.
        after: Id that all are to come after; all ids do after the empty one.
        limit: How many at most; none for all.

    Raises:
        StoreError: The database does not answer.
    """
    these = (_U.campaign == draw.campaign, _U.draw == draw.number, _U.user_id > after)
    query = sa.select(*(_U[name] for name in _SCHEMA)).where(*these).order_by(_U.user_id).limit(limit)
    with as_store_error("the list could not be read"):
        return frame_of(store.engine, query, _SCHEMA)


def _insert(connection: sa.Connection, draw: Draw, users: pl.DataFrame) -> None:
    """Insert a draw's users."""
    of = {"campaign": draw.campaign, "draw": draw.number}
    for part in users.iter_slices(_ROWS):
        if connection.dialect.name == "sqlite":
            # As the driver has it, which is six times as fast: nobody else can write meanwhile.
            marks = ", ".join("?" * (len(of) + part.width))
            statement = f"INSERT INTO {CAMPAIGN_USERS.name} ({', '.join([*of, *part.columns])}) VALUES ({marks})"
            connection.exec_driver_sql(statement, [(*of.values(), *row) for row in part.iter_rows()])
        else:
            connection.execute(sa.insert(CAMPAIGN_USERS), [of | row for row in part.iter_rows(named=True)])


def _draw(row: sa.Row[Any]) -> Draw:
    drawn, exported = (None if us is None else instant(us) for us in (row.drawn_at_us, row.exported_at_us))
    return Draw(row.campaign, row.draw, row.seed, row.settings, row.users, drawn, exported)
