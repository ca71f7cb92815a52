"""Which users tell of which arm: all treatments together, and each of several, beside the control.

What belongs here: the rows of each comparison. What does not: the comparisons (`evaluation.experiment.balance`,
`evaluation.experiment.arm_classifier`, `evaluation.experiment.overlap`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from evaluation.arrays import Ints

__all__ = ["ArmPair", "arm_pairs"]

MIN_USERS = 50
"""Users of a treatment, and of its controls, below which it is not compared on its own: no check could tell a fault
from chance there, and no effect is learned from so few."""


@dataclass(frozen=True, slots=True)
class ArmPair:
    """A comparison with the control."""

    arm: str | None
    """The treatment; None: all of them together."""
    row: Ints
    """Places of its users and of their controls, ascending."""


def arm_pairs(firsts: pl.DataFrame, arms: Sequence[str]) -> tuple[list[ArmPair], dict[str, int]]:
    """All treatments together, then each of ``arms``, if two or more of them were given to anyone.

    An arm's controls are those of its campaigns from the day of its first to the day of its last user there: an arm
    that came later, or was stopped, is not compared with users of other weeks.

    Args:
        firsts: a user a row (`evaluation.experiment.contamination.first_exposures`); campaign_id, ts, arm, treatment.
        arms: treatments that are told apart.

    Returns:
        The comparisons; and arms of too few users or controls for one, with the smaller of the two numbers.
    """
    numbered = firsts.select("campaign_id", pl.col("ts").dt.date().alias("day"), "arm", "treatment").with_row_index()
    pairs = [ArmPair(None, np.arange(firsts.height))]
    left_out: dict[str, int] = {}
    if len(set(arms) & set(firsts["arm"])) < 2:
        return pairs, left_out
    for arm in sorted(arms):
        treated = numbered.filter(pl.col("arm") == arm)
        span = treated.group_by("campaign_id").agg(
            pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
        )
        controls = (
            numbered.filter(pl.col("treatment") == 0)
            .join(span, on="campaign_id")
            .filter(pl.col("day").is_between("first", "last"))
        )
        if min(treated.height, controls.height) < MIN_USERS:
            left_out[arm] = min(treated.height, controls.height)
        else:
            row = np.concatenate([treated["index"].to_numpy(), controls["index"].to_numpy()])
            pairs.append(ArmPair(arm, np.sort(row).astype(np.int64)))
    return pairs, left_out
