"""How long logs and earlier versions of tables are kept: ``[retention]``."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from resources.shop.campaign import Campaign
from resources.shop.targeting import Targeting

__all__ = ["Retention"]


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the weekly care of tables, and ``upshelf retention``, delete."""

    logs_days: Annotated[int, Meta(ge=30, le=36_500)] | None = None
    """Days of logs, and of what is derived from them, that stay; what is older is dropped. None for all."""
    versions_days: Annotated[int, Meta(ge=7, le=3_650)] = 30
    """Days in which a table can be restored to an earlier version; files that went out of use before are deleted."""

    def faults(
        self, campaigns: Mapping[str, Campaign], targeting: Targeting | None, *, window_days: int, late_days: int
    ) -> Iterator[str]:
        """Why models would lose days that they read, with the remedy.

        Args:
            campaigns: Section of the file, such as ``campaign`` → what it declares.
            targeting: What they share.
            window_days: The shop's.
            late_days: The shop's.
        """
        if self.logs_days is None:
            return
        windows = {"window_days": window_days}
        for section, campaign in campaigns.items():
            outcomes = campaign.attribution_days
            windows |= {
                f"frame_days and attribution_days of [{section}]": campaign.frame_days + outcomes,
                f"history_days and attribution_days of [{section}]": campaign.history_days + outcomes + 1,
                f"contact_days of [{section}]": campaign.contact_days + 1,
            }
        if targeting is not None:
            windows["contact_days of [targeting]"] = targeting.contact_days + 1
        longest = max(windows, key=lambda name: windows[name])
        needed = windows[longest] + late_days
        if self.logs_days < needed:
            yield (
                f"[retention] logs_days is {self.logs_days}, but models read {needed} days ({longest}, and late_days): "
                f"give {needed} or more, or shorten what they read"
            )
