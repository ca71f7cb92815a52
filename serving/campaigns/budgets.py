"""What a budget buys: profit over budgets, and where the cut lies at one of them.

What belongs here: budgets, for people who choose one. The strategies at one of them are `serving.campaigns.roi`.
"""

from typing import NamedTuple

import numpy as np

from evaluation.policy_value.roi_prices import budget_of_rows
from evaluation.policy_value.roi_strategies import contacted
from serving.campaigns.roi import RoiAnswer, StrategyOut, roi_answer, simulation_of, strategy_out
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot
from serving.requests import RoiRequest

__all__ = ["RANKED", "Budgets", "budgets_of"]

RANKED = "uplift_under_budget"
"""The strategy of the cut: highest effect first, until the budget is spent or nobody pays."""
_STEPS = 10


class Budgets(NamedTuple):
    """One budget's strategies, and those that budgets tell apart at each of several."""

    chosen: RoiAnswer
    curve: list[tuple[float, StrategyOut]]
    """Budget and strategy; budgets from 0 to what it costs to contact everyone, and the chosen one."""
    cut: float | None
    """Lowest expected effect of those whom `RANKED` contacts at the chosen budget; none if it contacts nobody."""


def budgets_of(snapshot: Snapshot, request: RoiRequest) -> Budgets:
    """Simulate; takes some hundred milliseconds: call it off the event loop.

    Raises:
        ProblemError: As `roi_answer`.
    """
    chosen, simulation = roi_answer(snapshot, request), simulation_of(snapshot, request)
    most = max(one.cost for one in chosen.strategies if one.strategy == "everyone")
    budgets = {round(most * step / _STEPS, 6) for step in range(_STEPS + 1)} | ({request.budget} - {None})
    try:
        curve = simulation.curve(sorted(b for b in budgets if b is not None))
    except ValueError as error:
        raise ProblemError(400, "invalid-input", f"The simulation is not possible: {error}.") from error
    holdout = simulation.holdout
    prices = simulation.prices.measured(holdout.outcome, holdout.revenue)
    money = budget_of_rows(request.budget, holdout.outcome.size, simulation.population)
    effects = holdout.uplift[contacted(RANKED, holdout, prices, money) > 0]
    cut = float(np.min(effects)) if effects.size else None
    return Budgets(chosen, [(budget, strategy_out(result)) for budget, result in curve], cut)
