"""Daily partitions and the trailing windows between them.

The partition key is the *as-of* day (UTC). A model as of D reads the trailing days up to and including D, so any day
can be backfilled and gives what it would have given. The first day comes from the shop, which is therefore read when
this module is imported.
"""

import warnings
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import dagster as dg

from resources.settings import Settings
from resources.shop import Shop

__all__ = ["DAILY", "EVERY_EARLIER_DAY", "SAME_DAY", "SHOP", "daily_asset", "days_before", "trailing", "window"]

# Both parameters are in beta and both are needed: one run for many days, and windows cut off at the first day.
warnings.filterwarnings(
    "ignore",
    message="Parameter `(backfill_policy|allow_nonexistent_upstream_partitions)`",
    category=dg.BetaWarning,
)

SHOP = Shop.load(Settings.from_env().shop)
"""The shop that this code location serves."""

DAILY = dg.DailyPartitionsDefinition(
    start_date=SHOP.first_day.isoformat(),
    end_date=None if SHOP.end_day is None else SHOP.end_day.isoformat(),
    timezone="UTC",
)

_TEN_YEARS_DAYS = 3_650


def trailing(days: int) -> dg.TimeWindowPartitionMapping:
    """The ``days`` days up to and including the partition's own; days before the shop's first are left out."""
    return dg.TimeWindowPartitionMapping(
        start_offset=-(days - 1), end_offset=0, allow_nonexistent_upstream_partitions=True
    )


SAME_DAY = trailing(1)


EVERY_EARLIER_DAY = trailing(_TEN_YEARS_DAYS)
"""For the state of things as last known: every day up to and including the partition's own."""


def daily_asset(
    **arguments: Any,  # noqa: ANN401  # those of dg.asset
) -> Callable[[Callable[..., dg.MaterializeResult]], dg.AssetsDefinition]:
    """``dg.asset`` of this pipeline: partitioned by day, and many days are one run, which reads and writes a range."""
    decorated: Callable[[Callable[..., dg.MaterializeResult]], dg.AssetsDefinition] = dg.asset(
        partitions_def=DAILY, backfill_policy=dg.BackfillPolicy.single_run(), **arguments
    )
    return decorated


def window(partition_keys: Sequence[str]) -> tuple[date, date]:
    """First and last day of a run's partitions, both inclusive."""
    days = sorted(partition_keys)
    return date.fromisoformat(days[0]), date.fromisoformat(days[-1])


def days_before(day: str, days: int) -> str:
    """The day ``days`` days before ``day``, as a partition key."""
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
