"""Daily partitions: the key is the *as-of* day (UTC), and a shop's first day begins them.

A model as of D reads the trailing days up to and including D, so any day can be backfilled and gives what it would
have given. How far back each asset reads is `assets.daily.windows`.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg

from resources.shop import Shop

__all__ = ["daily_partitions", "days_before", "first_and_last"]


def daily_partitions(shop: Shop) -> dg.DailyPartitionsDefinition:
    """The days of ``shop``, from its first to its last; a living shop has none."""
    return dg.DailyPartitionsDefinition(
        start_date=shop.first_day.isoformat(),
        end_date=None if shop.end_day is None else shop.end_day.isoformat(),
        timezone="UTC",
    )


def first_and_last(partition_keys: Sequence[str]) -> tuple[date, date]:
    """First and last day of a run's partitions, both inclusive."""
    return date.fromisoformat(min(partition_keys)), date.fromisoformat(max(partition_keys))


def days_before(day: str, days: int) -> str:
    """The day ``days`` days before ``day``, as a partition key."""
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
