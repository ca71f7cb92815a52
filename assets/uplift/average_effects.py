"""What the campaign's contacts did on average: over all users, by group, and what was sent back.

What belongs here: the rows, and the figures in words and tables. What does not: the estimates
(`evaluation.experiment.average_effect`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.uplift.groups import groups_of, numbers_of, words_of
from evaluation.arrays import Bools, Floats
from evaluation.experiment.average_effect import AverageEffect, GroupEffect, average_effect, effects_by_group
from evaluation.experiment.contamination import first_exposures
from evaluation.experiment.who_responds import who_responds
from evaluation.policy_value.effect_scores import effect_scores
from evaluation.resampling.bootstrap import Interval

__all__ = ["CLEAR", "AverageEffects", "average_effects"]

CLEAR = 0.05
"""p-value, adjusted for all groups that were looked at, below which one is named."""
_NAMED = 3
"""Groups in words."""
_SHOWN = 12
"""Groups in the table."""


@dataclass(frozen=True, slots=True)
class AverageEffects:
    """Of a campaign's exposures, each user once."""

    effect: AverageEffect
    groups: list[GroupEffect]
    """The one that differs most clearly from the others first."""
    responders: list[GroupEffect]
    """Best cuts of numbers, levels of words, and pairs of attributes; below a p-value of 0.05 they are named."""
    returned: dict[str, float]
    """Arm → share of what was paid that was paid back within the window."""

    def body(self) -> dict[str, Any]:
        """As JSON: intervals are objects of named bounds."""

        def plain(of: AverageEffect | GroupEffect) -> dict[str, Any]:
            return {**asdict(of), "effect": of.effect._asdict()}

        return {
            "effect": plain(self.effect),
            "groups": [plain(group) for group in self.groups],
            "responders": [plain(group) for group in self.responders],
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
        clear = [group for group in self.responders if group.p_value < CLEAR]
        if not clear:
            return f"{message}. No group differs from the others beyond chance."
        return f"{message}. Who responds unlike others: {'; '.join(group.in_words() for group in clear[:_NAMED])}."

    def table(self) -> str:
        """Groups made beforehand that differ most clearly, as Markdown."""
        return _table(self.groups)

    def who_responds(self) -> str:
        """The groups that were looked for, those that differ most clearly, as Markdown."""
        return _table(self.responders)

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
    effect, numbers = average_effect(*trial), numbers_of(firsts)
    groups = groups_of(numbers, words_of(firsts))
    responders = who_responds(_scores(*trial), numbers, groups)
    return AverageEffects(effect, effects_by_group(*trial, groups), responders, returned)


def _percent(interval: Interval) -> str:
    return f"{interval.estimate:+.2%} ({interval.lower:+.2%} to {interval.upper:+.2%})"


def _scores(outcome: Floats, treated: Bools, propensity: Floats) -> Floats:
    """Doubly robust scores with the arms' means as predictions: their means are differences of means."""
    means = (np.average(outcome[arm], weights=1 / propensity[arm]) for arm in (~treated, treated))
    chance = np.where(treated, propensity, 1 - propensity)
    predicted = (np.full(len(outcome), mean) for mean in means)
    return effect_scores(outcome, treated.astype(np.float64), chance, *predicted)


def _table(groups: list[GroupEffect]) -> str:
    lines = ["| attribute | group | users | effect, 95 % of all groups together | p |", "|---|---|---|---|---|"]
    lines += [
        f"| {g.attribute} | {g.group} | {g.users:,} | {_percent(g.effect)} | {g.p_value:.2g} |" for g in groups[:_SHOWN]
    ]
    return "\n".join(lines)
