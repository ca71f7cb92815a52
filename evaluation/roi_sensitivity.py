"""How the choice of a strategy depends on what is least certain of all: the margin and the cost of a contact.

What belongs here: the grid and its verdict. What does not: the value of a strategy (`evaluation.roi`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from evaluation.effect_scores import Estimator
from evaluation.roi import simulate
from evaluation.roi_holdout import Holdout

__all__ = ["Sensitivity", "sensitivity"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Profit of each strategy at each pair of margin and contact cost."""

    table: pl.DataFrame
    """margin, contact_cost, strategy, contacts, cost, profit, lower, upper, best (highest profit of its pair)."""
    winners: dict[str, int]
    """Number of pairs that each strategy wins, most first."""
    verdict: str


def sensitivity(
    holdout: Holdout,
    *,
    margins: Sequence[float],
    contact_costs: Sequence[float],
    budget: float | None,
    population: int,
    strategies: Sequence[str] = ("none", "everyone", "high_probability_buyers", "optimiser"),
    conversion_value: float | None = None,
    incentive: float = 0.0,
    estimator: Estimator = "aipw",
    seed: int = 0,
) -> Sensitivity:
    """Simulate the strategies at each pair; the same resamples serve all, so that pairs can be compared.

    Args:
        holdout: as `evaluation.roi.simulate`, like all that is not named here.
        margins: shares of revenue kept, each in (0, 1].
        contact_costs: money a contact.
        budget: money in the population; None for no limit.
        population: users to choose from.
        strategies: names of strategies; of equals the first is best.
        conversion_value: money a conversion is worth (None: the measured revenue).
        incentive: money paid to contacted buyers.
        estimator: ``ipw`` or ``aipw``.
        seed: of the bootstrap.

    Raises:
        ValueError: no margin, cost or strategy, or as `evaluation.roi.simulate`.
    """
    if not (margins and contact_costs and strategies):
        raise ValueError("give at least one margin, one contact cost and one strategy")
    rows = []
    for margin in margins:
        for cost in contact_costs:
            results = simulate(
                holdout,
                margin=margin,
                contact_cost=cost,
                budget=budget,
                population=population,
                strategies=strategies,
                conversion_value=conversion_value,
                incentive=incentive,
                estimator=estimator,
                seed=seed,
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
    best = table.filter("best")
    counts = best.group_by("strategy").len().sort(["len", "strategy"], descending=[True, False])
    winners = {str(name): int(count) for name, count in counts.iter_rows()}
    first, pairs = next(iter(winners)), best.height
    losing = best.filter(pl.col("lower") <= 0).height
    verdict = (
        f"{first.replace('_', ' ')} earns most at {winners[first]} of {pairs} pairs of margin and contact cost; "
        + (
            "the choice does not hang on these prices"
            if winners[first] == pairs
            else "the choice hangs on these prices: find out what they are before spending"
        )
        + (f". At {losing} pairs not even the best is sure to pay." if losing else ".")
    )
    return Sensitivity(table, winners, verdict)
