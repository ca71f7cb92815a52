"""Which option to take for each user when all of them share one budget: the multiple-choice knapsack.

What belongs here: values, costs and a budget as arrays. What does not: where the values come from
(`assets.models.uplift.targeting.policy`).

Each user takes at most one option. For a price λ of money a user's best option is the one of highest
value - λ * cost, or none if that is not above 0 (Lagrangian relaxation; Sinha and Zoltners 1979, Fisher 1981). What
they spend falls as λ grows, so λ is bisected until the budget is met; users whose option is the same at both ends of
the bracket are settled and leave the search, which makes the whole cost a few passes. What the last user leaves over
is filled greedily. L(λ) = Σ max(value - λ * cost, 0) + λ * budget is at least the optimum of the linear programme for
every λ, so the gap to it is known without solving that.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats, Ints

__all__ = ["BISECTIONS", "FILL_PASSES", "NOTHING", "ROUNDING", "Knapsack", "checked_options", "solve_knapsack"]


NOTHING = -1
"""The choice of a user who takes no option."""
BISECTIONS = 200
"""Steps at most; the bracket of λ then is narrower than a float can tell."""
FILL_PASSES = 100
"""Passes of the greedy fill at most: each takes all that fit in order of their return."""
ROUNDING = 1e-12
"""Slack of the search as a share of the budget: sums of the same floats in another order differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Knapsack:
    """A choice for every user; money in the unit of the values."""

    choice: Ints
    """Option 0 … options - 1 of each user, or `NOTHING`: int64[users], or int64[users, groups] of several campaigns."""
    value: float
    """Sum of the values chosen."""
    spend: float
    """Sum of their costs, never above the budget."""
    multiplier: float
    """λ ≥ 0: what one more unit of budget would earn; 0 where the budget does not bind."""
    bound: float
    """No choice within the budget and the limits, not even a fractional one, is worth more than this."""

    @property
    def gap(self) -> float:
        """(bound - value) / bound, the share of value that is lost at most: 0 for an optimum; 0 if nothing pays."""
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > 0 else 0.0


def solve_knapsack(
    value: ArrayLike, cost: ArrayLike, budget: float | None, *, allowed: ArrayLike | None = None
) -> Knapsack:
    """Choose at most one option a user so that the sum of values is highest and the costs stay within the budget.

    An option of value 0 or less is never chosen. Time is O(users * options) for each of a handful of passes.

    Args:
        value: net worth of each option, float[users, options], finite.
        cost: what it takes from the budget, float[users, options], finite and at least 0.
        budget: money for all users together, at least 0; None for no limit.
        allowed: bool[users, options]; an option that is not allowed is never chosen (None: all are).

    Raises:
        ValueError: shapes differ, a value or cost is not finite, a cost or the budget is negative.
    """
    worth, price, limit = checked_options(value, cost, budget, allowed)
    choice, spend = _best(worth, price, 0.0)
    multiplier = 0.0
    if spend.sum() > limit:
        multiplier, choice = _bisected(worth, price, limit, choice)
        choice = _filled(worth, price, limit, choice)
    users = np.flatnonzero(choice != NOTHING)
    taken = choice[users]
    reduced = np.maximum((worth - multiplier * price).max(axis=0, initial=0.0), 0.0).sum()
    return Knapsack(
        choice=choice,
        value=float(worth[taken, users].sum()),
        spend=_spent(price, choice),
        multiplier=multiplier,
        bound=float(reduced + (multiplier * limit if multiplier else 0.0)),
    )


def checked_options(
    value: ArrayLike, cost: ArrayLike, budget: float | None, allowed: ArrayLike | None
) -> tuple[Floats, Floats, float]:
    """Values, -inf of what is not to be chosen, and costs, both float64[options, users]; and the budget, maybe inf.

    Options are first: each is then one contiguous row, and a pass touches memory in order.

    Raises:
        ValueError: as `solve_knapsack`.
    """
    values, costs = np.asarray(value, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    if values.ndim != 2 or values.shape != costs.shape or values.shape[1] == 0:
        raise ValueError(
            f"value and cost must be arrays [users, options] of one shape with at least one option, got {values.shape} "
            f"and {costs.shape}"
        )
    usable = np.ones(values.shape, dtype=np.bool_) if allowed is None else np.asarray(allowed, dtype=np.bool_)
    if usable.shape != values.shape:
        raise ValueError(f"allowed must have the shape of value {values.shape}, got {usable.shape}")
    for name, numbers in (("value", values), ("cost", costs)):
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name} must be finite in every row: forbid an option by `allowed`, not by its {name}")
    if (costs < 0).any():
        raise ValueError("cost must be at least 0: an option that earns money belongs into its value")
    limit = float("inf") if budget is None else float(budget)
    if np.isnan(limit) or limit < 0:
        raise ValueError(f"budget is money and at least 0 (None: no limit), got {budget}")
    return np.where(usable & (values > 0), values, -np.inf).T.copy(), costs.T.copy(), limit


