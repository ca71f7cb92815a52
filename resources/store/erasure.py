"""Deleting what the operational store holds of users.

What belongs here: which rows are of a user. What does not: who is to be forgotten (`resources.store.forgotten`). The
counts of banners name nobody and stay. Answers kept for idempotency keys that name a user go with the user's rows.
"""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from resources.store.forgotten import Forgotten
from resources.store.idempotency import users_of
from resources.store.store_tables import (
    ASSIGNMENTS,
    CAMPAIGN_DRAWS,
    CAMPAIGN_USERS,
    EVENTS,
    FORGOTTEN,
    FORGOTTEN_SALT,
    IDEMPOTENCY_KEYS,
    IMPRESSIONS,
    TAKEN_OUT,
)

__all__ = ["StoreRows", "checkpoint", "compact", "erase_from_store"]

AT_ONCE = 500
"""Values in one statement."""


class StoreRows(NamedTuple):
    """Rows of users."""

    events: int
    impressions: int
    assignments: int


def erase_from_store(engine: sa.Engine, users: Forgotten, *, ids: Sequence[str] = (), apply: bool = True) -> StoreRows:
    """Delete the rows of ``users`` in one transaction; without ``apply`` they are only counted.

    Of a user are the events that name the user, those of the user's sessions that name nobody (unless another user was
    in the session too), the banners whose context has the ``user_id``, the arms of experiments of the user and of
    these sessions, those of campaigns, and which products were taken out of the history.

    Args:
        engine: Of the store.
        users: Whose rows.
        ids: Their ids where all of them are known: other rows are then not looked at.
        apply: Whether to delete.
    """
    with engine.begin() as connection:
        found = list(ids) or users.known(_known_users(connection))
        shown = list(_impressions(connection, users, ids))
        event = EVENTS.c.event_id
        events = _select(connection, event, EVENTS.c.user_id, found)
        sessions = _own_sessions(connection, found)
        events += _select(connection, event, EVENTS.c.session_id, sessions, EVENTS.c.user_id.is_(None))
        arms = [(name, "user") for name in found] + [(name, "session") for name in sessions]
        assigned = sum(_assignments(connection, unit, kind, apply=apply) for unit, kind in arms)
        assigned += _drawn(connection, found, apply=apply)
        if apply:
            answers = list(_answers(connection, users, ids))
            of = (
                (TAKEN_OUT.c.user_id, found),
                (event, events),
                (IMPRESSIONS.c.impression_id, shown),
                (IDEMPOTENCY_KEYS.c.digest, answers),
            )
            for column, values in of:
                for part in _parts(values):
                    connection.execute(sa.delete(column.table).where(column.in_(part)))
    return StoreRows(len(events), len(shown), assigned)


def checkpoint(engine: sa.Engine) -> bool:
    """Empty SQLite's write-ahead log, which holds pages as they were; false where another process still reads it."""
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    return not busy


