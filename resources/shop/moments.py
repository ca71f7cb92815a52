"""Days and instants as a ``shop.toml`` writes them, in the shop's time zone unless they say another.

What belongs here: reading them. What begins and ends then is said by each section.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta

__all__ = ["Moment", "instant", "is_zone", "moments_as_text"]

_DAY = r"20\d\d-\d\d-\d\d"
_CLOCK = r"[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?"
_DAY_CHARS = 10

Moment = Annotated[
    str,
    Meta(
        pattern=rf"^{_DAY}({_CLOCK})?$",
        description="a day such as 2026-12-24, or an instant such as 2026-12-24T18:00:00 or 2026-12-24T18:00:00Z",
    ),
]


def instant(moment: str, zone: str, *, is_end: bool = False) -> datetime:
    """The instant in UTC of a `Moment`: of a day its beginning in ``zone``, or its end.

    Raises:
        ValueError: If there is no such day or clock time.
    """
    at = ZoneInfo(zone)
    if len(moment) == _DAY_CHARS:
        day = date.fromisoformat(moment) + timedelta(days=int(is_end))
        return datetime.combine(day, time(), at).astimezone(UTC)
    read = datetime.fromisoformat(moment)
    return (read.replace(tzinfo=at) if read.tzinfo is None else read).astimezone(UTC)


def is_zone(name: str) -> bool:
    """Whether the tz database has a zone of this name."""
    return name == "UTC" or name in available_timezones()


def moments_as_text(table: Mapping[str, Any], section: str) -> dict[str, Any]:
    """A table of TOML of whose list ``section`` dates and times, which need no quotation marks there, are text."""
    rows = table.get(section)
    if not isinstance(rows, list):
        return dict(table)
    return {**table, section: [_as_text(row) if isinstance(row, dict) else row for row in rows]}


def _as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}
