"""Which contacts of several campaigns to make when all of them share one budget, and users' patience.

What belongs here: values, costs, a budget and limits as arrays. What does not: where the values come from
(`assets.models.uplift.targeting.joint_plan`), and the case of one choice a user (`knapsack`).

A user takes at most one option of each group, a campaign's arms, and options of at most ``most`` groups. For a price λ
of money a user's best choice is, of each group, the option of highest value - λ * cost if that is above 0, and of those
the ``most`` best (Lagrangian relaxation; Fisher 1981). The highest value - λ * cost of a user is convex in λ, so a user
whose choice is the same at both ends of the bracket has it between them too, and leaves the search. What the last users
leave over is filled with single contacts, best return first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from assets.models.uplift.targeting.knapsack import (
    BISECTIONS,
    FILL_PASSES,
    NOTHING,
    ROUNDING,
    Knapsack,
    checked_options,
)
from evaluation.arrays import Bools, Floats, Ints

__all__ = ["solve_joint_knapsack"]


@dataclass(frozen=True, slots=True)
class _Options:
    """Options of some users, options first."""

    worth: Floats
    """float64[options, users]; -inf where the option may not be taken."""
    price: Floats
    group: Ints
    """int64[options]."""
    most: Ints
    """int64[users]."""

    def of(self, users: Ints | Bools) -> "_Options":
        """Those of some of the users, by place or mask."""
        return _Options(self.worth[:, users], self.price[:, users], self.group, self.most[users])

    def best(self, multiplier: float) -> tuple[Ints, Floats]:
        """Each user's choice at a price of money, int64[groups, users], and its value - λ * cost, float64[users]."""
        groups, users = int(self.group.max()) + 1, self.worth.shape[1]
        choice, reduced = np.full((groups, users), NOTHING), np.zeros((groups, users))
        spent = np.zeros((groups, users))
        for option, group in enumerate(self.group):
            net = self.worth[option] - multiplier * self.price[option]
            cheaper = (net == reduced[group]) & (choice[group] != NOTHING) & (self.price[option] < spent[group])
            better = (net > reduced[group]) | cheaper
            choice[group, better], reduced[group, better] = option, net[better]
            spent[group, better] = self.price[option, better]
        if (crowded := np.flatnonzero((choice != NOTHING).sum(axis=0) > self.most)).size:
            rank = np.argsort(np.argsort(-reduced[:, crowded], axis=0, kind="stable"), axis=0, kind="stable")
            dropped = rank >= self.most[crowded]
            choice[:, crowded] = np.where(dropped, NOTHING, choice[:, crowded])
            reduced[:, crowded] = np.where(dropped, 0.0, reduced[:, crowded])
        return choice, reduced.sum(axis=0)

    def spend(self, choice: Ints) -> Floats:
        """What each user's choice costs: float64[users]."""
        return _summed(self.price, choice)


def solve_joint_knapsack(
    value: ArrayLike,
    cost: ArrayLike,
    budget: float | None,
    *,
    group: Sequence[int],
    most: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
) -> Knapsack:
    """Choose so that the sum of values is highest, within the budget and everyone's number of contacts.

    The choice is int64[users, groups]. An option of value 0 or less is never chosen.

    Args:
        value: net worth of each option, float[users, options], finite.
        cost: what it takes from the budget, float[users, options], finite and at least 0.
        budget: money for all users together, at least 0; None for no limit.
        group: 0, 1 … of each option; a user takes at most one of a group.
        most: groups that a user may have an option of, int[users] at least 0 (None: all).
        allowed: bool[users, options]; an option that is not allowed is never chosen (None: all are).

    Raises:
        ValueError: shapes differ, a value or cost is not finite, a cost, the budget or a limit is negative.
    """
    worth, price, limit = checked_options(value, cost, budget, allowed)
    groups = np.asarray(group, dtype=np.int64)
    if groups.shape != worth.shape[:1] or groups.min() < 0:
        raise ValueError(f"group must be a number of at least 0 for each of {len(worth)} options, got {group}")
    limits = np.full(worth.shape[1], groups.max() + 1) if most is None else np.asarray(most, dtype=np.int64)
    if limits.shape != worth.shape[1:] or (limits < 0).any():
        raise ValueError(f"most must be one number of at least 0 a user, got shape {limits.shape}")
    options = _Options(worth, price, groups, limits)
    choice, _ = options.best(0.0)
    multiplier = 0.0
    if options.spend(choice).sum() > limit:
        multiplier, choice = _bisected(options, limit, choice)
        choice = _filled(options, limit, choice)
    _, reduced = options.best(multiplier)
    return Knapsack(
        choice=choice.T.copy(),
        value=float(_summed(options.worth, choice).sum()),
        spend=_total(options, choice),
        multiplier=multiplier,
        bound=float(reduced.sum() + (multiplier * limit if multiplier else 0.0)),
    )


