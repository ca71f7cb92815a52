"""A campaign whose every effect is known: what the truth of a strategy is, and how often its interval holds it.

What belongs here: the world that the benchmark and the tests of the ROI simulation share. What does not: estimators.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from evaluation.arrays import Floats
from evaluation.policy_value.effect_scores import Estimator
from evaluation.policy_value.roi import simulate
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.policy_value.roi_strategies import contacted
from evaluation.resampling.bootstrap import Bootstrap

__all__ = ["COVERED_STRATEGIES", "PRICES", "World", "coverage", "true_profit", "world"]

COVERED_STRATEGIES = ("everyone", "random", "high_probability_buyers", "uplift", "uplift_under_budget", "optimiser")
REVENUE = 20.0
"""Mean revenue of an order."""
PRICES = Prices(margin=0.5, contact=ArmPrice(contact_cost=0.25, incentive=1.0))
BUDGET_SHARE = 0.15
"""Budget as a share of what contacting everyone is expected to cost."""
TRUTH_USERS = 1_000_000


@dataclass(frozen=True, slots=True)
class World:
    """A trial and the true probabilities behind it."""

    holdout: Holdout
    p_control: Floats
    p_treated: Floats


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
    spend = PRICES.cost(None, world(TRUTH_USERS, 2**31).holdout.p_treated)
    return float(BUDGET_SHARE * spend.mean())


@lru_cache(maxsize=1)
def true_profit() -> dict[str, float]:
    """Expected profit a user of each strategy, over a million users."""
    big = world(TRUTH_USERS, 2**31)
    prices = replace(PRICES, response_value=REVENUE)
    earned = prices.net_value(None, big.p_treated - big.p_control, big.p_treated)
    budget = _budget_per_user() * TRUTH_USERS
    return {name: float((contacted(name, big.holdout, prices, budget) * earned).mean()) for name in COVERED_STRATEGIES}


def coverage(estimator: Estimator, *, simulations: int, users: int = 4_000) -> dict[str, tuple[float, float]]:
    """Share of simulated trials whose 95 % interval of the profit holds the truth, and the intervals' mean width.

    Args:
        estimator: as `evaluation.policy_value.roi.simulate`.
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
            PRICES,
            budget=_budget_per_user() * users,
            population=users,
            strategies=COVERED_STRATEGIES,
            estimator=estimator,
            bootstrap=Bootstrap(400, seed),
        )
        for result in results:
            _, lower, upper = (bound / users for bound in result.profit)
            held[result.strategy].append(lower <= truth[result.strategy] <= upper)
            widths[result.strategy].append(upper - lower)
    return {name: (float(np.mean(held[name])), float(np.mean(widths[name]))) for name in COVERED_STRATEGIES}
