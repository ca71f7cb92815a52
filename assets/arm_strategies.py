"""The strategies of a campaign of several arms, valued on its holdout: each arm to everyone, and the optimiser's plan.

What belongs here: the holdout as the plan and the valuation want it. What does not: either of them
(`assets.models.arm_plan`, `evaluation.roi_arms`).
"""

import numpy as np
import polars as pl

from assets.arm_effects import arm_model, arm_prices
from assets.models.arm_plan import plan_arms
from assets.models.uplift_scores import arm_column, told_apart
from evaluation.effect_scores import Estimator
from evaluation.roi import StrategyResult
from evaluation.roi_arms import ArmTrial, simulate_arms
from resources.model_store import ModelStore
from resources.shop import Shop

__all__ = ["arm_holdout", "arm_strategies"]


def arm_holdout(models: ModelStore, shop: Shop, held: pl.DataFrame, day: str) -> pl.DataFrame:
    """What plan and valuation need of the held-out exposures, in their order: arm, arm_propensity, scores of each arm.

    Args:
        models: where the effects of the arms are.
        shop: names the control.
        held: as `assets.campaign.holdout_frame`.
        day: the as-of day.

    Raises:
        Unavailable: If the arms are not told apart.
    """
    scores = arm_model(models, day).score(held).drop("user_id")
    share = pl.len().over("arm") / held.height
    return pl.concat([held.select("arm", pl.col("arm_propensity").fill_null(share)), scores], how="horizontal")


def arm_strategies(
    rows: pl.DataFrame,
    shop: Shop,
    *,
    population: int,
    budgets: list[float | None],
    estimator: Estimator = "ipw",
) -> list[list[StrategyResult]]:
    """For each budget: each arm sent to everyone, whatever the budget, and the `optimiser`.

    Args:
        rows: the holdout; outcome, revenue, ``upper`` of any contact, and the columns of `arm_holdout`.
        shop: prices, margin and the worth of a response.
        population: users that the rows stand for.
        budgets: money in the population; None for no limit.
        estimator: ``ipw`` or ``aipw``.
    """
    campaign = shop.campaign
    control, known = campaign.control, told_apart(rows)
    # An arm whose effect could not be learned is valued all the same, and never planned.
    arms = tuple(sorted(set(rows["arm"]) - {control}))
    prices = {price.name: price for price in arm_prices(shop, (*arms, *known))}
    without = (rows[arm_column("p_treated", known[0])] - rows[arm_column("uplift", known[0])]).to_numpy()
    guesses = [rows[arm_column("p_treated", arm)].to_numpy() if arm in known else without for arm in arms]
    outcome, revenue = (rows[name].cast(pl.Float64).to_numpy() for name in ("outcome", "revenue"))
    places = {arm: place for place, arm in enumerate((control, *arms))}
    trial = ArmTrial(
        arms=arms,
        outcome=outcome,
        revenue=revenue,
        arm=rows["arm"].replace_strict(places, return_dtype=pl.Int64).to_numpy(),
        propensity=rows["arm_propensity"].to_numpy(),
        predicted=np.column_stack([without, *guesses]),
    )
    value = campaign.revenue_per_response
    sendable = [arm for arm in known if arm in arms]
    place_of = np.array([arms.index(arm) for arm in sendable] + [-1])
    results = []
    for budget in budgets:
        plan = plan_arms(
            rows,
            [prices[arm] for arm in sendable],
            margin=campaign.margin,
            value=float(revenue[outcome == 1].mean()) if value is None else value,
            budget=None if budget is None else budget * rows.height / population,
        )
        results.append(
            simulate_arms(
                trial,
                place_of[plan.arm],
                margin=campaign.margin,
                contact_cost=[prices[arm].contact_cost for arm in arms],
                incentive=[prices[arm].incentive for arm in arms],
                population=population,
                conversion_value=value,
                estimator=estimator,
            )
        )
    return results