def compact(engine: sa.Engine) -> bool:
    """Rewrite the files that rows were deleted from, so that nothing of them is left; false as `checkpoint`.

    PostgreSQL's own log, replicas and backups are for its operator.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("VACUUM")
        else:
            of_users = EVENTS, IMPRESSIONS, ASSIGNMENTS, CAMPAIGN_USERS, TAKEN_OUT
            for table in (*of_users, FORGOTTEN, FORGOTTEN_SALT, IDEMPOTENCY_KEYS):
                connection.exec_driver_sql(f"VACUUM {table.name}")
    return checkpoint(engine)


def _known_users(connection: sa.Connection) -> set[str | None]:
    """Everybody whom events, arms, drawn campaigns or histories name."""
    arms = ASSIGNMENTS.c
    queries = (
        sa.select(CAMPAIGN_USERS.c.user_id).distinct(),
        sa.select(EVENTS.c.user_id).distinct(),
        sa.select(arms.unit).where(arms.unit_kind == "user").distinct(),
        sa.select(TAKEN_OUT.c.user_id).distinct(),
    )
    return {user for query in queries for user in connection.execute(query).scalars()}


def _assignments(connection: sa.Connection, unit: str, kind: str, *, apply: bool) -> int:
    """Delete the arms of a unit, or count them."""
    this = (ASSIGNMENTS.c.unit == unit, ASSIGNMENTS.c.unit_kind == kind)
    if apply:
        return connection.execute(sa.delete(ASSIGNMENTS).where(*this)).rowcount
    return int(connection.execute(sa.select(sa.func.count()).select_from(ASSIGNMENTS).where(*this)).scalar_one())


def _drawn(connection: sa.Connection, users: Sequence[str], *, apply: bool) -> int:
    """Delete the users' arms in drawn campaigns, or count them; by key in each draw."""
    c, rows = CAMPAIGN_USERS.c, 0
    draws = connection.execute(sa.select(CAMPAIGN_DRAWS.c.campaign, CAMPAIGN_DRAWS.c.draw)).all()
    for campaign, draw in draws:
        for part in _parts(users):
            these = (c.campaign == campaign, c.draw == draw, c.user_id.in_(part))
            if apply:
                rows += connection.execute(sa.delete(CAMPAIGN_USERS).where(*these)).rowcount
            else:
                counted = sa.select(sa.func.count()).select_from(CAMPAIGN_USERS).where(*these)
                rows += int(connection.execute(counted).scalar_one())
    return rows


def _own_sessions(connection: sa.Connection, users: list[str]) -> list[str]:
    """Sessions in which these users were, and nobody else."""
    named = EVENTS.c.session_id.is_not(None)
    sessions = set(_select(connection, EVENTS.c.session_id, EVENTS.c.user_id, users, named))
    of_others: set[str] = set()
    for part in _parts(sorted(sessions)):
        rows = sa.select(EVENTS.c.session_id, EVENTS.c.user_id).where(EVENTS.c.session_id.in_(part)).distinct()
        of_others |= {s for s, user in connection.execute(rows) if user is not None and user not in set(users)}
    return sorted(sessions - of_others)


def _impressions(connection: sa.Connection, users: Forgotten, ids: Sequence[str]) -> Iterator[str]:
    """Impressions whose context names one of the users."""
    for impression, text in _naming(connection, IMPRESSIONS.c.impression_id, IMPRESSIONS.c.context, ids):
        try:
            named = json.loads(text)
        except ValueError:
            continue
        if isinstance(named, dict) and named.get("user_id") is not None and users.has(str(named["user_id"])):
            yield impression


def _answers(connection: sa.Connection, users: Forgotten, ids: Sequence[str]) -> Iterator[str]:
    """Keys whose answer names one of the users."""
    for digest, text in _naming(connection, IDEMPOTENCY_KEYS.c.digest, IDEMPOTENCY_KEYS.c.answer, ids):
        if users.known(users_of(text)):
            yield digest


def _naming(
    connection: sa.Connection, key: sa.ColumnElement[str], text: sa.ColumnElement[str], ids: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Keys of rows whose JSON ``text`` may name one of the ids, or where none are given any user, with the text."""
    # JSON may write the same id in two ways; either way it is read by the caller.
    spelt = {json.dumps(user, ensure_ascii=ascii)[1:-1] for user in ids for ascii in (False, True)} or {"user_id"}
    likely = sa.or_(*(text.contains(part, autoescape=True) for part in sorted(spelt)))
    query = sa.select(key, text).where(likely).execution_options(stream_results=True)
    return ((str(one), str(of)) for one, of in connection.execute(query))


def _select(
    connection: sa.Connection,
    wanted: sa.ColumnElement[str],
    column: sa.ColumnElement[str],
    values: Sequence[str],
    also: sa.ColumnElement[bool] | None = None,
) -> list[str]:
    """``wanted`` of the rows whose ``column`` has one of ``values``."""
    found: list[str] = []
    for part in _parts(values):
        query = sa.select(wanted).where(column.in_(part), *([] if also is None else [also]))
        found += connection.execute(query).scalars()
    return found


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
