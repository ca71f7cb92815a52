"""The window of a query and the instant of a row: one way for all SQL sources.

What counts as a time is `resources.contracts.times`; what differs between the engines is theirs.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from resources.contracts.times import EARLIEST, ISO, LATEST, TimeFormat

__all__ = ["BEGINNING", "END", "fill_window", "instant", "iso_text", "midnight", "within"]

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)


def instant(at: datetime) -> str:
    """``at`` as an SQL literal of type ``TIMESTAMPTZ``, in UTC."""
    return f"TIMESTAMPTZ '{at.astimezone(UTC).isoformat()}'"


def midnight(at: datetime) -> datetime:
    """The beginning of the UTC day of an instant."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def fill_window(query: str, start: datetime | None, end: datetime, literal: Callable[[datetime], str] = instant) -> str:
    """``query`` with ``{start}`` and ``{end}`` replaced by literals; no start is the beginning of the calendar."""
    return query.replace("{start}", literal(start or BEGINNING)).replace("{end}", literal(end))


def within(moment: str, future_days: int, literal: Callable[[datetime], str] = instant) -> str:
    """``moment``, an SQL expression of the type of ``literal``, where a row may have that time; null elsewhere."""
    latest = min(LATEST, datetime.now(UTC) + timedelta(days=future_days))
    return f"CASE WHEN {moment} >= {literal(EARLIEST)} AND {moment} < {literal(latest)} THEN {moment} END"


def iso_text(text: str, time_format: str | None) -> tuple[str, str]:
    """The regular expression that ``text``, an SQL expression, must match to be a time, and SQL that makes it ISO."""
    if time_format is None:
        return ISO, text
    of = TimeFormat.of(time_format)
    pattern = of.pattern.replace("'", "''")
    return pattern, f"regexp_replace({text}, '{pattern}', '{of.iso}')"
