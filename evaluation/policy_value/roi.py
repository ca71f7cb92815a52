"""What plans of contacts would earn, valued off-policy on a randomised log.

What belongs here: the value of plans in responses and money, under a budget, with intervals. What does not: whom they
contact (`evaluation.policy_value.roi_strategies`, `assets.models.uplift.targeting.arm_plan`), prices
(`evaluation.policy_value.roi_prices`), fitting the scores.

A plan is the share of each logged user that it contacts with each arm. Its incremental outcome is the sum over those
of scores that are unbiased for each one's effect (`evaluation.policy_value.effect_scores`), because arms were dealt out
with the known propensities and the models never saw these users: by inverse propensity weights (``ipw``), or doubly
robust with predicted probabilities (``aipw``), which is as unbiased and usually tighter. It is scaled from the log to a
population of the stated size. Intervals hold the plans fixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.arrays import Floats
from evaluation.policy_value.effect_scores import ESTIMATORS, Estimator, arm_scores
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import FREE, Prices, budget_of_rows
from evaluation.policy_value.roi_strategies import CURVE_STRATEGIES, STRATEGIES, contacted, contacted_within
from evaluation.policy_value.trial_log import TrialLog
from evaluation.resampling.bootstrap import Bootstrap, Interval, percentile_interval, resampled_sums

__all__ = ["StrategyResult", "budget_curve", "simulate", "value"]

BOOTSTRAP = Bootstrap(replicates=400)


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """What one strategy does and earns in the population; money in the shop's currency, intervals of 95 %."""

    strategy: str
    treated_share: float
    contacts: float
    cost: float
    """Of contacts and incentives."""
    conversions: Interval
    """Incremental: those that would not have happened without the contacts."""
    revenue: Interval
    """Incremental."""
    profit: Interval
    """margin * incremental revenue - cost."""
    roi: Interval | None
    """profit / cost; None where nothing is spent."""


def value(
    plans: Mapping[str, Floats],
    log: TrialLog,
    prices: Prices,
    *,
    population: int,
    estimator: Estimator = "ipw",
    bootstrap: Bootstrap = BOOTSTRAP,
) -> list[StrategyResult]:
    """Value each plan in a population like the log; all are valued with the same resamples.

    Args:
        plans: name -> share of each row that is contacted with each arm, float64[rows, arms] of at least 0, at most 1
            a row.
        log: users that no model was fitted on.
        prices: of its arms. Without a value of a response, revenue is that of the log.
        population: users that the rows stand for.
        estimator: ``ipw`` or ``aipw``.
        bootstrap: of the intervals.

    Raises:
        ValueError: a plan of another shape or of shares out of range, no population, or an unknown estimator.
    """
    rows, arms = log.outcome.size, len(log.arms)
    if estimator not in ESTIMATORS:
        raise ValueError(f"unknown estimator {estimator!r}: choose from {', '.join(ESTIMATORS)}")
    if population < 1:
        raise ValueError(f"population is the number of users to choose from, at least 1, got {population}")
    for name, plan in plans.items():
        if plan.shape != (rows, arms) or (plan < 0).any() or (plan.sum(axis=1) > 1 + 1e-9).any():
            raise ValueError(f"plan {name!r} must hold shares in [0, 1] of the arms of each row, {(rows, arms)}")
    gained, earned, paid = _changes(log, prices, estimator)
    fees = np.array([prices.of(arm).contact_cost for arm in log.arms])
    columns = [np.ones(rows)]
    for plan in plans.values():
        columns += [(plan * each).sum(axis=1) for each in (gained, earned, fees, paid)]
    table = np.stack(columns)
    sums = resampled_sums(table, bootstrap)
    # A replicate of a very small log may hold no row at all: it is left out as NaN.
    scaled = np.divide(sums, sums[:, :1], out=np.full_like(sums, np.nan), where=sums[:, :1] > 0)
    # The estimate is the first row, its replicates the others.
    figures = np.concatenate([table.sum(axis=1)[None] / rows, scaled])[:, 1:] * population
    parts = figures.reshape(1 + bootstrap.replicates, len(plans), 4)
    return [
        _result(name, float(plan.sum(axis=1).mean()), population, prices.margin, parts[:, place], bootstrap)
        for place, (name, plan) in enumerate(plans.items())
    ]