def _best(worth: Floats, price: Floats, multiplier: float) -> tuple[Ints, Floats]:
    """Each user's option of highest value - λ * cost, the cheaper one of equals, and what it costs."""
    users = worth.shape[1]
    choice, spend, best = np.full(users, NOTHING, dtype=np.int64), np.zeros(users), np.zeros(users)
    for option in range(worth.shape[0]):
        reduced = worth[option] - multiplier * price[option]
        better = (reduced > best) | ((reduced == best) & (choice != NOTHING) & (price[option] < spend))
        choice[better] = option
        spend[better] = price[option][better]
        best[better] = reduced[better]
    return choice, spend


def _bisected(worth: Floats, price: Floats, limit: float, most: Ints) -> tuple[float, Ints]:
    """The least price of money found at which the budget suffices, and the choices at it.

    ``most`` are the choices at λ = 0, which cost too much.
    """
    costly = (worth > 0) & (price > 0)
    low, high = 0.0, float(np.max(worth[costly] / price[costly])) * 2
    least, _ = _best(worth, price, high)
    choice, settled = least.copy(), 0.0
    active = np.arange(worth.shape[1])
    dear, cheap = most, least
    for _ in range(BISECTIONS):
        # A user whose option is the same at both ends has it between them too: costs fall along the hull as λ grows.
        open_ = dear != cheap
        if not open_.all():
            fixed = ~open_ & (cheap != NOTHING)
            settled += float(price[cheap[fixed], np.flatnonzero(fixed)].sum())
            choice[active[~open_]] = cheap[~open_]
            active, dear, cheap = active[open_], dear[open_], cheap[open_]
            worth, price = worth[:, open_], price[:, open_]
        middle = (low + high) / 2
        if not active.size or not low < middle < high:
            break
        at_middle, spend = _best(worth, price, middle)
        if settled + spend.sum() > limit * (1 - ROUNDING):
            low, dear = middle, at_middle
        else:
            high, cheap = middle, at_middle
    choice[active] = cheap
    return high, choice


def _filled(worth: Floats, price: Floats, limit: float, choice: Ints) -> Ints:
    """Spend what is left on changes to a better option, best return first, each pass on all that fit."""
    users = np.arange(choice.size)
    for _ in range(FILL_PASSES):
        chosen = choice != NOTHING
        at = np.where(chosen, choice, 0)
        now_worth, now_price = np.where(chosen, worth[at, users], 0.0), np.where(chosen, price[at, users], 0.0)
        left = limit - _spent(price, choice)
        best = np.zeros(users.size)
        option = np.full(users.size, NOTHING, dtype=np.int64)
        for candidate in range(worth.shape[0]):
            gain, extra = worth[candidate] - now_worth, price[candidate] - now_price
            fits = (gain > 0) & (extra <= left * (1 + ROUNDING))
            # What costs no more than before has the best return of all.
            rate = np.divide(gain, extra, out=np.full(users.size, np.inf), where=extra > 0)
            better = fits & (rate > best)
            best[better], option[better] = rate[better], candidate
        movers = np.flatnonzero(option != NOTHING)
        if not movers.size:
            break
        movers = movers[np.argsort(-best[movers], kind="stable")]
        extra = price[option[movers], movers] - now_price[movers]
        taken = movers[np.cumsum(extra) <= left * (1 + ROUNDING)]
        # The first mover fits by itself, so that every pass spends or ends.
        trial = _changed(choice, option, taken if taken.size else movers[:1])
        while taken.size and _spent(price, trial) > limit:
            taken = taken[:-1]
            trial = _changed(choice, option, taken)
        if _spent(price, trial) > limit:
            break
        choice = trial
    return choice


def _changed(choice: Ints, option: Ints, users: Ints) -> Ints:
    changed = choice.copy()
    changed[users] = option[users]
    return changed


def _spent(price: Floats, choice: Ints) -> float:
    """Exact to the last digit: 10,000 contacts of 0.10 cost 1,000.00 and not a little more."""
    users = np.flatnonzero(choice != NOTHING)
    return math.fsum(price[choice[users], users].tolist())
