"""What each targeting strategy would earn, simulated on the campaign's holdout before money is spent."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from assets.arm_strategies import arm_holdout, arm_strategies
from assets.campaign import holdout_frame, pooled_price
from assets.charts import bars_with_intervals, budget_chart, picture
from assets.daily_models import Metadata, build_each_day
from assets.models.uplift.uplift_model import UpliftModel
from assets.models.uplift.uplift_scores import told_apart
from assets.partitions import SAME_DAY, SHOP, daily_asset, trailing
from evaluation.bootstrap import Interval
from evaluation.effect_scores import ESTIMATORS
from evaluation.roi import STRATEGIES, BudgetPoint, StrategyResult, budget_curve, simulate
from evaluation.roi_holdout import Holdout
from evaluation.roi_sensitivity import sensitivity
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Shop

__all__ = ["ROI_ASSETS"]

_BUDGET_STEPS = 10
_FACTORS = (0.5, 1.0, 2.0)
"""Margins and contact costs tried, as multiples of the shop's."""
_FIELDS = ("strategy", "treated_share", "contacts", "cost", "conversions", "revenue", "profit", "roi")


def _holdout(model: UpliftModel, held: pl.DataFrame, arms: pl.DataFrame | None) -> pl.DataFrame:
    """The holdout with its scores, one row an exposure: the columns of `Holdout`, and those of several ``arms``."""
    treated_share = held["treatment"].cast(pl.Float64).mean()
    scores = model.score(held).drop("user_id")
    rows = pl.concat([held, scores], how="horizontal").select(
        "outcome",
        "treatment",
        pl.col("propensity").fill_null(pl.lit(treated_share)),
        "revenue",
        "uplift",
        "p_control",
        "p_treated",
        pl.Series("response", model.response(held)),
    )
    return rows if arms is None else pl.concat([rows, scores.select("upper"), arms], how="horizontal")


def _arms(models: ModelStore, shop: Shop, held: pl.DataFrame, day: str) -> pl.DataFrame | None:
    """The columns of the holdout's arms, or none where the campaign does not tell several apart."""
    try:
        return arm_holdout(models, shop, held, day)
    except Unavailable:
        return None


@daily_asset(
    group_name="roi",
    kinds={"matplotlib"},
    deps=[
        *(dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("uplift_model", "arm_effects", "user_profiles")),
        dg.AssetDep("ad_frame", partition_mapping=trailing(SHOP.campaign.frame_days)),
    ],
)
def roi_simulation(
    context: dg.AssetExecutionContext,
    shop: dg.ResourceParam[Shop],
    lake: dg.ResourceParam[Lake],
    models: dg.ResourceParam[ModelStore],
) -> dg.MaterializeResult:
    """Incremental conversions, revenue, cost, profit and ROI of each strategy over all known users, with intervals.

    Valued twice, by inverse propensity weighting and doubly robust. Pictures open with "Show Markdown". In a campaign
    of several arms a contact is one as the trial dealt it out, but for the strategies that send one arm to everyone and
    for the `optimiser`, which chooses an arm for each.
    """

    def build(day: str, folder: Path) -> Metadata:
        model = UpliftModel.load(models.require("uplift_model", day))
        held = holdout_frame(lake, shop, day)
        rows = _holdout(model, held, _arms(models, shop, held, day))
        rows.write_ipc(folder / "holdout.arrow")
        holdout = Holdout.of_frame(rows)
        population = max(lake.read("user_profiles", day, day).height, 1)
        campaign = shop.campaign
        contact_cost, incentive = pooled_price(lake, shop, day)
        prices: dict[str, Any] = {
            "population": population,
            "conversion_value": campaign.revenue_per_response,
            "incentive": incentive,
        }
        results, robust, points = _valued(rows, holdout, shop, {"contact_cost": contact_cost, **prices})
        prices_tried = sensitivity(
            holdout,
            margins=[min(1.0, campaign.margin * factor) for factor in _FACTORS],
            contact_costs=[contact_cost * factor for factor in _FACTORS],
            budget=campaign.budget,
            strategies=("none", "everyone", "high_probability_buyers", _pooled(rows)[-1]),
            **prices,
        )
        curve = [asdict(p) | {"profit": p.profit._asdict(), "roi": p.roi._asdict() if p.roi else None} for p in points]
        body = {
            "population": population,
            "strategies": [_plain(r) for r in results],
            "strategies_doubly_robust": [_plain(r) for r in robust],
            "curve": curve,
            "sensitivity": prices_tried.table.to_dicts(),
        }
        (folder / "strategies.json").write_text(json.dumps(body, indent=1), encoding="utf-8")
        bars = {r.strategy.replace("_", " "): (r.profit.estimate, r.profit.lower, r.profit.upper) for r in results}
        bars_with_intervals(
            folder / "profit.png", bars, title=f"Profit by strategy, {population:,} users", unit=shop.currency
        )
        curves = {
            name: (
                [p.budget for p in points if p.strategy == name],
                [p.profit.estimate for p in points if p.strategy == name],
            )
            for name in dict.fromkeys(p.strategy for p in points)
        }
        budget_chart(folder / "budget.png", curves, title="Profit by budget", currency=shop.currency)
        return {
            "dagster/row_count": dg.MetadataValue.int(rows.height),
            "strategies": dg.MetadataValue.md(_table(results, shop.currency)),
            "strategies_doubly_robust": dg.MetadataValue.md(_table(robust, shop.currency)),
            "sensitivity": dg.MetadataValue.text(prices_tried.verdict),
            "profit": picture(folder / "profit.png"),
            "profit_by_budget": picture(folder / "budget.png"),
        }

    return build_each_day(context, models, build)


