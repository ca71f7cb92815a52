"""Which columns hold times, in what form, and which time is meant."""

import re
from dataclasses import dataclass

from resources.contracts.times import ISO, TimeFormat
from resources.proposal.fields import TIME_KINDS, Choice, Field, choose
from resources.proposal.looking.catalogue import Column, Engine, Table
from resources.proposal.looking.sql_text import column_sql, of_epoch

__all__ = ["HAPPENED", "PLACED", "Moment", "choose_moment", "moment_of"]

_SHARE = 0.95
_UNITS = ((1, 5e8, 5e9), (1_000, 5e11, 5e12), (1_000_000, 5e14, 5e15))
"""Units a second of which numbers between two bounds are times since 1970, of the years 1985 to 2128."""
_NAMED = {1: "seconds", 1_000: "milliseconds", 1_000_000: "microseconds"}
_DAYS = (("%d", "%m", "%Y"), ("%m", "%d", "%Y"))

PLACED = Field(
    (("placed time", 1.0), ("order time", 1.0), ("placed", 0.9), ("paid", 0.75), ("created time", 0.75),
     ("created", 0.7), ("time", 0.65)),
    TIME_KINDS,
    frozenset({"updated", "deleted", "late", "birth", "return", "cancelled", "id"}),
)  # fmt: skip
"""When an order was placed."""
HAPPENED = Field(
    (("time", 0.9), ("created time", 1.0), ("created", 0.8), ("send time", 1.0), ("send", 0.7), ("return time", 1.0),
     ("return", 0.7), ("view time", 1.0), ("query time", 1.0), ("session time", 0.7)),
    TIME_KINDS,
    frozenset({"updated", "deleted", "late", "birth", "cancelled", "id"}),
)  # fmt: skip
"""When something of a log happened."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How a column becomes an instant."""

    sql: str
    note: str = ""
    """What has to be known of it."""
    time_format: str | None = None
    """How its text is written; none where that is ISO 8601, and where it is no text."""

    def reason(self, choice: Choice) -> str:
        """Why the column of ``choice`` is the time, and what has to be known of it."""
        return f"{choice.column.name}: {choice.reason}" + (f"; {self.note}" if self.note else "")


def moment_of(column: Column, alias: str, engine: Engine) -> Moment | None:
    """The instant of a column; none where its values are no times, or the order of day and month cannot be told."""
    sql = column_sql(column, alias, engine)
    if column.kind == "time":
        no_zone = column.type in ("timestamp", "TIMESTAMP")
        return Moment(sql, "it has no zone and is read as UTC" if no_zone else "")
    if column.kind == "date":
        return Moment(sql, "a day without a time")
    return _of_number(column, sql) if column.kind in ("integer", "number") else _of_text(column, sql)


def _of_number(column: Column, sql: str) -> Moment | None:
    for unit, low, high in _UNITS:
        if column.values and _share([low < float(value) < high for value in column.values]) >= _SHARE:
            number = f"CAST({sql} AS numeric)" if column.path else sql
            return Moment(of_epoch(number, unit), f"a number of {_NAMED[unit]} since 1970")
    return None


def _of_text(column: Column, sql: str) -> Moment | None:
    texts = [value.strip() for value in column.values]
    if column.kind != "text" or not texts:
        return None
    if _share([re.match(ISO, text) is not None for text in texts]) >= _SHARE:
        return Moment(sql, "text in ISO 8601, UTC where it has no zone")
    formats = [form for form in _formats() if _fits(form, texts)]
    if len(formats) == 1:
        return Moment(sql, f"text written as {formats[0]}: no other order of day and month fits", formats[0])
    return None


def choose_moment(table: Table, field: Field, engine: Engine, alias: str) -> tuple[Choice, Moment] | None:
    """The likeliest time of a table, and how it becomes an instant."""
    chosen = choose(table, field, accept=lambda column: moment_of(column, "", engine) is not None)
    if chosen is None:
        only = [column for column in table.columns if column.kind == "time"]
        if len(only) != 1 or choose(table, Field(tuple((name, 1.0) for name in field.avoid), field.kinds)):
            return None
        chosen = Choice(only[0], "it is the only time of the table")
    moment = moment_of(chosen.column, alias, engine)
    if moment is None:  # an empty table, whose numbers or texts tell nothing
        return None
    return chosen, moment


def _share(truths: list[bool]) -> float:
    return sum(truths) / len(truths) if truths else 0.0


def _formats() -> list[str]:
    return [
        parts[0] + between + parts[1] + between + parts[2] + clock
        for parts in _DAYS
        for between in ("/", ".", "-")
        for clock in ("", " %H:%M", " %H:%M:%S")
    ]


def _fits(form: str, texts: list[str]) -> bool:
    """Whether all texts are times of this format, with months and days that there are."""
    pattern = re.compile(TimeFormat.of(form).pattern)
    found = [pattern.match(text) for text in texts]
    if not all(found):
        return False
    day_first = form.startswith("%d")
    for match in found:
        first, second = int(match[1]), int(match[2])  # type: ignore[index]  # all of them match
        day, month = (first, second) if day_first else (second, first)
        if not (1 <= month <= 12 and 1 <= day <= 31):
            return False
    return True
