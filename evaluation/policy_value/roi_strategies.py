"""Whom each strategy contacts: the share of each holdout user under a budget.

What belongs here: the choice by expected money. What does not: what it then earned (`evaluation.policy_value.roi`).
"""

import numpy as np

from evaluation.arrays import Bools, Floats
from evaluation.policy_value.roi_holdout import Holdout
from evaluation.policy_value.roi_prices import FREE, Prices

__all__ = ["CURVE_STRATEGIES", "STRATEGIES", "contacted", "contacted_within", "spend_down"]


STRATEGIES = (
    "none",
    "everyone",
    "random",
    "high_probability_buyers",
    "uplift",
    "uplift_under_budget",
    "optimiser",
)
"""Every strategy, in the order of the results."""

CURVE_STRATEGIES = ("everyone", "high_probability_buyers", "uplift_under_budget")
"""Those that a budget tells apart: under a cap `everyone` is a random choice, and `uplift` spends as the last. Where
an incentive is paid, `optimiser` is another one."""


def spend_down(score: Floats, cost: Floats, money: float, among: Bools | None = None) -> Floats:
    """Share of each row that is bought from the highest score down until ``money`` is spent: float64[n] in [0, 1].

    Rows of the block of equal scores at the cut share what is left equally: the expectation over a random order
    within ties.

    Args:
        score: float64[n].
        cost: at least 0, float64[n].
        money: what may be spent; infinite for no limit.
        among: rows that may be bought (None: all).
    """
    rows = np.arange(score.size) if among is None else np.flatnonzero(among)
    share = np.zeros(score.size)
    if not rows.size:
        return share
    rows = rows[np.argsort(-score[rows], kind="stable")]
    ranked = score[rows]
    starts = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
    sizes = np.diff(np.append(starts, rows.size))
    block = np.add.reduceat(cost[rows], starts)
    before = np.cumsum(block) - block
    inside = np.divide(np.clip(money - before, 0, block), block, out=np.ones(block.size), where=block > 0)
    share[rows] = np.repeat(inside, sizes)
    return share


def _limits(holdout: Holdout, prices: Prices, money: float) -> tuple[Floats, float]:
    """Cost of each row and the money; where contacts are free, rows are counted and nothing is limited."""
    cost = np.broadcast_to(prices.cost(None, np.clip(holdout.p_treated, 0, 1)), holdout.p_treated.shape)
    return (cost, money) if cost.any() else (np.ones(cost.size), float("inf"))


def contacted(strategy: str, holdout: Holdout, prices: Prices, money: float) -> Floats:
    """Share of each row that the strategy contacts, float64[n] in [0, 1].

    ``none`` and ``everyone`` ignore the budget. ``uplift`` contacts all whose expected net value is above 0;
    ``uplift_under_budget`` the same, highest effect first, until the budget is spent; ``optimiser`` highest net value
    per money spent first, which is the best plan that the budget buys (the knapsack of one arm). ``random`` and
    ``high_probability_buyers`` spend as much as ``uplift_under_budget``, so that what differs is on whom.

    Args:
        strategy: one of `STRATEGIES`.
        holdout: the rows.
        prices: with the value of a response.
        money: budget of these rows; infinite for no limit.

    Raises:
        ValueError: an unknown strategy.
    """
    cost, money = _limits(holdout, prices, money)
    net = prices.net_value(None, holdout.uplift, np.clip(holdout.p_treated, 0, 1))
    worthwhile = net > 0
    planned = min(float(cost[worthwhile].sum()), money)
    match strategy:
        case "none":
            share = np.zeros(net.size)
        case "everyone":
            share = np.ones(net.size)
        case "random":
            share = np.full(net.size, planned / cost.sum())
        case "high_probability_buyers":
            share = spend_down(holdout.response, cost, planned)
        case "uplift":
            share = worthwhile.astype(np.float64)
        case "uplift_under_budget":
            share = spend_down(holdout.uplift, cost, money, worthwhile)
        case "optimiser":
            rate = np.divide(net, cost, out=np.full(net.size, np.inf), where=cost > FREE)
            share = spend_down(rate, cost, money, worthwhile)
        case _:
            raise ValueError(f"unknown strategy {strategy!r}: choose from {', '.join(STRATEGIES)}")
    return share


def contacted_within(strategy: str, holdout: Holdout, prices: Prices, money: float) -> Floats:
    """As `contacted`, but every strategy spends the budget and stops only where it is used or has nobody left.

    Raises:
        ValueError: an unknown strategy.
    """
    cost, money = _limits(holdout, prices, money)
    match strategy:
        case "everyone":
            return np.full(cost.size, min(1.0, money / cost.sum()))
        case "high_probability_buyers":
            return spend_down(holdout.response, cost, money)
        case _:
            return contacted(strategy, holdout, prices, money)
