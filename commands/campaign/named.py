"""The campaign that a command names, and the shares of its arms."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from resources.shop import Campaign, Shop

__all__ = ["SHARES", "shares_of", "the_campaign"]

SHARES = click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="ARM=SHARE",
    help="Share of the users in an arm, once an arm (default: alike, or as treated_share of the shop has it).",
)


def the_campaign(shop: "Shop", name: str) -> tuple["Shop", str]:
    """The shop with the campaign ``name`` alone, and the campaign_id of its exposures.

    Of several campaigns NAME is the id; a shop of one ``[campaign]`` may call each of its rounds anything.
    """
    from resources.contracts import MAX_ID

    if shop.campaigns and name not in shop.campaigns:
        raise click.UsageError(f"there is no campaign {name!r}; there are {', '.join(shop.campaigns)}")
    one = shop.of_campaign(name if shop.campaigns else None)
    exposed = one.campaign.campaigns
    if not shop.campaigns and exposed and name not in exposed:
        raise click.UsageError(
            f"[campaign] has the exposures of {', '.join(exposed)}, so a trial of {name!r} would not be measured: name "
            "one of these, or add it to `campaigns`"
        )
    if not 1 <= len(name) <= MAX_ID:
        raise click.UsageError(f"the name of a campaign has 1 to {MAX_ID} characters")
    return one, name if not exposed or name in exposed else exposed[0]


def shares_of(campaign: "Campaign", given: Sequence[str]) -> dict[str, float]:
    """Arm → share, the control first: as given, or else by ``treated_share``, or alike."""
    from assets.models.uplift.targeting.assignment import shares_fault

    treated = list(campaign.arms) or [campaign.treatment or "treatment"]
    known = [campaign.control, *treated]
    if given:
        shares = dict.fromkeys(known, 0.0)
        for text in given:
            arm, _, share = text.rpartition("=")
            if arm not in shares:
                raise click.UsageError(f"--share {text}: there is no arm {arm!r}; there are {', '.join(known)}")
            try:
                shares[arm] = float(share)
            except ValueError as error:
                raise click.UsageError(f"--share {text}: {share!r} is no number; write {arm}=0.5") from error
    else:
        # treated_share says nothing of several arms.
        control = 1 / len(known) if campaign.treated_share is None else 1 - campaign.treated_share
        shares = {campaign.control: control} | dict.fromkeys(treated, (1 - control) / len(treated))
    if fault := shares_fault(shares):
        raise click.UsageError(fault)
    return shares
