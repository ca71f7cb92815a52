"""What ``users`` is read from: the attributes of a user, and none that tells who it is or what came later."""

from resources.proposal.entities import Found
from resources.proposal.looking.catalogue import Column, Reader
from resources.proposal.looking.sql_text import column_sql, name_sql
from resources.proposal.moments import moment_of
from resources.proposal.names import concepts
from resources.proposal.tables.changed import changed_at
from resources.proposal.tables.guess import Guess, TableGuess, of_entity

__all__ = ["Attributes", "guess_users"]

_MOST_WORDS, _MOST = 50, 12
_NO_ATTRIBUTE = frozenset(
    {"private", "time", "updated", "created", "deleted", "id", "title", "description", "image", "session"}
)
Attributes = tuple[list[str], list[str]]
"""Names of those that are numbers, and of those that are words."""


def guess_users(found: Found | None, reader: Reader, first_day: str) -> tuple[TableGuess, Attributes]:
    """Each column of ``users``, and the attributes among them."""
    if found is None:
        return TableGuess("users", "no table has a name of customers or users, and an id"), ([], [])
    table, id_ = found.entity.table, found.entity.id
    guess = of_entity("users", found, "u", reader.engine)
    (select,) = guess.selects
    changed = changed_at(guess, table, "u", reader.engine, first_day)
    select.add(changed)
    numeric, categorical = list[str](), list[str]()
    for column in table.columns:
        if len(numeric) + len(categorical) >= _MOST or column.name == id_.name or column.path:
            continue
        said = concepts(column.name)
        if "birth" in said and (moment := moment_of(column, "u", reader.engine)) and not moment.time_format:
            sql = f"date_part('year', CAST({changed.sql} AS date)) - date_part('year', CAST({moment.sql} AS date))"
            select.add(Guess("age", sql, f"{column.name}: its name says birth; years at the time of the change"))
            numeric.append("age")
        elif said & {"outcome"} and column.kind in ("integer", "number"):
            guess.questions.append(f"{column.name} may hold what came after a contact, so it is no attribute yet")
        elif not said & _NO_ATTRIBUTE and (name := _name(column, [*numeric, *categorical])):
            if _is_number(column):
                numeric.append(name)
            elif _is_word(column):
                categorical.append(name)
            else:
                continue
            sql = column_sql(column, "u", reader.engine)
            what = "a number" if name in numeric else f"{column.distinct} different words"
            select.add(Guess(name_sql(name), sql, f"attribute: {what}"))
    return guess, (numeric, categorical)


def _name(column: Column, taken: list[str]) -> str:
    name = column.name
    return "" if name in taken or name in ("user_id", "updated_at", "numeric", "categorical") else name


def _is_number(column: Column) -> bool:
    return column.kind in ("integer", "number") and column.distinct > 2


def _is_word(column: Column) -> bool:
    if column.kind == "bool":
        return column.filled > 0
    few = 2 <= column.distinct <= _MOST_WORDS and column.distinct * 2 < column.filled
    return few and column.kind in ("text", "integer")
