"""Windows: how many days up to the as-of day an asset reads of each of its inputs.

An asset names its windows; how long they are, only the shop says. The same window gives the lineage that Dagster
shows and the days that the asset may read.
"""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg

from assets.daily.partitions import days_before
from resources.shop import Campaign, Shop

__all__ = [
    "BEHAVIOUR",
    "BREADTH",
    "BREADTH_DAYS",
    "CONTACTS",
    "EXPOSED",
    "FRAME",
    "HISTORY",
    "HISTORY_AND_OUTCOMES",
    "SAME_DAY",
    "STATE",
    "VISITS",
    "VISIT_DAYS",
    "WHOLE",
    "Window",
]

_TEN_YEARS_DAYS = 3_650
"""As far back as lineage reaches where a window has no beginning."""


@dataclass(frozen=True, slots=True)
class Window:
    """Trailing days that end with the partition's own."""

    name: str
    length: Callable[[Shop], int | None]
    """Days of a shop's window; none: from the beginning."""
    any_day: bool = False
    """Whether rows of later days, and of none, are read too."""

    def days(self, shop: Shop) -> int:
        """How many days it has.

        Raises:
            ValueError: If it has no beginning.
        """
        days = self.length(shop)
        if days is None:
            raise ValueError(f"the window {self.name!r} has no first day")
        return days

    def first(self, shop: Shop, day: str) -> str | None:
        """First day of the window that ends with ``day``; none: it has no beginning."""
        days = self.length(shop)
        return None if days is None else days_before(day, days - 1)

    def mapping(self, shop: Shop) -> dg.TimeWindowPartitionMapping:
        """The upstream partitions of a partition; days before the shop's first are left out."""
        return dg.TimeWindowPartitionMapping(
            start_offset=1 - (self.length(shop) or _TEN_YEARS_DAYS),
            end_offset=0,
            allow_nonexistent_upstream_partitions=True,
        )


def _longest(days: Callable[[Campaign], int]) -> Callable[[Shop], int]:
    """The longest of a shop's campaigns."""
    return lambda shop: max(days(of.campaign) for of in shop.by_campaign.values())


SAME_DAY = Window("same day", lambda _: 1)
VISIT_DAYS = 3
"""Days that tell a day's sessions: one may have begun on the day before, whose sessions its own day before tells."""
VISITS = Window("visits", lambda _: VISIT_DAYS)
BREADTH_DAYS = 14
"""Days in which a robot is told by how many products it looks at."""
BREADTH = Window("breadth", lambda _: BREADTH_DAYS)
STATE = Window("state", lambda _: None)
"""Things as last known: every day so far."""
BEHAVIOUR = Window("behaviour", lambda shop: shop.window_days)
"""What recommenders and search are fitted on."""
WHOLE = Window("whole", lambda _: None, any_day=True)
"""All rows whatever their day, and those that have none: vectors are keyed by their text, whichever day wrote them."""
FRAME = Window("frame", _longest(lambda campaign: campaign.frame_days))
"""Exposures that an uplift model is fitted on."""
EXPOSED = Window("exposed", _longest(lambda campaign: campaign.frame_days + campaign.attribution_days))
"""The days on which those of the frame were exposed."""
HISTORY = Window("history", _longest(lambda campaign: campaign.history_days))
"""Behaviour that describes a user as of a day."""
HISTORY_AND_OUTCOMES = Window(
    "history and outcomes", _longest(lambda campaign: campaign.history_days + campaign.attribution_days + 1)
)
"""The history before an exposure, and the attribution window after it."""


def _contact_days(shop: Shop) -> int:
    joint = 0 if shop.targeting is None else shop.targeting.contact_days
    return max(joint, _longest(lambda campaign: campaign.contact_days)(shop)) + 1


CONTACTS = Window("contacts", _contact_days)
"""Exposures that count towards a user's contact limit: its period ends with the day, and may begin within one."""
