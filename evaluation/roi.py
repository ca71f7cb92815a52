"""What a targeting strategy would earn, valued off-policy on a randomised holdout.

What belongs here: strategies as sets of users, their value by inverse propensity weighting, and their results
under a budget with intervals. What does not: fitting the scores, or prices of a particular shop.

A strategy is the share of each holdout user that it contacts. Its incremental outcome is the sum over those users
of y * t / p - y * (1 - t) / (1 - p) (Horvitz and Thompson 1952): what they did because of the contact, unbiased
because treatment was randomised with the known propensity p and the scores never saw the holdout. It is scaled
from the holdout to a population of the stated size. Intervals hold the strategies' cuts fixed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import Interval, percentile_interval, resampled_sums
from evaluation.roi_holdout import Holdout
from evaluation.top_share import top_share

__all__ = ["CURVE_STRATEGIES", "STRATEGIES", "BudgetPoint", "Holdout", "StrategyResult", "budget_curve", "simulate"]

Floats = NDArray[np.float64]

STRATEGIES = ("none", "everyone", "random", "high_probability_buyers", "uplift", "uplift_under_budget")
"""Every strategy, in the order of the results."""

CURVE_STRATEGIES = ("everyone", "high_probability_buyers", "uplift_under_budget")
"""Those that a budget tells apart: under a cap `everyone` is a random choice, and `uplift` spends as the last."""


@dataclass(frozen=True, slots=True)
class StrategyResult:
    """What one strategy does and earns in the population; money in the shop's currency, intervals of 95 %."""

    strategy: str
    treated_share: float
    contacts: float
    cost: float
    conversions: Interval
    """Incremental: those that would not have happened without the contacts."""
    revenue: Interval
    """Incremental."""
    profit: Interval
    """margin * incremental revenue - cost."""
    roi: Interval | None
    """profit / cost; None where nothing is spent."""


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """Profit of one strategy that stops contacting when ``budget`` is spent."""

    budget: float
    strategy: str
    contacts: float
    cost: float
    profit: Interval


@dataclass(frozen=True, slots=True)
class _Prices:
    margin: float
    contact_cost: float
    population: int
    conversion_value: float
    money: Floats
    """Value of each holdout row's outcome, float64[n]."""

    def affordable(self, budget: float | None, rows: int) -> float:
        """How many holdout rows the budget contacts once they are scaled to the population."""
        if budget is None or self.contact_cost == 0:
            return float(rows)
        return min(float(rows), budget / self.contact_cost * rows / self.population)

    def worthwhile(self, holdout: Holdout) -> float:
        """How many rows have an expected net value above 0; as all contacts cost the same they lead by uplift."""
        return float((holdout.uplift * self.margin * self.conversion_value > self.contact_cost).sum())


def _checked_prices(
    holdout: Holdout, margin: float, contact_cost: float, population: int, conversion_value: float | None
) -> _Prices:
    if not 0 < margin <= 1:
        raise ValueError(f"margin is the share of revenue that is kept, in (0, 1], got {margin}")
    if not (np.isfinite(contact_cost) and contact_cost >= 0):
        raise ValueError(f"contact_cost is the money one contact costs, at least 0, got {contact_cost}")
    if population < 1:
        raise ValueError(f"population is the number of users to choose from, at least 1, got {population}")
    if conversion_value is None:
        mean_revenue = float(holdout.revenue[holdout.outcome == 1].mean())
        return _Prices(margin, contact_cost, population, mean_revenue, holdout.revenue)
    if not (np.isfinite(conversion_value) and conversion_value >= 0):
        raise ValueError(f"conversion_value is money and at least 0, got {conversion_value}")
    return _Prices(margin, contact_cost, population, conversion_value, holdout.outcome * conversion_value)


def _checked_budget(budget: float | None) -> float | None:
    if budget is not None and not (np.isfinite(budget) and budget >= 0):
        raise ValueError(f"budget is money and at least 0 (None: no limit), got {budget}")
    return budget


def _contacted(strategy: str, holdout: Holdout, prices: _Prices, budget: float | None) -> Floats:
    """Share of each row that the strategy contacts, float64[n] in [0, 1]."""
    n = holdout.outcome.size
    worthwhile = prices.worthwhile(holdout)
    planned = min(worthwhile, prices.affordable(budget, n))
    match strategy:
        case "none":
            return np.zeros(n)
        case "everyone":
            return np.ones(n)
        case "random":
            return np.full(n, planned / n)
        case "high_probability_buyers":
            return top_share(holdout.response, planned)
        case "uplift":
            return top_share(holdout.uplift, worthwhile)
        case "uplift_under_budget":
            return top_share(holdout.uplift, planned)
        case _:
            raise ValueError(f"unknown strategy {strategy!r}: choose from {', '.join(STRATEGIES)}")