def _pooled(rows: pl.DataFrame) -> list[str]:
    """Strategies of one treatment; of several arms the optimiser chooses among the arms instead."""
    return [name for name in STRATEGIES if name != "optimiser" or not told_apart(rows)]


def _valued(
    rows: pl.DataFrame, holdout: Holdout, shop: Shop, prices: dict[str, Any]
) -> tuple[list[StrategyResult], list[StrategyResult], list[BudgetPoint]]:
    """Every strategy by inverse propensity weights, the same doubly robust, and profit by budget."""
    campaign, population = shop.campaign, prices["population"]
    usual = {"margin": campaign.margin, **prices}
    results, robust = (
        simulate(holdout, budget=campaign.budget, estimator=estimator, strategies=_pooled(rows), **usual)
        for estimator in ESTIMATORS
    )
    arms = told_apart(rows)
    dearest = max((sum(campaign.price(arm)) for arm in arms), default=prices["contact_cost"] + prices["incentive"])
    budgets = [float(b) for b in np.linspace(0, dearest * population, _BUDGET_STEPS + 1)]
    points = budget_curve(holdout, budgets=budgets, **usual)
    if arms:
        with_arms = partial(arm_strategies, rows, shop, population=population)
        results += with_arms(budget=campaign.budget)
        robust += with_arms(budget=campaign.budget, estimator="aipw")
        for budget in budgets:
            best = with_arms(budget=budget)[-1]
            points.append(BudgetPoint(budget, best.strategy, best.contacts, best.cost, best.profit, best.roi))
    return results, robust, points


def _plain(result: StrategyResult) -> dict[str, object]:
    """A result with its intervals as objects of named bounds."""
    values = {field: getattr(result, field) for field in _FIELDS}
    return {field: value._asdict() if isinstance(value, Interval) else value for field, value in values.items()}


def _table(results: list[StrategyResult], currency: str) -> str:
    """The strategies as a Markdown table."""
    lines = [
        f"| strategy | contacted | cost ({currency}) | incremental conversions | profit ({currency}), 95 % | ROI |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        roi = "–" if r.roi is None else f"{r.roi.estimate:.2f}"
        profit = f"{r.profit.estimate:,.0f} ({r.profit.lower:,.0f} to {r.profit.upper:,.0f})"
        lines.append(
            f"| {r.strategy.replace('_', ' ')} | {r.treated_share:.0%} | {r.cost:,.0f} | {r.conversions.estimate:,.0f} "
            f"| {profit} | {roi} |"
        )
    return "\n".join(lines)


ROI_ASSETS = [roi_simulation]
