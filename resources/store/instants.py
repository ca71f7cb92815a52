"""Times as the operational store keeps them: microseconds since 1970 UTC, and the UTC day."""

from datetime import UTC, datetime, timedelta

__all__ = ["EPOCH", "US", "day_of", "instant", "micros"]

US = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(ts: datetime) -> int:
    """Microseconds since 1970 UTC; refuses a time without a zone."""
    if ts.tzinfo is None:
        raise ValueError(f"time {ts.isoformat()} has no zone; give UTC times, such as {ts.isoformat()}Z")
    return (ts - EPOCH) // US


def instant(ts_us: int) -> datetime:
    """The time, in UTC."""
    return EPOCH + ts_us * US


def day_of(ts_us: int) -> str:
    """UTC day 'YYYY-MM-DD' of a time."""
    return instant(ts_us).date().isoformat()
