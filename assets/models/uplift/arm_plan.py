"""Whom to contact with which of several arms, from a frame of scores.

What belongs here: how the scores of a campaign of several arms enter the policy, and which arm is best for one user.
What does not: the policy itself (`assets.models.uplift.targeting_policy`).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.uplift.targeting_policy import ArmPrice, TargetingPlan, plan_targeting
from assets.models.uplift.uplift_scores import arm_matrix

__all__ = ["plan_arms"]


def plan_arms(
    scores: pl.DataFrame,
    prices: Sequence[ArmPrice],
    *,
    margin: float,
    value: float,
    budget: float | None,
    contacts_left: NDArray[np.int64] | None = None,
) -> TargetingPlan:
    """`plan_targeting` with each arm's own effects and costs.

    An arm whose interval lies below 0 is never sent. Nor is any to a user whom a contact as the trial dealt it out puts
    off: that user is in the segment of sleeping dogs, of whom every list of the campaign says never to contact them.

    Args:
        scores: ``upper``, of a contact with any arm, and of each arm the columns
            `assets.models.uplift.uplift_scores.arm_column`.
        prices: the arms that may be sent, each with its costs.
        margin: share of revenue kept, in (0, 1].
        value: revenue of a response.
        budget: money for all users together; None for no limit.
        contacts_left: int64[users], as `plan_targeting`.

    Raises:
        ValueError: as `plan_targeting`.
    """
    names = [price.name for price in prices]
    pooled = scores["upper"].to_numpy()[:, None]
    upper = arm_matrix(scores, "upper", names)
    return plan_targeting(
        arm_matrix(scores, "uplift", names),
        arm_matrix(scores, "p_treated", names),
        prices,
        margin=margin,
        value=value,
        budget=budget,
        upper=np.where(pooled < 0, np.minimum(upper, pooled), upper),
        contacts_left=contacts_left,
    )
