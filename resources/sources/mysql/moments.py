"""The time column of a query as an instant, in the SQL of MySQL and MariaDB; the session is in UTC.

What counts as a time is `resources.contracts.times`. Patterns stand as hexadecimal literals, since what a backslash in
text means depends on the server's ``sql_mode``.
"""

from datetime import UTC, datetime

from resources.contracts.times import ISO, TimeFormat
from resources.sources.mysql.columns import Column
from resources.sources.query_window import within

__all__ = ["instant", "instant_of", "possible"]

_CLOCK = r"^\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,9})?)?)?"


def instant(at: datetime) -> str:
    """``at`` as an SQL literal of type ``DATETIME``, in UTC."""
    return f"TIMESTAMP '{at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def instant_of(column: Column, time_format: str | None, *, is_mariadb: bool) -> str | None:
    """The column as a ``DATETIME``, null where it is no time; none if it is of a type that is no time."""
    if column.is_date:
        return f"CAST({column.quoted} AS DATETIME)"
    if column.is_moment:
        return column.quoted
    return _of_text(column.quoted, time_format, is_mariadb=is_mariadb) if column.is_text else None


def possible(moment: str, future_days: int) -> str:
    """``moment`` where it is a time that a row may have; null elsewhere, and where its month or day is zero."""
    return f"CASE WHEN {_is_whole(moment)} THEN {within(moment, future_days, instant)} END"


def _is_whole(moment: str) -> str:
    return f"MONTH({moment}) > 0 AND DAYOFMONTH({moment}) > 0"


def _of_text(column: str, time_format: str | None, *, is_mariadb: bool) -> str:
    text, pattern = f"TRIM({column})", ISO
    iso = text
    if time_format is not None:
        of = TimeFormat.of(time_format)
        groups = of.iso if is_mariadb else of.iso.replace("\\", "$")
        pattern, iso = of.pattern, f"REGEXP_REPLACE({text}, {_literal(of.pattern)}, {_literal(groups)})"
    clock = f"REGEXP_SUBSTR({iso}, {_literal(_CLOCK)})"
    zone = f"TRIM(SUBSTR({iso}, CHAR_LENGTH({clock}) + 1))"
    minutes = f"SUBSTR({zone}, 2, 2) * 60 + IF(CHAR_LENGTH({zone}) > 3, RIGHT({zone}, 2), 0)"
    offset = f"IF({zone} IN ('', 'Z'), 0, IF(LEFT({zone}, 1) = '-', -1, 1) * ({minutes}))"
    at = f"CAST({clock} AS DATETIME(6))"
    # Letters' case counts, as it does elsewhere: `z` is no zone.
    is_time = f"{text} REGEXP {_literal(f'(?-i){pattern}')} AND {_is_whole(at)}"
    return f"(CASE WHEN {is_time} THEN {at} - INTERVAL ({offset}) MINUTE END)"


def _literal(text: str) -> str:
    return f"_utf8mb4 X'{text.encode().hex()}'"
