"""From when on a state is so, and whether a thing has left: products and users alike."""

from resources.proposal.fields import TIME_KINDS, Choice, Field, choose
from resources.proposal.looking.catalogue import Column, Engine, Table
from resources.proposal.looking.sql_text import column_sql, timestamp
from resources.proposal.moments import Moment, choose_moment
from resources.proposal.tables.guess import Guess, TableGuess

__all__ = ["changed_at", "created_at", "is_removed"]

_NOT = frozenset({"birth", "late", "placed", "paid", "id"})
_UPDATED = Field((("updated time", 1.0), ("updated", 0.9)), TIME_KINDS, _NOT | {"deleted"})
_CREATED = Field((("created time", 1.0), ("created", 0.9)), TIME_KINDS, _NOT | {"deleted", "updated"})
_DELETED = Field((("deleted time", 1.0), ("deleted", 0.9)), frozenset({"time", "date"}))
_IS_DELETED = Field((("deleted", 0.9),), frozenset({"bool"}))
_IS_ACTIVE = Field((("active", 0.9),), frozenset({"bool"}))


def is_removed(table: Table, alias: str, engine: Engine) -> Guess | None:
    """Whether a row is marked as deleted, or as not active."""
    if chosen := choose(table, _IS_DELETED):
        sql = f"coalesce({column_sql(chosen.column, alias, engine)}, false)"
        return Guess("removed", sql, f"{chosen.column.name}: {chosen.reason}")
    if (deleted := _deleted(table)) is not None:
        sql = f"{column_sql(deleted, alias, engine)} IS NOT NULL"
        return Guess("removed", sql, f"{deleted.name}: its name says removal, and it is a time")
    if chosen := choose(table, _IS_ACTIVE):
        sql = f"NOT coalesce({column_sql(chosen.column, alias, engine)}, true)"
        return Guess("removed", sql, f"{chosen.column.name}: {chosen.reason}")
    return None


def created_at(table: Table, alias: str, engine: Engine) -> Guess | None:
    """When a row was made, where a name says so and its times need no format."""
    found = _named(table, _CREATED, engine, alias)
    if found is None or found[1].time_format:
        return None
    return Guess("created_at", found[1].sql, found[1].reason(found[0]))


def _named(table: Table, field: Field, engine: Engine, alias: str) -> tuple[Choice, Moment] | None:
    """A time whose name says what is looked for; not any that happens to be the only one."""
    return choose_moment(table, field, engine, alias) if choose(table, field) else None


def _deleted(table: Table) -> Column | None:
    # A time of deletion is empty in most rows, and may be so in all that were looked at.
    chosen = choose(table, _DELETED) or choose(table, _DELETED, also_empty=True)
    return chosen.column if chosen else None


def changed_at(guess: TableGuess, table: Table, alias: str, engine: Engine, first_day: str) -> Guess:
    """The last change; else the creation; else the shop's first day, which somebody has to look at."""
    updated = _named(table, _UPDATED, engine, alias)
    created = _named(table, _CREATED, engine, alias)
    if updated is None and created is None:
        reason = "no column says when a row changed: all are taken to be so from the first day on"
        return Guess("updated_at", timestamp(first_day), reason, is_sure=False)
    (choice, moment) = updated or created  # type: ignore[misc]  # one of them is there
    reason = moment.reason(choice)
    if updated is None:
        reason = f"no column says when a row changed: its creation stands for it; {reason}"
    sql, is_sure = moment.sql, updated is not None
    if moment.time_format:
        guess.keys["time_format"] = moment.time_format
        return Guess("updated_at", sql, reason, is_sure)
    if updated and created and choice.column.filled < table.sample.height and created[1].time_format is None:
        sql, reason = f"coalesce({sql}, {created[1].sql})", f"{reason}; {created[0].column.name} where there is none"
    deleted = _deleted(table)
    if deleted is not None and deleted.kind == choice.column.kind:
        sql = f"greatest({sql}, {column_sql(deleted, alias, engine)})"
        reason = f"{reason}; or {deleted.name}, if later"
    return Guess("updated_at", sql, reason, is_sure)
