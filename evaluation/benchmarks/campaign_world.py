"""A campaign whose every effect is known: what the truth of a strategy is, and how often its interval holds it.

What belongs here: the world that the benchmark and the tests of the ROI simulation share. What does not: estimators.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evaluation.effect_scores import Estimator
from evaluation.roi import simulate
from evaluation.roi_holdout import Holdout
from evaluation.roi_prices import Prices
from evaluation.roi_strategies import contacted

__all__ = ["COVERED_STRATEGIES", "World", "coverage", "true_profit", "world"]

COVERED_STRATEGIES = ("everyone", "random", "high_probability_buyers", "uplift", "uplift_under_budget", "optimiser")
REVENUE = 20.0
"""Mean revenue of an order."""
MARGIN, CONTACT_COST, INCENTIVE = 0.5, 0.25, 1.0
BUDGET_SHARE = 0.15
"""Budget as a share of what contacting everyone is expected to cost."""
TRUTH_USERS = 1_000_000


@dataclass(frozen=True, slots=True)
class World:
    """A trial and the true probabilities behind it."""

    holdout: Holdout
    p_control: NDArray[np.float64]
    p_treated: NDArray[np.float64]


def world(users: int, seed: int) -> World:
    """A trial with unequal propensities, sleeping dogs, skewed revenue, and a model that is wrong in a known way.

    The model's effects are noisy, its probabilities are shrunk to their mean, and the likeliest buyers gain least.
    """
    rng = np.random.default_rng(seed)
    liking, need = rng.normal(size=users), rng.normal(size=users)
    before = 1 / (1 + np.exp(2.2 - 0.9 * liking))
    after = np.clip(before + 0.05 + 0.05 * need - 0.06 * (liking > 1), 0.001, 0.999)
    propensity = np.where(need > 0, 0.6, 0.4)
    arm = rng.random(users) < propensity
    outcome = (rng.random(users) < np.where(arm, after, before)).astype(np.float64)
    # Log-normal with a mean of REVENUE.
    revenue = outcome * REVENUE * rng.lognormal(-0.32, 0.8, users)
    guess = 0.7 * (after - before) + 0.01 + rng.normal(0, 0.02, users)
    p_control = 0.5 * before + 0.5 * before.mean()
    holdout = Holdout.of(
        outcome=outcome,
        treatment=arm,
        propensity=propensity,
        revenue=revenue,
        uplift=guess,
        p_control=p_control,
        p_treated=np.clip(p_control + guess, 0, 1),
        response=before,
    )
    return World(holdout, before, after)


@lru_cache(maxsize=4)
def _budget_per_user() -> float:
    spend = CONTACT_COST + INCENTIVE * world(TRUTH_USERS, 2**31).holdout.p_treated
    return float(BUDGET_SHARE * spend.mean())


@lru_cache(maxsize=1)
def true_profit() -> dict[str, float]:
    """Expected profit a user of each strategy, over a million users."""
    big = world(TRUTH_USERS, 2**31)
    prices = Prices.of(
        big.holdout,
        margin=MARGIN,
        contact_cost=CONTACT_COST,
        incentive=INCENTIVE,
        population=TRUTH_USERS,
        conversion_value=REVENUE,
    )
    earned = MARGIN * REVENUE * (big.p_treated - big.p_control) - CONTACT_COST - INCENTIVE * big.p_treated
    budget = _budget_per_user() * TRUTH_USERS
    return {name: float((contacted(name, big.holdout, prices, budget) * earned).mean()) for name in COVERED_STRATEGIES}


def coverage(estimator: Estimator, *, simulations: int, users: int = 4_000) -> dict[str, tuple[float, float]]:
    """Share of simulated trials whose 95 % interval of the profit holds the truth, and the intervals' mean width.

    Args:
        estimator: as `evaluation.roi.simulate`.
        simulations: trials.
        users: of each trial.

    Returns:
        (coverage, mean width a user in money) by strategy.
    """
    truth = true_profit()
    held: dict[str, list[bool]] = {name: [] for name in COVERED_STRATEGIES}
    widths: dict[str, list[float]] = {name: [] for name in COVERED_STRATEGIES}
    for seed in range(simulations):
        results = simulate(
            world(users, seed).holdout,
            margin=MARGIN,
            contact_cost=CONTACT_COST,
            incentive=INCENTIVE,
            budget=_budget_per_user() * users,
            population=users,
            strategies=COVERED_STRATEGIES,
            estimator=estimator,
            seed=seed,
        )
        for result in results:
            _, lower, upper = (bound / users for bound in result.profit)
            held[result.strategy].append(lower <= truth[result.strategy] <= upper)
            widths[result.strategy].append(upper - lower)
    return {name: (float(np.mean(held[name])), float(np.mean(widths[name]))) for name in COVERED_STRATEGIES}
