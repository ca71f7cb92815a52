"""What a targeting strategy would earn, valued off-policy on a randomised holdout.

What belongs here: the value of strategies in conversions and money, under a budget, with intervals. What does not:
whom they contact (`evaluation.roi_strategies`), prices (`evaluation.roi_prices`), fitting the scores.

A strategy is the share of each holdout user that it contacts. Its incremental outcome is the sum over those users of
scores that are unbiased for each one's effect (`evaluation.effect_scores`), because treatment was randomised with the
known propensity and the models never saw the holdout: by inverse propensity weights (``ipw``), or doubly robust with
the holdout's p_control and p_treated (``aipw``), which is as unbiased and usually tighter. It is scaled from the
holdout to a population of the stated size. Intervals hold the strategies' cuts fixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Interval, percentile_interval, resampled_sums
from evaluation.effect_scores import ESTIMATORS, EffectScores, Estimator, effect_scores
from evaluation.roi_holdout import Holdout
from evaluation.roi_prices import Prices, checked_budget
from evaluation.roi_strategies import CURVE_STRATEGIES, STRATEGIES, contacted, contacted_within

__all__ = ["CURVE_STRATEGIES", "STRATEGIES", "BudgetPoint", "Holdout", "StrategyResult", "budget_curve", "simulate"]

Floats = NDArray[np.float64]

REPLICATES = 400


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
    incentives: float = 0.0
    """The part of the cost that is paid to contacted buyers, as measured."""
    estimator: Estimator = "ipw"

    @property
    def verdict(self) -> str:
        """What the interval of the profit says to do."""
        name, (estimate, lower, upper) = self.strategy.replace("_", " "), self.profit
        if not self.contacts:
            return f"{name}: contacts nobody, costs nothing, earns nothing."
        told = f"{name}: {estimate:,.0f} ({lower:,.0f} to {upper:,.0f}) after a cost of {self.cost:,.0f}"
        if lower > 0:
            return f"{told}. It pays."
        if upper < 0:
            return f"{told}. It loses money: do not run it."
        return f"{told}. Whether it pays is not certain: run it small with a random control, or measure longer."


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """Profit of one strategy that stops contacting when ``budget`` is spent."""

    budget: float
    strategy: str
    contacts: float
    cost: float
    profit: Interval
    roi: Interval | None = None
    """profit / cost; None where nothing is spent."""


def _scores(holdout: Holdout, prices: Prices, estimator: Estimator) -> tuple[EffectScores, EffectScores]:
    """Scores of conversions and of revenue."""
    if estimator not in ESTIMATORS:
        raise ValueError(f"unknown estimator {estimator!r}: choose from {', '.join(ESTIMATORS)}")
    trial = (holdout.treatment, holdout.propensity)
    if estimator == "ipw":
        return effect_scores(holdout.outcome, *trial), effect_scores(prices.money(holdout), *trial)
    control, treated, value = holdout.p_control, holdout.p_treated, prices.conversion_value
    return (
        effect_scores(holdout.outcome, *trial, predicted_control=control, predicted_treated=treated),
        effect_scores(
            prices.money(holdout), *trial, predicted_control=control * value, predicted_treated=treated * value
        ),
    )


def _valued(
    plans: Mapping[str, Floats], holdout: Holdout, prices: Prices, estimator: Estimator, *, replicates: int, seed: int
) -> list[StrategyResult]:
    n = holdout.outcome.size
    conversions, revenue = _scores(holdout, prices, estimator)
    shares = np.stack(list(plans.values()))
    parts = [shares, shares * conversions.effect, shares * revenue.effect]
    if prices.incentive:
        parts.append(shares * conversions.treated)
    columns = np.concatenate([np.ones((1, n)), *parts])
    sums = resampled_sums(columns, replicates=replicates, seed=seed)
    rows = sums[:, :1]
    # A replicate of a very small holdout may hold no row at all: it is left out as NaN.
    scaled = np.divide(sums, rows, out=np.full_like(sums, np.nan), where=rows > 0) * prices.population
    # The estimate is the first row, its replicates the others: [1 + replicates, parts, strategies].
    totals = columns.sum(axis=1) / n * prices.population
    figures = np.concatenate([totals[None], scaled])[:, 1:].reshape(1 + replicates, len(parts), len(plans))
    paid = prices.incentive * figures[:, 3] if prices.incentive else np.zeros(figures[:, 0].shape)
    cost = prices.contact_cost * figures[:, 0] + paid
    profit = prices.margin * figures[:, 2] - cost
    rate = np.divide(profit, cost, out=np.full(cost.shape, np.nan), where=cost > 0)
    return [
        StrategyResult(
            strategy=name,
            treated_share=float(shares[place].mean()),
            contacts=float(figures[0, 0, place]),
            cost=float(cost[0, place]),
            conversions=_interval(figures[:, 1, place]),
            revenue=_interval(figures[:, 2, place]),
            profit=_interval(profit[:, place]),
            roi=_interval(rate[:, place]) if cost[0, place] > 0 else None,
            incentives=float(paid[0, place]),
            estimator=estimator,
        )
        for place, name in enumerate(plans)
    ]


def _interval(figures: Floats) -> Interval:
    return percentile_interval(float(figures[0]), figures[1:])


def simulate(
    holdout: Holdout,
    *,
    margin: float,
    contact_cost: float,
    budget: float | None,
    population: int,
    strategies: Sequence[str] = STRATEGIES,
    conversion_value: float | None = None,
    incentive: float = 0.0,
    estimator: Estimator = "ipw",
    seed: int = 0,
    replicates: int = REPLICATES,
) -> list[StrategyResult]:
    """Value each strategy (`evaluation.roi_strategies.contacted`) in a population like the holdout.

    Args:
        holdout: users of the trial, none of them trained on.
        margin: share of revenue kept, in (0, 1].
        contact_cost: money one contact costs.
        budget: money to spend in the population; None for no limit. Strategies keep it by expected cost.
        population: users to choose from.
        strategies: names from `STRATEGIES`.
        conversion_value: money a conversion is worth, in place of the measured revenue (None: use the revenue).
        incentive: money paid to every contacted user who converts, whether or not because of the contact.
        estimator: ``ipw`` or ``aipw``.
        seed: of the bootstrap.
        replicates: of the bootstrap.

    Raises:
        ValueError: a price, budget or population out of range, an unknown strategy or estimator.
    """
    prices = Prices.of(
        holdout,
        margin=margin,
        contact_cost=contact_cost,
        population=population,
        conversion_value=conversion_value,
        incentive=incentive,
    )
    cap = checked_budget(budget)
    plans = {strategy: contacted(strategy, holdout, prices, cap) for strategy in strategies}
    return _valued(plans, holdout, prices, estimator, replicates=replicates, seed=seed)


def budget_curve(
    holdout: Holdout,
    *,
    margin: float,
    contact_cost: float,
    budgets: Sequence[float],
    population: int,
    strategies: Sequence[str] = CURVE_STRATEGIES,
    conversion_value: float | None = None,
    incentive: float = 0.0,
    estimator: Estimator = "ipw",
    seed: int = 0,
    replicates: int = REPLICATES,
) -> list[BudgetPoint]:
    """Profit of each strategy at each budget; every strategy stops when the budget is spent.

    The uplift strategies stop earlier where nobody of positive expected net value is left; under a cap ``everyone``
    contacts a random part. Points come budget by budget, in the order given.

    Raises:
        ValueError: as `simulate`.
    """
    prices = Prices.of(
        holdout,
        margin=margin,
        contact_cost=contact_cost,
        population=population,
        conversion_value=conversion_value,
        incentive=incentive,
    )
    points = []
    for budget in budgets:
        checked_budget(budget)
        plans = {strategy: contacted_within(strategy, holdout, prices, budget) for strategy in strategies}
        points += [
            BudgetPoint(budget, result.strategy, result.contacts, result.cost, result.profit, result.roi)
            for result in _valued(plans, holdout, prices, estimator, replicates=replicates, seed=seed)
        ]
    return points
