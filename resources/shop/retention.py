"""How long logs and earlier versions of tables are kept: ``[retention]``."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from resources.shop.campaign import Campaign

__all__ = ["Retention"]


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the weekly care of tables, and ``upshelf retention``, delete."""

    logs_days: Annotated[int, Meta(ge=30, le=36_500)] | None = None
    """Days of logs, and of what is derived from them, that stay; what is older is dropped. None for all."""
    versions_days: Annotated[int, Meta(ge=7, le=3_650)] = 30
    """Days in which a table can be restored to an earlier version; files that went out of use before are deleted."""

    def faults(self, *, window_days: int, campaign: Campaign, late_days: int) -> Iterator[str]:
        """Why models would lose days that they read, with the remedy."""
        if self.logs_days is None:
            return
        outcomes = campaign.attribution_days
        windows = {
            "window_days": window_days,
            "frame_days and attribution_days of [campaign]": campaign.frame_days + outcomes,
            "history_days and attribution_days of [campaign]": campaign.history_days + outcomes + 1,
            "contact_days of [campaign]": campaign.contact_days + 1,
        }
        longest = max(windows, key=lambda name: windows[name])
        needed = windows[longest] + late_days
        if self.logs_days < needed:
            yield (
                f"[retention] logs_days is {self.logs_days}, but models read {needed} days ({longest}, and late_days): "
                f"give {needed} or more, or shorten what they read"
            )
