"""Whom to contact with which arm, from a frame of scores.

What belongs here: how the scores of a campaign of one treatment or of several arms enter the policy. What does not: the
policy itself (`assets.models.uplift.targeting.policy`).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from assets.models.uplift.targeting.knapsack import NOTHING
from assets.models.uplift.targeting.policy import Offers, TargetingPlan, offers, plan_targeting
from assets.models.uplift.uplift_scores import arm_column, arm_matrix, arm_names
from evaluation.arrays import Floats, Ints
from evaluation.policy_value.roi_prices import Prices

__all__ = ["contact_offers", "contacted_users", "plan_contacts"]


def plan_contacts(
    scores: pl.DataFrame,
    prices: Prices,
    arms: Sequence[str],
    *,
    budget: float | None,
    contacts_left: Ints | None = None,
) -> TargetingPlan:
    """`plan_targeting` by the scores of users: each arm's own where they have them, else those of any contact.

    An arm whose interval lies below 0 is never sent. Nor is any to a user whom a contact as the trial dealt it out puts
    off: that user is in the segment of sleeping dogs, of whom every list of the campaign says never to contact them.

    Args:
        scores: uplift, upper and p_treated of a contact with any arm; or ``upper``, and of each arm the columns
            `assets.models.uplift.uplift_scores.arm_column`.
        prices: of the arms, with the value of a response.
        arms: those that may be sent; one name where the campaign has one treatment.
        budget: money for all users together; None for no limit.
        contacts_left: int64[users], as `plan_targeting`.

    Raises:
        ValueError: as `plan_targeting`.
    """
    uplift, upper, p_treated = _figures(scores, arms)
    return plan_targeting(uplift, p_treated, prices, arms, budget=budget, upper=upper, contacts_left=contacts_left)


def contact_offers(scores: pl.DataFrame, prices: Prices, arms: Sequence[str]) -> Offers:
    """What each contact would cost and earn, by the same scores as `plan_contacts`."""
    uplift, upper, p_treated = _figures(scores, arms)
    return offers(uplift, p_treated, prices, arms, upper)


def contacted_users(scores: pl.DataFrame, arms: Sequence[str], arm: Ints) -> pl.DataFrame:
    """Rows of those who are contacted, with their ``arm``; the effect and its interval are that arm's where it has one.

    Args:
        scores: as `plan_contacts`, with ``lower``.
        arms: those that may be sent.
        arm: place in ``arms`` for each user, or `NOTHING`: int64[users].
    """
    rows = np.flatnonzero(arm != NOTHING)
    contacted, chosen = scores[rows], arm[rows]
    figures = ("uplift", "lower", "upper") if arm_names(scores) else ()
    at = (np.arange(rows.size), chosen)
    return contacted.with_columns(
        *(pl.Series(figure, arm_matrix(contacted, figure, arms)[at]) for figure in figures),
        pl.Series("arm", [arms[place] for place in chosen.tolist()], dtype=pl.String),
    )


def _figures(scores: pl.DataFrame, arms: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    """uplift, upper and p_treated of each arm, float64[users, arms], or of any contact, float64[users]."""
    if arm_column("uplift", arms[0]) not in scores.columns:
        uplift, upper, p_treated = (scores[figure].to_numpy() for figure in ("uplift", "upper", "p_treated"))
        return uplift, upper, p_treated
    uplift, upper, p_treated = (arm_matrix(scores, figure, arms) for figure in ("uplift", "upper", "p_treated"))
    pooled = scores["upper"].to_numpy()[:, None]
    return uplift, np.where(pooled < 0, np.minimum(upper, pooled), upper), p_treated
