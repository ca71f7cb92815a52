"""Whom to contact for which campaign, with which arm, under one budget and one limit of contacts.

What belongs here: offers of several campaigns as one search, and the plan in words. What does not: the search
(`assets.models.uplift.targeting.joint_knapsack`) and what an offer is worth (`policy`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.models.uplift.targeting.joint_knapsack import solve_joint_knapsack
from assets.models.uplift.targeting.knapsack import NOTHING
from assets.models.uplift.targeting.policy import Offers, free_contacts
from evaluation.arrays import Bools, Ints

__all__ = ["CampaignOffers", "CampaignShare", "JointPlan", "plan_jointly"]


@dataclass(frozen=True, slots=True)
class CampaignOffers:
    """What one campaign could do with its users."""

    campaign: str
    arms: tuple[str, ...]
    offers: Offers
    """[users of the campaign, arms]."""
    place: Ints
    """Of each of its users among those of all campaigns: int64[users of the campaign]."""
    contacts_left: Ints | None = None
    """By the campaign's own limit: int64[users of the campaign]; none for no limit."""

    @property
    def allowed(self) -> Bools:
        """Whether the contact may be made, and pays: bool[users of the campaign, arms]."""
        return self.offers.allowed & free_contacts(self.offers.net.shape, self.contacts_left)


@dataclass(frozen=True, slots=True)
class CampaignShare:
    """What a campaign has of the plan; money in the shop's currency, all of it expected."""

    contacts: dict[str, int]
    """Users contacted by arm."""
    spend: float
    profit: float


@dataclass(frozen=True, slots=True)
class JointPlan:
    """At most one contact of every user in every campaign."""

    arm: dict[str, Ints]
    """Campaign → place of the chosen arm of each of its users, in the order of its offers, or -1 for no contact."""
    shares: dict[str, CampaignShare]
    """By campaign."""
    spend: float
    """Of all campaigns, never above the budget."""
    budget: float | None
    profit: float
    cutoff: float
    """Profit that one more unit of budget would earn in whichever campaign; 0 where the budget does not bind."""
    bound: float
    """No plan within the budget and the limits earns more."""
    gap: float
    """(bound - profit) / bound."""

    @property
    def verdict(self) -> str:
        """What the plan does, in words."""
        told = [
            f"{name} {sum(share.contacts.values()):,} contacts for {share.spend:,.2f} (expected to earn "
            f"{share.profit:,.2f})"
            for name, share in self.shares.items()
            if any(share.contacts.values())
        ]
        if not told:
            return "Contacts nobody: in no campaign is an allowed contact expected to earn its cost."
        message = f"{'; '.join(told)}. Together {self.profit:,.2f} are expected after a cost of {self.spend:,.2f}"
        if self.budget is None or self.cutoff == 0:
            return f"{message}: more budget would earn nothing."
        return (
            f"{message} of a budget of {self.budget:,.2f}; the next unit would earn {self.cutoff:.2f} above its cost."
        )


def plan_jointly(
    campaigns: Sequence[CampaignOffers], users: int, *, budget: float | None, contacts_left: Ints | None = None
) -> JointPlan:
    """The most profitable contacts of all campaigns that the budget buys.

    Args:
        campaigns: at least one.
        users: how many users all campaigns have together.
        budget: money for all contacts; None for no limit.
        contacts_left: how many contacts each user may still get, of any campaign: int64[users]; None for no limit.

    Raises:
        ValueError: the budget or a limit is negative.
    """
    first = np.cumsum([0, *(len(of.arms) for of in campaigns)])
    # Who is none of a campaign's users may not be contacted by it.
    value, cost = np.zeros((2, users, first[-1]))
    allowed = np.zeros((users, first[-1]), dtype=np.bool_)
    for of, start, end in zip(campaigns, first[:-1], first[1:], strict=True):
        value[of.place, start:end], cost[of.place, start:end] = of.offers.net, of.offers.cost
        allowed[of.place, start:end] = of.allowed
    group = [place for place, of in enumerate(campaigns) for _ in of.arms]
    solved = solve_joint_knapsack(value, cost, budget, group=group, most=contacts_left, allowed=allowed)
    arm, shares = {}, {}
    for place, of in enumerate(campaigns):
        option = solved.choice[of.place, place]
        arm[of.campaign] = np.where(option == NOTHING, NOTHING, option - first[place])
        shares[of.campaign] = _share(of, arm[of.campaign])
    return JointPlan(
        arm=arm,
        shares=shares,
        spend=solved.spend,
        budget=budget,
        profit=solved.value,
        cutoff=solved.multiplier,
        bound=solved.bound,
        gap=solved.gap,
    )


def _share(of: CampaignOffers, arm: Ints) -> CampaignShare:
    users = np.flatnonzero(arm != NOTHING)
    counts = np.bincount(arm[users], minlength=len(of.arms))
    return CampaignShare(
        contacts={name: int(count) for name, count in zip(of.arms, counts, strict=True)},
        spend=float(of.offers.cost[users, arm[users]].sum()),
        profit=float(of.offers.net[users, arm[users]].sum()),
    )
