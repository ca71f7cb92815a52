"""The window of a query: the placeholders ``{start}`` and ``{end}``, one way for all SQL sources."""

from datetime import UTC, datetime

__all__ = ["BEGINNING", "END", "fill_window", "instant"]

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)


def instant(at: datetime) -> str:
    """``at`` as an SQL literal of type ``TIMESTAMPTZ``, in UTC."""
    return f"TIMESTAMPTZ '{at.astimezone(UTC).isoformat()}'"


def fill_window(query: str, start: datetime | None, end: datetime) -> str:
    """``query`` with ``{start}`` and ``{end}`` replaced by literals; no start is the beginning of the calendar."""
    return query.replace("{start}", instant(start or BEGINNING)).replace("{end}", instant(end))