def _result(
    strategy: str, share: float, population: int, margin: float, parts: Floats, bootstrap: Bootstrap
) -> StrategyResult:
    """Of responses, revenue, contact costs and incentives, float64[1 + replicates, 4]."""
    responses, revenue, contact_cost, incentives = parts.T
    cost = contact_cost + incentives
    profit = margin * revenue - cost
    rate = np.divide(profit, cost, out=np.full(cost.shape, np.nan), where=cost > FREE)
    return StrategyResult(
        strategy=strategy,
        treated_share=share,
        contacts=share * population,
        cost=float(cost[0]),
        conversions=_interval(responses, bootstrap),
        revenue=_interval(revenue, bootstrap),
        profit=_interval(profit, bootstrap),
        roi=_interval(rate, bootstrap) if cost[0] > FREE else None,
    )


def _changes(log: TrialLog, prices: Prices, estimator: Estimator) -> tuple[Floats, Floats, Floats]:
    """What a contact with each arm changes in responses and in revenue, and its incentive: float64[rows, arms] each."""
    trial = (log.arm, log.propensity)
    predicted = log.predicted if estimator == "aipw" else np.zeros_like(log.predicted)
    worth = prices.measured(log.outcome, log.revenue).response_value or 0.0
    money = log.revenue if prices.response_value is None else log.outcome * prices.response_value
    responses, revenue = arm_scores(log.outcome, *trial, predicted), arm_scores(money, *trial, predicted * worth)
    incentives = np.array([prices.of(arm).incentive for arm in log.arms])
    return responses[:, 1:] - responses[:, :1], revenue[:, 1:] - revenue[:, :1], incentives * responses[:, 1:]


def _interval(figures: Floats, bootstrap: Bootstrap) -> Interval:
    return percentile_interval(float(figures[0]), figures[1:], bootstrap.level)


def simulate(
    holdout: Holdout,
    prices: Prices,
    *,
    budget: float | None,
    population: int,
    strategies: Sequence[str] = STRATEGIES,
    estimator: Estimator = "ipw",
    bootstrap: Bootstrap = BOOTSTRAP,
) -> list[StrategyResult]:
    """Value each strategy (`evaluation.policy_value.roi_strategies.contacted`) in a population like the holdout.

    Args:
        holdout: users of the trial, none of them trained on.
        prices: of a contact as the trial dealt it out.
        budget: money to spend in the population; None for no limit. Strategies keep it by expected cost.
        population: users to choose from.
        strategies: names from `STRATEGIES`.
        estimator: ``ipw`` or ``aipw``.
        bootstrap: of the intervals.

    Raises:
        ValueError: a budget or population out of range, an unknown strategy or estimator.
    """
    money = budget_of_rows(budget, holdout.outcome.size, population)
    planned = prices.measured(holdout.outcome, holdout.revenue)
    plans = {name: contacted(name, holdout, planned, money)[:, None] for name in strategies}
    return value(plans, holdout.log, prices, population=population, estimator=estimator, bootstrap=bootstrap)


def budget_curve(
    holdout: Holdout,
    prices: Prices,
    *,
    budgets: Sequence[float],
    population: int,
) -> list[tuple[float, StrategyResult]]:
    """`CURVE_STRATEGIES` at each budget, in the order given; every strategy stops when the budget is spent.

    The uplift strategies stop earlier where nobody of positive expected net value is left; under a cap ``everyone``
    contacts a random part.

    Raises:
        ValueError: as `simulate`.
    """
    planned = prices.measured(holdout.outcome, holdout.revenue)
    points = []
    for budget in budgets:
        money = budget_of_rows(budget, holdout.outcome.size, population)
        plans = {name: contacted_within(name, holdout, planned, money)[:, None] for name in CURVE_STRATEGIES}
        results = value(plans, holdout.log, prices, population=population)
        points += [(budget, result) for result in results]
    return points
