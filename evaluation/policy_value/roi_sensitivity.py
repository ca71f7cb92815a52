"""How the choice of a strategy depends on what is least certain of all: the margin and the cost of a contact.

What belongs here: the grid and its verdict. What does not: the value of a strategy (`evaluation.policy_value.roi`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from evaluation.policy_value.roi import simulate
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import Prices

__all__ = ["Sensitivity", "sensitivity"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Profit of each strategy at each pair of margin and contact cost."""

    table: pl.DataFrame
    """margin, contact_cost, strategy, contacts, cost, profit, lower, upper, best (highest profit of its pair)."""
    verdict: str


def sensitivity(
    holdout: Holdout,
    prices: Prices,
    *,
    margins: Sequence[float],
    contact_costs: Sequence[float],
    budget: float | None,
    population: int,
    strategies: Sequence[str] = ("none", "everyone", "high_probability_buyers", "optimiser"),
) -> Sensitivity:
    """Simulate the strategies at each pair, doubly robust; the same resamples serve all, so that pairs can be compared.

    Args:
        holdout: as `evaluation.policy_value.roi.simulate`, like all that is not named here.
        prices: what a response is worth, and the incentive.
        margins: shares of revenue kept.
        contact_costs: money a contact.
        budget: money in the population; None for no limit.
        population: users to choose from.
        strategies: names of strategies; of equals the first is best.

    Raises:
        ValueError: no margin, cost or strategy, or as `evaluation.policy_value.roi.simulate`.
    """
    if not (margins and contact_costs and strategies):
        raise ValueError("give at least one margin, one contact cost and one strategy")
    rows = []
    for margin, cost in ((margin, cost) for margin in margins for cost in contact_costs):
        results = simulate(
            holdout,
            prices.changed(margin=margin, contact_cost=cost),
            budget=budget,
            population=population,
            strategies=strategies,
            estimator="aipw",
        )
        winner = max(results, key=lambda result: result.profit.estimate)
        rows += [
            {
                "margin": float(margin),
                "contact_cost": float(cost),
                "strategy": result.strategy,
                "contacts": result.contacts,
                "cost": result.cost,
                "profit": result.profit.estimate,
                "lower": result.profit.lower,
                "upper": result.profit.upper,
                "best": result is winner,
            }
            for result in results
        ]
    table = pl.DataFrame(rows)
    return Sensitivity(table, _in_words(table.filter("best")))


def _in_words(best: pl.DataFrame) -> str:
    counts = best.group_by("strategy").len().sort(["len", "strategy"], descending=[True, False])
    (first, wins), pairs = counts.row(0), best.height
    losing = best.filter(pl.col("lower") <= 0).height
    return (
        f"{first.replace('_', ' ')} earns most at {wins} of {pairs} pairs of margin and contact cost; "
        + (
            "the choice does not hang on these prices"
            if wins == pairs
            else "the choice hangs on these prices: find out what they are before spending"
        )
        + (f". At {losing} pairs not even the best is sure to pay." if losing else ".")
    )
