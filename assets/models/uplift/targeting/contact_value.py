"""What a contact of each user is expected to earn, and with which arm: rows of scores, without any budget.

What belongs here: the rule, in arrays. Who is contacted under a budget is `assets.models.uplift.targeting.arm_plan`.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import polars as pl

from assets.models.uplift.uplift_scores import arm_matrix
from evaluation.arrays import Bools, Floats
from evaluation.policy_value.roi_prices import Prices

__all__ = ["arm_helps", "with_contact_value"]

Number = TypeVar("Number", float, Floats)


def arm_helps(uplift: Number, upper: Number) -> bool | Bools:
    """Whether an arm may be sent at all: an effect above 0 and an interval that is not below it."""
    return (uplift > 0) & (upper >= 0)


def with_contact_value(scores: pl.DataFrame, prices: Prices, arms: Sequence[str], cutoff: float) -> pl.DataFrame:
    """The rows with ``expected_net_value`` (the shop's currency) and ``best_arm``, null in a campaign of one treatment.

    Of several arms the best is that of highest net value less what the budget would earn elsewhere with its cost, among
    those that help; where none does, among all.

    Args:
        scores: uplift and p_treated; with ``arms`` the columns of each (`arm_column`).
        prices: With the value of a response.
        arms: Those that are told apart, if any.
        cutoff: What a contact must earn per unit of its cost elsewhere.
    """
    if not arms:
        uplift, chance = (scores[name].to_numpy() for name in ("uplift", "p_treated"))
        net = prices.net_value(None, uplift, chance)
        return scores.with_columns(expected_net_value=pl.Series(net), best_arm=pl.lit(None, pl.String))
    uplift, upper, chance = (arm_matrix(scores, figure, arms) for figure in ("uplift", "upper", "p_treated"))
    net = np.column_stack([prices.net_value(arm, uplift[:, a], chance[:, a]) for a, arm in enumerate(arms)])
    cost = np.column_stack([prices.cost(arm, chance[:, a]) for a, arm in enumerate(arms)])
    helps = np.asarray(arm_helps(uplift, upper))
    may = helps | ~helps.any(axis=1, keepdims=True)
    best = np.where(may, net - cutoff * cost, -np.inf).argmax(axis=1)
    return scores.with_columns(
        expected_net_value=pl.Series(net[np.arange(len(best)), best]),
        best_arm=pl.Series([arms[place] for place in best], dtype=pl.String),
    )
