"""Caps: how often banners were shown and rewarded that may be so many times only.

What belongs here: when a count is believed. What does not: what a cap is (`assets.models.banners.terms`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from assets.models.banners.terms import Terms
from resources.store import ArmCount

__all__ = ["NEVER", "NO_CAPS", "Caps"]

NEARLY_SPENT = 0.9
"""Share of its cap from which on the counts of a banner are read again before each selection."""
MEANWHILE = 16
"""For each banner drawn here since its counts were read, so many may have been drawn, or rewarded, elsewhere: a cap is
exceeded by what is drawn at the same moment, and by no more than a few besides."""
NEVER = ArmCount(0, 0.0)
"""Of a banner that was never shown."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How often banners that have a cap were shown, in all slots and on all days."""

    totals: dict[str, ArmCount]
    read_at: float
    drawn: Counter[str] = field(default_factory=Counter)
    """Banners drawn here since."""

    def is_spent(self, banner: str, terms: Terms) -> bool:
        """Whether a banner was shown as often as it may be."""
        if banner not in self.totals:
            return False
        shown, rewards = self.totals[banner]
        return terms.are_spent(shown + self.drawn[banner], rewards)

    def is_nearly_spent(self, declared: Mapping[str, Terms]) -> bool:
        """Whether a banner that was drawn is near its cap and not yet beyond, so that what others show counts."""
        for banner, drawn in self.drawn.items():
            shown, rewards = self.totals[banner]
            meanwhile, terms = MEANWHILE * drawn, declared[banner]
            near = terms.are_spent(int((shown + meanwhile) / NEARLY_SPENT), (rewards + meanwhile) / NEARLY_SPENT)
            if near and not terms.are_spent(shown, rewards):
                return True
        return False


NO_CAPS = Caps({}, 0.0)
