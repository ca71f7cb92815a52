"""What a release says of each campaign of the shop: its state, whether its experiment is valid, arms and windows.

What belongs here: facts and words. What a contact costs and earns is in the manifest (`assets.release.gather`).
"""

from typing import Any

import polars as pl

from assets.daily.models import AsOf
from assets.daily.windows import EXPOSED
from assets.models.manifest import SOLE
from assets.uplift.campaign import exposures_of
from assets.uplift.experiment import require_valid
from resources.model_store import Unavailable
from resources.shop import Campaign

__all__ = ["CAMPAIGNS", "about"]

CAMPAIGNS = "campaigns"
"""Report of a release: one object a campaign."""


def about(at: AsOf) -> dict[str, Any]:
    """Of the one campaign of ``at``: id, state, verdict, and what the shop declares of it.

    ``verdict`` says in words whether the experiment is valid, ``missing`` why there are no scores; null if there are.
    """
    campaign = at.shop.campaign
    columns = ["campaign_id", "ts", "arm"]
    exposed = exposures_of(at.lake.read("ad_exposures", at.first(EXPOSED), at.day, columns=columns), campaign)
    try:
        require_valid(at.models, at.day, at.shop)
        valid, verdict = True, "The experiment is valid: every check passed."
        if campaign.accept:
            verdict = f"The experiment is valid; the shop accepts failures of {', '.join(sorted(campaign.accept))}."
    except Unavailable as reason:
        valid, verdict = False, f"{str(reason)[:1].upper()}{str(reason)[1:]}"
    missing = at.models.unavailable("segments", at.day)
    return {
        "id": at.campaign or SOLE,
        "state": state(exposed, campaign, at.day),
        "valid": valid,
        "verdict": verdict,
        "missing": None if missing is None else str(missing),
        "outcome": campaign.outcome,
        "control": campaign.control,
        "arms": sorted(campaign.arms) or sorted(set(exposed["arm"]) - {campaign.control}),
        "exposures": exposed.height,
        "attribution_days": campaign.attribution_days,
        "history_days": campaign.history_days,
        "frame_days": campaign.frame_days,
        "max_contacts": campaign.max_contacts,
        "contact_days": campaign.contact_days,
        "budget": campaign.budget,
    }


def state(exposed: pl.DataFrame, campaign: Campaign, day: str) -> str:
    """``draft`` before any exposure, ``running`` while a window is open, then ``measured``; ``closed`` if so said.

    Args:
        exposed: ``ts`` of the campaign's exposures, of the days that its frame is made of.
        campaign: As declared.
        day: As of the end of which.
    """
    if campaign.closed:
        return "closed"
    if exposed.is_empty():
        return "draft"
    ends = exposed["ts"].dt.date().dt.offset_by(f"{campaign.attribution_days}d").cast(pl.String)
    return "running" if (ends > day).any() else "measured"