def _capped(strategy: str, holdout: Holdout, prices: _Prices, budget: float) -> Floats:
    """As `_contacted`, but every strategy spends the budget and stops only where it is used or has nobody left."""
    n = holdout.outcome.size
    affordable = prices.affordable(budget, n)
    match strategy:
        case "everyone" | "random":
            return np.full(n, affordable / n)
        case "high_probability_buyers":
            return top_share(holdout.response, affordable)
        case "uplift":
            return _contacted("uplift_under_budget", holdout, prices, budget)
        case _:
            return _contacted(strategy, holdout, prices, budget)


def _valued(
    contacted: Mapping[str, Floats], holdout: Holdout, prices: _Prices, *, replicates: int, seed: int
) -> list[StrategyResult]:
    n, names = holdout.outcome.size, list(contacted)
    signed = holdout.treatment / holdout.propensity - (1 - holdout.treatment) / (1 - holdout.propensity)
    shares = np.stack(list(contacted.values()))
    # One column of ones, then every strategy's conversions, then every strategy's revenue.
    columns = np.concatenate([np.ones((1, n)), shares * (holdout.outcome * signed), shares * (prices.money * signed)])
    totals = columns.sum(axis=1) / n * prices.population
    sums = resampled_sums(columns, replicates=replicates, seed=seed)
    rows = sums[:, :1]
    # A replicate of a very small holdout may hold no row at all: it is left out as NaN.
    scaled = np.divide(sums, rows, out=np.full_like(sums, np.nan), where=rows > 0) * prices.population
    results = []
    for place, (name, share) in enumerate(zip(names, shares, strict=True)):
        conversions, revenue = 1 + place, 1 + len(names) + place
        contacts = float(share.mean()) * prices.population
        cost = contacts * prices.contact_cost
        profit = percentile_interval(prices.margin * totals[revenue] - cost, prices.margin * scaled[:, revenue] - cost)
        results.append(
            StrategyResult(
                strategy=name,
                treated_share=float(share.mean()),
                contacts=contacts,
                cost=cost,
                conversions=percentile_interval(totals[conversions], scaled[:, conversions]),
                revenue=percentile_interval(totals[revenue], scaled[:, revenue]),
                profit=profit,
                roi=Interval(*(bound / cost for bound in profit)) if cost > 0 else None,
            )
        )
    return results


def simulate(
    holdout: Holdout,
    *,
    margin: float,
    contact_cost: float,
    budget: float | None,
    population: int,
    strategies: Sequence[str] = STRATEGIES,
    conversion_value: float | None = None,
    seed: int = 0,
    replicates: int = 200,
) -> list[StrategyResult]:
    """Value each strategy in a population like the holdout.

    ``none`` and ``everyone`` ignore the budget. ``uplift`` contacts everybody whose expected net value (uplift *
    margin * value of a conversion - contact_cost) is above 0; ``uplift_under_budget`` the same, best first, until the
    budget is spent. ``random`` and ``high_probability_buyers`` contact as many as ``uplift_under_budget`` does, so that
    what differs is whom.

    Args:
        holdout: users of the trial, none of them trained on.
        margin: share of revenue kept, in (0, 1].
        contact_cost: money one contact costs.
        budget: money to spend in the population; None for no limit.
        population: users to choose from.
        strategies: names from `STRATEGIES`.
        conversion_value: money a conversion is worth, in place of the measured revenue (None: use the revenue).
        seed: of the bootstrap.
        replicates: of the bootstrap.

    Raises:
        ValueError: a price, budget or population out of range, or an unknown strategy.
    """
    prices = _checked_prices(holdout, margin, contact_cost, population, conversion_value)
    cap = _checked_budget(budget)
    contacted = {strategy: _contacted(strategy, holdout, prices, cap) for strategy in strategies}
    return _valued(contacted, holdout, prices, replicates=replicates, seed=seed)


def budget_curve(
    holdout: Holdout,
    *,
    margin: float,
    contact_cost: float,
    budgets: Sequence[float],
    population: int,
    strategies: Sequence[str] = CURVE_STRATEGIES,
    conversion_value: float | None = None,
    seed: int = 0,
    replicates: int = 200,
) -> list[BudgetPoint]:
    """Profit of each strategy at each budget; every strategy stops when the budget is spent.

    The uplift strategies stop earlier where nobody of positive expected net value is left; under a cap ``everyone``
    contacts a random part. Points come budget by budget, in the order given.

    Raises:
        ValueError: as `simulate`.
    """
    prices = _checked_prices(holdout, margin, contact_cost, population, conversion_value)
    points = []
    for budget in budgets:
        _checked_budget(budget)
        contacted = {strategy: _capped(strategy, holdout, prices, budget) for strategy in strategies}
        points += [
            BudgetPoint(budget, result.strategy, result.contacts, result.cost, result.profit)
            for result in _valued(contacted, holdout, prices, replicates=replicates, seed=seed)
        ]
    return points
