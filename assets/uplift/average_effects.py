"""What the campaign's contacts did on average: over all users, by group, and what was sent back.

What belongs here: the rows, and the figures in words and tables. What does not: the estimates
(`evaluation.experiment.average_effect`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.uplift.groups import groups_of
from evaluation.experiment.average_effect import AverageEffect, GroupEffect, average_effect, effects_by_group
from evaluation.experiment.contamination import first_exposures
from evaluation.resampling.bootstrap import Interval

__all__ = ["AverageEffects", "average_effects"]

_SHOWN = 12
"""Groups in the table."""


@dataclass(frozen=True, slots=True)
class AverageEffects:
    """Of a campaign's exposures, each user once."""

    effect: AverageEffect
    groups: list[GroupEffect]
    """The one that differs most clearly from the others first."""
    returned: dict[str, float]
    """Arm → share of what was paid that was paid back within the window."""

    def body(self) -> dict[str, Any]:
        """As JSON: intervals are objects of named bounds."""

        def plain(of: AverageEffect | GroupEffect) -> dict[str, Any]:
            return {**asdict(of), "effect": of.effect._asdict()}

        return {
            "effect": plain(self.effect),
            "groups": [plain(group) for group in self.groups],
            "returned": self.returned,
        }

    @property
    def verdict(self) -> str:
        """The effect and who differs from the others, in words."""
        of = self.effect
        message = (
            f"{_percent(of.effect)} beside {of.control:.2%} without a contact (p = {of.p_value:.2g}, {of.users:,} "
            f"users; effects of {of.detectable:.2%} and more are found in four of five such trials)"
        )
        clear = [group for group in self.groups if group.p_value < 0.05]
        if not clear:
            return f"{message}. No group differs from the others beyond chance."
        first = clear[0]
        return (
            f"{message}. It differs most by {first.attribute}: {first.group} ({first.users:,} users) has "
            f"{_percent(first.effect)}, unlike the others (p = {first.p_value:.2g} among {len(self.groups)} groups)."
        )

    def table(self) -> str:
        """The groups that differ most clearly, as Markdown."""
        lines = ["| attribute | group | users | effect, 95 % of all groups together | p |", "|---|---|---|---|---|"]
        lines += [
            f"| {g.attribute} | {g.group} | {g.users:,} | {_percent(g.effect)} | {g.p_value:.2g} |"
            for g in self.groups[:_SHOWN]
        ]
        return "\n".join(lines)

    def returns(self) -> str:
        """What was paid back by arm, in words."""
        return ", ".join(f"{arm} {share:.1%}" for arm, share in self.returned.items())


def average_effects(frame: pl.DataFrame) -> AverageEffects:
    """Of the first exposure of each user; an arm's probability that was not logged is its share.

    Args:
        frame: as `assets.uplift.campaign.campaign_frame` gives it.

    Raises:
        InsufficientDataError: an arm has fewer than two users.
    """
    firsts = first_exposures(frame)
    treated = firsts["treatment"].to_numpy() == 1
    share = float(treated.mean())
    of_any = firsts["propensity"].fill_null(share).to_numpy()
    trial = firsts["outcome"].cast(pl.Float64).to_numpy(), treated, np.where(treated, of_any, 1 - of_any)
    sums = frame.group_by("arm").agg(pl.col("refunds", "revenue").sum()).sort("arm").iter_rows()
    returned = {arm: round(back / (back + kept), 6) for arm, back, kept in sums if back + kept > 0}
    return AverageEffects(average_effect(*trial), effects_by_group(*trial, groups_of(firsts)), returned)


def _percent(interval: Interval) -> str:
    return f"{interval.estimate:+.2%} ({interval.lower:+.2%} to {interval.upper:+.2%})"
