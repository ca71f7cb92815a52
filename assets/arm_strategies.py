"""The strategies of a campaign of several arms, valued on its holdout: each arm to everyone, and the optimiser's plan.

What belongs here: the holdout as the plan and the valuation want it. What does not: either of them
(`assets.models.uplift.arm_plan`, `evaluation.roi_arms`).
"""

import numpy as np
import polars as pl

from assets.arm_effects import arm_model, arm_prices
from assets.models.uplift.arm_plan import plan_arms
from assets.models.uplift.uplift_scores import ARM_FIGURES, arm_chances, arm_column, arms_p_control, told_apart
from evaluation.effect_scores import Estimator
from evaluation.roi import StrategyResult
from evaluation.roi_arms import simulate_arms
from resources.model_store import ModelStore
from resources.shop import Shop

__all__ = ["arm_holdout", "arm_strategies"]


def arm_holdout(models: ModelStore, shop: Shop, held: pl.DataFrame, day: str) -> pl.DataFrame:
    """What plan and valuation need of the held-out exposures, in their order: arm, arm_propensity, scores of each arm.

    An arm whose effect could not be learned has an effect of 0: it is valued all the same, and never planned.

    Args:
        models: where the effects of the arms are.
        shop: names the control.
        held: as `assets.campaign.holdout_frame`.
        day: the as-of day.

    Raises:
        Unavailable: If the arms are not told apart.
    """
    model = arm_model(models, day)
    scores = model.score(held).drop("user_id")
    without = arms_p_control(scores)
    arms = sorted(set(held["arm"]) - {shop.campaign.control})
    unknown = {
        arm_column(figure, arm): pl.Series(without if figure == "p_treated" else np.zeros(held.height))
        for arm in arms
        if arm not in model.arms
        for figure in ARM_FIGURES
    }
    columns = [arm_column(figure, arm) for arm in arms for figure in ARM_FIGURES]
    share = pl.len().over("arm") / held.height
    known = held.select("arm", pl.col("arm_propensity").fill_null(share))
    return pl.concat([known, scores.with_columns(**unknown).select(columns)], how="horizontal")


def arm_strategies(
    rows: pl.DataFrame,
    shop: Shop,
    *,
    population: int,
    budget: float | None,
    estimator: Estimator = "ipw",
) -> list[StrategyResult]:
    """Each arm sent to everyone, whatever the budget, and the `optimiser`.

    Args:
        rows: the holdout; outcome, revenue, ``upper`` of any contact, and the columns of `arm_holdout`.
        shop: prices, margin and the worth of a response.
        population: users that the rows stand for.
        budget: money in the population; None for no limit.
        estimator: ``ipw`` or ``aipw``.
    """
    campaign = shop.campaign
    return simulate_arms(
        rows,
        arm_prices(shop, told_apart(rows)),
        plan_arms,
        arm_chances(rows),
        margin=campaign.margin,
        population=population,
        budget=budget,
        conversion_value=campaign.revenue_per_response,
        estimator=estimator,
    )
