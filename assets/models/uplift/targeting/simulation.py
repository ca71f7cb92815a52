"""What every strategy of a campaign would earn on its holdout, of one treatment or of several arms.

What belongs here: which strategies there are and the plans behind them. What does not: their value
(`evaluation.policy_value.roi`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from assets.models.uplift.targeting.arm_plan import plan_contacts
from assets.models.uplift.uplift_scores import arm_chances, arm_names
from evaluation.arrays import Floats, Ints
from evaluation.policy_value.effect_scores import Estimator
from evaluation.policy_value.roi import StrategyResult, budget_curve, simulate, value
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import Prices, budget_of_rows
from evaluation.policy_value.roi_strategies import STRATEGIES
from evaluation.policy_value.trial_log import TrialLog

__all__ = ["OPTIMISER", "Simulation"]

OPTIMISER = "optimiser"


@dataclass(frozen=True)
class Simulation:
    """A holdout, and the prices and the population that its strategies are valued with."""

    holdout: Holdout
    rows: pl.DataFrame
    """The holdout as a frame: of several arms with outcome, revenue, upper, arm, arm_propensity (of the row's own arm)
    and the columns `assets.models.uplift.uplift_scores.arm_column`. A row of another arm is a control."""
    prices: Prices
    population: int
    """Users that the holdout stands for."""

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """The arms that are told apart; none in a campaign of one treatment."""
        return arm_names(self.rows)

    @property
    def pooled(self) -> list[str]:
        """Strategies of a contact as the trial dealt it out; the optimiser of several arms chooses among them."""
        return [name for name in STRATEGIES if name != OPTIMISER or not self.arms]

    def strategies(self, budget: float | None, estimator: Estimator = "ipw") -> list[StrategyResult]:
        """Every strategy; of several arms also each one sent to everyone, whatever the budget, and the best plan.

        Raises:
            ValueError: a budget or population out of range, or an unknown estimator.
        """
        results = simulate(
            self.holdout,
            self.prices,
            budget=budget,
            population=self.population,
            strategies=self.pooled,
            estimator=estimator,
        )
        if not self.arms:
            return results
        everyone = {
            f"everyone_gets_{arm}": _shares(np.full(self.rows.height, place), len(self.arms))
            for place, arm in enumerate(self.arms)
        }
        return results + self._valued({**everyone, OPTIMISER: self._best_plan(budget)}, estimator)

    def curve(self, budgets: Sequence[float]) -> list[tuple[float, StrategyResult]]:
        """Strategies at each budget, as `evaluation.policy_value.roi.budget_curve`; then the best plan of several arms.

        Raises:
            ValueError: a budget or population out of range.
        """
        points = budget_curve(self.holdout, self.prices, budgets=budgets, population=self.population)
        if self.arms:
            points += [(b, self._valued({OPTIMISER: self._best_plan(b)}, "ipw")[0]) for b in budgets]
        return points

    def _valued(self, plans: dict[str, Floats], estimator: Estimator) -> list[StrategyResult]:
        return value(plans, self._log, self.prices, population=self.population, estimator=estimator)

    @cached_property
    def _log(self) -> TrialLog:
        places = {arm: place for place, arm in enumerate(self.arms, start=1)}
        return TrialLog.of(
            self.arms,
            outcome=self.rows["outcome"],
            revenue=self.rows["revenue"],
            arm=self.rows["arm"].replace_strict(places, default=0, return_dtype=pl.Int64).to_numpy(),
            propensity=self.rows["arm_propensity"],
            predicted=arm_chances(self.rows),
        )

    def _best_plan(self, budget: float | None) -> Floats:
        money = budget_of_rows(budget, self.rows.height, self.population)
        prices = self.prices.measured(self._log.outcome, self._log.revenue)
        plan = plan_contacts(self.rows, prices, self.arms, budget=None if budget is None else money)
        return _shares(plan.arm, len(self.arms))


def _shares(choice: Ints, arms: int) -> Floats:
    """A plan of whole contacts, float64[rows, arms], from the place of each row's arm or -1 for no contact."""
    return np.asarray(choice[:, None] == np.arange(arms), dtype=np.float64)