def _summed(figures: Floats, choice: Ints) -> Floats:
    """Of each user the sum of the options chosen."""
    users = np.arange(choice.shape[1])
    taken = [np.where(of == NOTHING, 0.0, figures[np.maximum(of, 0), users]) for of in choice]
    return np.asarray(np.sum(taken, axis=0))


def _bisected(options: _Options, limit: float, most: Ints) -> tuple[float, Ints]:
    """The least price of money found at which the budget suffices, and the choices at it.

    ``most`` are the choices at λ = 0, which cost too much.
    """
    costly = (options.worth > 0) & (options.price > 0)
    low, high = 0.0, float(np.max(options.worth[costly] / options.price[costly])) * 2
    dear, (cheap, _) = most, options.best(high)
    choice, active, settled = cheap.copy(), np.arange(most.shape[1]), 0.0
    for _ in range(BISECTIONS):
        open_ = (dear != cheap).any(axis=0)
        if not open_.all():
            settled += float(options.of(~open_).spend(cheap[:, ~open_]).sum())
            choice[:, active[~open_]] = cheap[:, ~open_]
            active, dear, cheap, options = active[open_], dear[:, open_], cheap[:, open_], options.of(open_)
        middle = (low + high) / 2
        if not active.size or not low < middle < high:
            break
        at_middle, _ = options.best(middle)
        if settled + options.spend(at_middle).sum() > limit * (1 - ROUNDING):
            low, dear = middle, at_middle
        else:
            high, cheap = middle, at_middle
    choice[:, active] = cheap
    return high, choice


def _filled(options: _Options, limit: float, choice: Ints) -> Ints:
    """Spend what is left on single contacts more, best return first, each pass on all that fit."""
    for _ in range(FILL_PASSES):
        left = (limit - _total(options, choice)) * (1 + ROUNDING)
        room = (choice != NOTHING).sum(axis=0) < options.most
        free = (choice == NOTHING)[options.group] & room & (options.worth > 0) & (options.price <= left)
        option, user = np.nonzero(free)
        if not user.size:
            break
        price = options.price[option, user]
        rate = np.divide(options.worth[option, user], price, out=np.full(user.size, np.inf), where=price > 0)
        order = np.argsort(-rate, kind="stable")
        # One contact more of each user in a pass, so that no limit is passed.
        order = order[np.sort(np.unique(user[order], return_index=True)[1])]
        taken = order[np.cumsum(price[order]) <= left]
        taken = taken if taken.size else order[:1]
        trial = choice.copy()
        trial[options.group[option[taken]], user[taken]] = option[taken]
        if _total(options, trial) > limit:  # by the last digit of a sum: one contact less
            trial[options.group[option[taken[-1]]], user[taken[-1]]] = NOTHING
            if taken.size == 1 or _total(options, trial) > limit:
                break
        choice = trial
    return choice


def _total(options: _Options, choice: Ints) -> float:
    """Exact to the last digit: 10,000 contacts of 0.10 cost 1,000.00 and not a little more."""
    return math.fsum(options.spend(choice).tolist())
