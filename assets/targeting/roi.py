"""What each targeting strategy would earn, simulated on the campaign's holdout before money is spent."""

import json
from collections.abc import Sequence

import dagster as dg
import numpy as np

from assets.charts import bars_with_intervals, budget_chart, pictures
from assets.daily.models import AsOf, Built, daily_model
from assets.daily.windows import FRAME, SAME_DAY
from assets.models.uplift.arm_model import ArmModel
from assets.models.uplift.targeting.simulation import Simulation
from assets.models.uplift.uplift_model import UpliftModel
from assets.models.uplift.uplift_scores import arm_names
from assets.targeting.holdout import holdout_rows
from assets.uplift.arm_effects import arm_model
from assets.uplift.campaign import arm_prices, holdout_frame, pooled_price, response_value
from evaluation.policy_value.effect_scores import ESTIMATORS
from evaluation.policy_value.roi import StrategyResult
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import Prices
from evaluation.policy_value.roi_sensitivity import sensitivity
from evaluation.resampling.bootstrap import Interval
from resources.model_store import ModelStore, Unavailable

__all__ = ["STRATEGIES_FILE", "roi_simulation"]

STRATEGIES_FILE = "strategies.json"

_BUDGET_STEPS = 10
_FACTORS = (0.5, 1.0, 2.0)
"""Margins and contact costs tried, as multiples of the shop's."""
_FIELDS = ("strategy", "treated_share", "contacts", "cost", "conversions", "revenue", "profit", "roi")
_POINT_FIELDS = ("strategy", "contacts", "cost", "profit", "roi")


@daily_model(
    group="roi",
    kinds={"matplotlib"},
    reads={"uplift_model": SAME_DAY, "arm_effects": SAME_DAY, "user_profiles": SAME_DAY, "ad_frame": FRAME},
)
def roi_simulation(at: AsOf) -> Built:
    """Incremental conversions, revenue, cost, profit and ROI of each strategy over all known users, with intervals.

    Valued twice, by inverse propensity weighting and doubly robust. Pictures open with "Show Markdown". In a campaign
    of several arms a contact is one as the trial dealt it out, but for the strategies that send one arm to everyone and
    for the `optimiser`, which chooses an arm for each.
    """
    campaign, held = at.shop.campaign, holdout_frame(at.lake, at.shop, at.day)
    model = UpliftModel.load(at.model("uplift_model"))
    rows = holdout_rows(held, model, _arms(at.models, at.day), campaign.control)
    rows.write_ipc(at.folder / "holdout.arrow")
    holdout = Holdout.of_frame(rows)
    population = max(at.lake.read("user_profiles", at.day, at.day).height, 1)
    contact = pooled_price(at.lake, at.shop, at.day)
    worth = response_value(at.lake, at.shop, at.day)
    prices = Prices(campaign.margin, contact, worth, arm_prices(at.shop, arm_names(rows)))
    simulation = Simulation(holdout, rows, prices, population)
    results, robust = (simulation.strategies(campaign.budget, estimator) for estimator in ESTIMATORS)
    dearest = max(sum(prices.of(arm)) for arm in simulation.arms or [None])
    points = simulation.curve([float(b) for b in np.linspace(0, dearest * population, _BUDGET_STEPS + 1)])
    prices_tried = sensitivity(
        holdout,
        prices,
        margins=[min(1.0, campaign.margin * factor) for factor in _FACTORS],
        contact_costs=[contact.contact_cost * factor for factor in _FACTORS],
        budget=campaign.budget,
        population=population,
        strategies=("none", "everyone", "high_probability_buyers", simulation.pooled[-1]),
    )
    body = {
        "population": population,
        "strategies": [_plain(r) for r in results],
        "strategies_doubly_robust": [_plain(r) for r in robust],
        "curve": [{"budget": budget} | _plain(r, _POINT_FIELDS) for budget, r in points],
        "sensitivity": prices_tried.table.to_dicts(),
    }
    (at.folder / STRATEGIES_FILE).write_text(json.dumps(body, indent=1), encoding="utf-8")
    bars = {r.strategy.replace("_", " "): (r.profit.estimate, r.profit.lower, r.profit.upper) for r in results}
    bars_with_intervals(
        at.folder / "profit.png", bars, title=f"Profit by strategy, {population:,} users", unit=at.shop.currency
    )
    curves = {
        name: (
            [budget for budget, r in points if r.strategy == name],
            [(r.profit.estimate, r.profit.lower, r.profit.upper) for _, r in points if r.strategy == name],
        )
        for name in dict.fromkeys(r.strategy for _, r in points)
    }
    budget_chart(at.folder / "budget.png", curves, title="Profit by budget", currency=at.shop.currency)
    return Built(
        rows.height,
        {
            "strategies": dg.MetadataValue.md(_table(results, at.shop.currency)),
            "strategies_doubly_robust": dg.MetadataValue.md(_table(robust, at.shop.currency)),
            "sensitivity": prices_tried.verdict,
            **pictures(at.folder / "profit.png", at.folder / "budget.png"),
        },
    )


def _arms(models: ModelStore, day: str) -> ArmModel | None:
    """The effects of the campaign's arms, or none where it does not tell several apart."""
    try:
        return arm_model(models, day)
    except Unavailable:
        return None


def _plain(result: StrategyResult, fields: Sequence[str] = _FIELDS) -> dict[str, object]:
    """A result with its intervals as objects of named bounds."""
    values = {field: getattr(result, field) for field in fields}
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
