"""What each targeting strategy would earn, simulated on the campaign's holdout before money is spent."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl

from assets.campaign import holdout_frame
from assets.charts import bars_with_intervals, budget_chart, picture
from assets.daily_models import Metadata, build_each_day
from assets.models.uplift_model import UpliftModel
from assets.partitions import SAME_DAY, SHOP, daily_asset, trailing
from evaluation.bootstrap import Interval
from evaluation.roi import StrategyResult, budget_curve, simulate
from evaluation.roi_holdout import Holdout
from evaluation.roi_sensitivity import sensitivity
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.shop import Shop

__all__ = ["ROI_ASSETS"]

_BUDGET_STEPS = 10
_FACTORS = (0.5, 1.0, 2.0)
"""Margins and contact costs tried, as multiples of the shop's."""
_FIELDS = ("strategy", "treated_share", "contacts", "cost", "conversions", "revenue", "profit", "roi")


def _holdout(model: UpliftModel, held: pl.DataFrame) -> pl.DataFrame:
    """The holdout with its scores: the columns of `Holdout`, one row an exposure."""
    treated_share = held["treatment"].cast(pl.Float64).mean()
    return pl.concat([held, model.score(held).drop("user_id")], how="horizontal").select(
        "outcome",
        "treatment",
        pl.col("propensity").fill_null(pl.lit(treated_share)),
        "revenue",
        "uplift",
        "p_control",
        "p_treated",
        pl.Series("response", model.response(held)),
    )


@daily_asset(
    group_name="roi",
    kinds={"matplotlib"},
    deps=[
        *(dg.AssetDep(asset, partition_mapping=SAME_DAY) for asset in ("uplift_model", "user_profiles")),
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

    Valued twice, by inverse propensity weighting and doubly robust. Pictures open with "Show Markdown".
    """

    def build(day: str, folder: Path) -> Metadata:
        model = UpliftModel.load(models.require("uplift_model", day))
        rows = _holdout(model, holdout_frame(lake, shop, day))
        rows.write_ipc(folder / "holdout.arrow")
        holdout = Holdout.of_frame(rows)
        population = max(lake.read("user_profiles", day, day).height, 1)
        campaign = shop.campaign
        prices: dict[str, Any] = {
            "population": population,
            "conversion_value": campaign.revenue_per_response,
            "incentive": campaign.incentive,
        }
        at_shop = {"margin": campaign.margin, "contact_cost": campaign.contact_cost, **prices}
        results, robust = (
            simulate(holdout, budget=campaign.budget, estimator=estimator, **at_shop) for estimator in ("ipw", "aipw")
        )
        most = (campaign.contact_cost + campaign.incentive) * population
        budgets = [float(b) for b in np.linspace(0, most, _BUDGET_STEPS + 1)]
        points = budget_curve(holdout, budgets=budgets, **at_shop)
        prices_tried = sensitivity(
            holdout,
            margins=[min(1.0, campaign.margin * factor) for factor in _FACTORS],
            contact_costs=[campaign.contact_cost * factor for factor in _FACTORS],
            budget=campaign.budget,
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
