"""How ad exposures become an uplift frame and money: ``[campaign]``, or ``[campaigns.ID]`` for each of several."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from resources.contracts import MAX_ID
from resources.shop.bounds import Money, Positive, Share

__all__ = ["Arm", "Campaign", "CampaignId", "campaign_faults"]

CampaignId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
        max_length=40,
        description="up to 40 small letters, digits and single _, a letter first, such as spring_voucher",
    ),
]


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of several treatments costs, in the shop's currency; what is left out is the campaign's."""

    contact_cost: Money | None = None
    """Cost of one contact with this arm."""
    incentive: Money | None = None
    """What a response to this arm costs besides."""


class Campaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How ad exposures become an uplift frame and money."""

    outcome: Literal["purchase", "visit"] = "purchase"
    """What counts as a response: an order line of kind ``sale``, or any event, in the attribution window."""
    campaigns: list[Annotated[str, Meta(min_length=1, max_length=MAX_ID)]] = []
    """``campaign_id`` of the exposures that are this campaign's; needed where the log holds several. Of
    ``[campaigns.ID]`` it is the ID where none is named."""
    control: str = "control"
    """Name of the control arm."""
    treatment: str | None = None
    """Name of the treatment arm; by default every arm but the control is one treatment."""
    arms: dict[Annotated[str, Meta(min_length=1, max_length=MAX_ID)], Arm] = {}
    """Treatments that are told apart, two or more, by name; none for one treatment against the control."""
    attribution_days: Positive = 7
    """Length of the outcome window that starts at the exposure."""
    history_days: Positive = 90
    """Length of the behaviour window that ends strictly before the exposure."""
    frame_days: Positive = 90
    """How many days of exposures a model is fitted on."""
    margin: Share = 0.3
    """Contribution margin as a share of revenue."""
    contact_cost: Money = 0.1
    """Cost of one contact in the shop's currency."""
    incentive: Money = 0.0
    """What a response of a contacted user costs besides, such as a voucher, in the shop's currency."""
    winsorise: Annotated[float, Meta(gt=0.5, le=1)] = 0.99
    """Quantile of the revenue of those who bought above which revenue counts no more; 1 for none."""
    revenue_per_response: Money | None = None
    """Revenue of one response; by default measured in the frame."""
    budget: Money | None = None
    """What contacts and incentives of one round may cost; none for no limit."""
    max_contacts: Positive | None = None
    """How often a user may be contacted within ``contact_days``; none for no limit."""
    contact_days: Positive = 30
    """Length of the period that ``max_contacts`` counts in."""
    treated_share: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """Share of users meant for the treatment, where exposures do not log their propensity; none for an observational
    log."""
    accept: frozenset[Literal["sample_ratio", "contamination", "time_order", "balance", "arm_classifier"]] = frozenset()
    """Failed checks of the experiment that are accepted knowingly; any other keeps its effects from being used."""
    closed: bool = False
    """Whether the campaign is over: it is still measured, but nobody is planned or decided to be contacted."""

    def price(self, arm: str) -> tuple[float, float]:
        """(contact cost, incentive) of the treatment ``arm``: its own, or the campaign's."""
        own = self.arms.get(arm, Arm())
        return (
            self.contact_cost if own.contact_cost is None else own.contact_cost,
            self.incentive if own.incentive is None else own.incentive,
        )

    def faults(self, section: str = "campaign") -> Iterator[str]:
        """What contradicts itself in the arms of the table ``section``, each with the remedy."""
        if not self.arms:
            return
        if len(self.arms) < 2:
            yield f"[{section}.arms] declares {list(self.arms)} alone: declare two arms or more, or name `treatment`"
        if self.treatment is not None:
            yield f"[{section}] has treatment {self.treatment!r} and arms {list(self.arms)}: leave one of the two out"
        if self.treated_share is not None:
            remedy = "log the propensity of each exposure"
            yield f"[{section}] has treated_share and arms, of which it says nothing: {remedy}"
        if self.control in self.arms:
            yield f"[{section}.arms] declares {self.control!r}, which is the control: leave it out, or rename `control`"


def campaign_faults(campaigns: Mapping[str, Campaign]) -> Iterator[str]:
    """What contradicts itself in several campaigns, by their ids, each with the remedy."""
    owner: dict[str, str] = {}
    for name, campaign in campaigns.items():
        yield from campaign.faults(f"campaigns.{name}")
        for exposed in dict.fromkeys(campaign.campaigns or [name]):
            if exposed in owner:
                yield (
                    f"[campaigns.{owner[exposed]}] and [campaigns.{name}] both take the exposures of {exposed!r}: an "
                    "exposure is of one campaign, so name it in the `campaigns` of one of the two"
                )
            owner.setdefault(exposed, name)
    days = {name: campaign.history_days for name, campaign in campaigns.items()}
    if len(set(days.values())) > 1:
        told = ", ".join(f"{number} in {name}" for name, number in days.items())
        yield (
            f"[campaigns] differ in history_days ({told}): what is known of a user is computed once for all of them, "
            "so give every campaign the same"
        )
