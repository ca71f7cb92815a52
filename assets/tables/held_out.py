"""The days that the recommenders' and search's reports are measured on: the last ones that have rows.

A source that is late leaves the days before the as-of day empty; they are neither learnt from nor measured on.
"""

from collections.abc import Sequence
from typing import NamedTuple

from assets.daily.partitions import days_before
from resources.lake import Lake
from resources.shop import Shop

__all__ = ["HeldOutDays", "held_out_days"]


class HeldOutDays(NamedTuple):
    """Days ``first`` to ``last``, both inclusive."""

    first: str
    last: str

    @property
    def before(self) -> str:
        """Last day that may be learnt from."""
        return days_before(self.first, 1)

    def __str__(self) -> str:
        return self.last if self.first == self.last else f"{self.first} to {self.last}"


def held_out_days(shop: Shop, lake: Lake, tables: Sequence[str], day: str) -> HeldOutDays:
    """The shop's ``holdout_days`` up to the last day that has rows of each of ``tables``.

    A table without a row in the trailing ``window_days`` does not count; if none has one, ``day`` is the last.
    """
    first = days_before(day, shop.window_days - 1)
    newest = [lake.read(table, first, day, columns=["day"])["day"].max() for table in tables]
    last = min((str(found) for found in newest if found is not None), default=day)
    return HeldOutDays(days_before(last, shop.holdout_days - 1), last)
