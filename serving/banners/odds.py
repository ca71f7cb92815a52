"""The probabilities of a slot's banners: from the release's priors and the counts of later days, by the slot's policy.

What belongs here: how long they stay the same, and drawing from them. What does not: the policies
(`assets.models.banners.policies`), and which banners may be shown (`serving.banners.selection`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Self

import numpy as np

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.context_model import ContextFeatures
from assets.models.banners.policies.discounting import discounted
from assets.models.banners.policies.policy import NO_FEATURES, Policy
from assets.models.banners.policies.slate import draw_slates
from evaluation.arrays import Floats
from resources.shop.slots import USER_FEATURES
from resources.store import ArmCount
from serving.banners.caps import NEVER

__all__ = ["SlotOdds", "draw"]

MAX_KEPT_ODDS = 64
"""Of one slot: as many different sets of banners are told apart by contexts."""


@dataclass(frozen=True, slots=True)
class SlotOdds:
    """One slot's, of counts as they were read."""

    arms: list[str]
    policy: Policy
    features: ContextFeatures | None
    """Of policies that heed the context; none for others, whose probabilities are kept."""
    counts: Mapping[date, Mapping[str, ArmCount]]
    today: date
    read_at: float
    asks: frozenset[str] = frozenset()
    """What is to be known of a user: features of the policy, and what banners are meant for."""
    odds: dict[frozenset[str], tuple[list[str], Floats]] = field(default_factory=dict)
    """Banners that may not be shown → the others, and their probabilities."""

    @classmethod
    def of(
        cls,
        priors: BannerPriors,
        slot: str,
        counts: Mapping[date, Mapping[str, ArmCount]],
        *,
        as_of: date,
        today: date,
        read_at: float,
    ) -> Self:
        """A slot's policy with its prior as old as the release, and what was counted on the days since.

        What contexts tell is the release's alone: counts do not say in which context a banner was shown.
        """
        arms, said, told = priors.arms(slot), priors.policy(slot), priors.contexts.get(slot)
        alpha, beta = priors.prior(slot, (today - as_of).days)
        age = np.array([(today - day).days for day in counts], dtype=np.float64)
        table = np.array([[of.get(arm, NEVER) for arm in arms] for of in counts.values()]).reshape(-1, len(arms), 2)
        shown, rewards = (discounted(table[:, :, i], age, said.half_life_days) for i in range(2))
        beta = beta + np.maximum(shown - rewards, 0.0)
        policy = said.served(alpha + rewards, beta, None if told is None else told.regressions)
        meant_for = (key for arm in arms if arm in priors.declared for key in priors.declared[arm].context)
        asks = frozenset({*said.features, *meant_for} & set(USER_FEATURES))
        features = told.features if told and said.is_contextual else None
        return cls(arms, policy, features, counts, today, read_at, asks)

    def is_as(self, other: "SlotOdds") -> bool:
        """Whether the probabilities of both are the same."""
        return self.counts == other.counts and self.today == other.today

    def odds_without(
        self, unfit: frozenset[str], context: Mapping[str, object], rng: np.random.Generator
    ) -> tuple[list[str], Floats]:
        """The banners that may be shown, and the probability of each; both empty where there is none."""
        if unfit in self.odds:
            return self.odds[unfit]
        fit = np.array([i for i, arm in enumerate(self.arms) if arm not in unfit], dtype=np.int64)
        names = [self.arms[i] for i in fit]
        if not names:
            return names, np.empty(0)
        if self.features is not None:
            return names, self.policy.odds(self.features.encoded(context), rng, fit if unfit else None)
        if len(self.odds) >= MAX_KEPT_ODDS:
            self.odds.clear()
        self.odds[unfit] = names, self.policy.odds(NO_FEATURES, rng, fit)
        return self.odds[unfit]


def draw(
    arms: list[str], probabilities: Floats, exclude: Collection[str], rng: np.random.Generator, count: int = 1
) -> list[tuple[str, float]]:
    """Draw arms for ``count`` positions, none twice; without the excluded ones the rest keep their proportions.

    Args:
        arms: Names.
        probabilities: float64[arms], above 0, summing to 1.
        exclude: Arms that may not be drawn.
        rng: Source of the draw.
        count: Positions, at least 1.

    Returns:
        For each position, from the first on, the arm and the probability with which it was drawn given those before
        it; fewer where fewer arms are left.
    """
    left = [i for i, arm in enumerate(arms) if arm not in exclude]
    if not left:
        return []
    drawn, propensity = draw_slates(probabilities[left] / probabilities[left].sum(), count, rng)
    return [(arms[left[i]], p) for i, p in zip(drawn[0].tolist(), propensity[0].tolist(), strict=True)]
