"""Whom to contact, with which arm of a campaign, under one budget.

What belongs here: who is never contacted, and the plan in words. What does not: what a contact is worth
(`evaluation.policy_value.roi_prices`), the search (`assets.models.uplift.targeting.knapsack`) and the effects.

A contact takes its two costs from the budget: an incentive (a voucher) is paid to everyone who buys with it, also to
those who would have bought without, which is why sure things are dear. Costs are expected ones: a campaign whose
vouchers are redeemed more often than predicted spends more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from assets.models.uplift.targeting.knapsack import NOTHING, solve_knapsack
from evaluation.arrays import Bools, Floats, Ints
from evaluation.policy_value.roi_prices import Prices
from evaluation.resampling.bootstrap import Interval

__all__ = ["Offers", "TargetingPlan", "free_contacts", "offers", "plan_targeting"]


@dataclass(frozen=True, slots=True)
class TargetingPlan:
    """One contact or none for every user; money in the shop's currency, all of it expected."""

    arm: Ints
    """Place of the chosen arm in ``arms``, or -1 for no contact: int64[users]."""
    arms: tuple[str, ...]
    contacts: dict[str, int]
    """Users contacted by arm."""
    spend: float
    """Contact costs and expected incentives, never above the budget."""
    budget: float | None
    profit: float
    """Margin on the incremental revenue less ``spend``."""
    cutoff: float
    """Incremental ROI at the cut: profit that one more unit of budget would earn; 0 where the budget does not bind."""
    bound: float
    """No plan within the budget earns more."""
    gap: float
    """(bound - profit) / bound: share of profit that is lost at most."""
    left_out: dict[str, int]
    """Users not contacted by reason: contact limit, sleeping dog, no gain, does not pay, budget."""

    @property
    def contacted(self) -> Bools:
        """Who is contacted at all: bool[users]."""
        return np.asarray(self.arm != NOTHING)

    def verdict(self, earned: Interval | None) -> str:
        """What the plan does and what to do about the budget, in words.

        Args:
            earned: Profit of contacts chosen alike, as measured on users that no model has seen; None where it is not
                known. More budget is advised only where it lies above 0.
        """
        by_arm = ", ".join(f"{count:,} with {name}" for name, count in self.contacts.items() if count) or "nobody"
        waiting = self.left_out["budget"]
        if not sum(self.contacts.values()) and not waiting:
            return "Contacts nobody: no allowed contact is expected to earn its cost. Do not run this campaign."
        message = f"Contacts {by_arm} for {self.spend:,.2f} and is expected to earn {self.profit:,.2f} after this cost"
        if earned is None:
            return f"{message}. What it earns is not measured: no more budget is advised before a trial."
        interval = f"{earned.estimate:,.2f} ({earned.lower:,.2f} to {earned.upper:,.2f})"
        message += f"; on the holdout such contacts earn {interval}"
        if earned.lower <= 0:
            return f"{message}. That may be a loss: no more budget is advised before a longer trial."
        if self.budget is None or self.cutoff == 0:
            return f"{message}. Everyone worth a contact gets one: more budget would earn nothing."
        return (
            f"{message}. The budget of {self.budget:,.2f} leaves out {waiting:,} users who are worth a contact: the "
            f"next unit of budget would earn {self.cutoff:.2f} more than it costs. Raise the budget while that is "
            "above what the money earns elsewhere."
        )


@dataclass(frozen=True, slots=True)
class Offers:
    """What a contact of each user with each arm takes and is worth: arrays [users, arms]."""

    net: Floats
    """Margin on the incremental revenue less ``cost``."""
    cost: Floats
    """Contact cost and expected incentive."""
    harmful: Bools
    """The effect's interval lies below 0."""
    helpful: Bools
    """It does not, and the effect is above 0."""

    @property
    def allowed(self) -> Bools:
        """Whether the contact may be made, and pays."""
        return np.asarray(self.helpful & (self.net > 0))


def offers(
    uplift: ArrayLike, p_treated: ArrayLike, prices: Prices, arms: Sequence[str], upper: ArrayLike | None = None
) -> Offers:
    """What contacts would cost and earn; arguments and errors as of `plan_targeting`."""
    effect = _matrix(uplift, "uplift", len(arms))
    bought = _matrix(p_treated, "p_treated", len(arms), like=effect)
    if ((bought < 0) | (bought > 1)).any():
        raise ValueError("p_treated is a probability and must lie in [0, 1]")
    cost = np.column_stack([prices.cost(arm, bought[:, place]) for place, arm in enumerate(arms)])
    net = np.column_stack([prices.net_value(arm, effect[:, place], bought[:, place]) for place, arm in enumerate(arms)])
    harmful = np.zeros(effect.shape, dtype=np.bool_)
    if upper is not None:
        harmful = _matrix(upper, "upper", len(arms), like=effect) < 0
    return Offers(net, cost, harmful, ~harmful & (effect > 0))


def plan_targeting(
    uplift: ArrayLike,
    p_treated: ArrayLike,
    prices: Prices,
    arms: Sequence[str],
    *,
    budget: float | None,
    upper: ArrayLike | None = None,
    contacts_left: ArrayLike | None = None,
) -> TargetingPlan:
    """The most profitable contacts that the budget buys.

    Never contacted: a sleeping dog (upper < 0, or an estimated effect of 0 or less), a contact whose net value is 0 or
    less, a user without contacts left.

    Args:
        uplift: effect of each arm on the probability of a purchase, float[users, arms] (or [users] for one arm).
        p_treated: probability of a purchase if contacted, of the same shape.
        prices: of the arms, with the value of a response.
        arms: name of each column.
        budget: money for all users together; None for no limit.
        upper: upper bound of the effect's interval, of the shape of uplift (None: not used).
        contacts_left: int[users], see `assets.models.uplift.targeting.contact_limits.contacts_left` (None: no limit).

    Raises:
        ValueError: shapes differ, NaN, a probability or the budget out of range, or no value of a response.
    """
    offered = offers(uplift, p_treated, prices, arms, upper)
    free = free_contacts(offered.net.shape, contacts_left)
    solved = solve_knapsack(offered.net, offered.cost, budget, allowed=free & offered.allowed)
    counts = np.bincount(solved.choice[solved.choice != NOTHING], minlength=len(arms))
    left_out = _left_out(solved.choice == NOTHING, free, offered)
    contacts = {arm: int(count) for arm, count in zip(arms, counts, strict=True)}
    return TargetingPlan(
        arm=solved.choice,
        arms=tuple(arms),
        contacts=contacts,
        spend=solved.spend,
        budget=budget,
        profit=solved.value,
        cutoff=solved.multiplier,
        bound=solved.bound,
        gap=solved.gap,
        left_out=left_out,
    )


def _matrix(values: ArrayLike, name: str, arms: int, like: Floats | None = None) -> Floats:
    matrix = np.asarray(values, dtype=np.float64)
    matrix = matrix.reshape(-1, 1) if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[1] != arms:
        raise ValueError(f"{name} must have one row a user and one column an arm ({arms}), got shape {matrix.shape}")
    if like is not None and matrix.shape != like.shape:
        raise ValueError(f"{name} has shape {matrix.shape} but uplift {like.shape}: they are of the same users")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} has NaN or infinite values: leave out users without a score")
    return matrix


def free_contacts(shape: tuple[int, ...], contacts_left: ArrayLike | None) -> Bools:
    """Where the contact limit leaves a contact, bool[users, arms] of this ``shape``; None for no limit.

    Raises:
        ValueError: not one number a user.
    """
    if contacts_left is None:
        return np.ones(shape, dtype=np.bool_)
    left = np.asarray(contacts_left)
    if left.shape != shape[:1]:
        raise ValueError(f"contacts_left must have one number a user, got shape {left.shape}")
    return np.broadcast_to((left > 0)[:, None], shape)


def _left_out(nobody: Bools, free: Bools, offered: Offers) -> dict[str, int]:
    """Users without a contact by the first reason that rules out every arm."""
    usable, counts = free, {}
    for reason, kept in (
        ("contact limit", free),
        ("sleeping dog", ~offered.harmful),
        ("no gain", offered.helpful),
        ("does not pay", offered.net > 0),
    ):
        before = usable.any(axis=1) if reason != "contact limit" else np.ones(len(nobody), dtype=np.bool_)
        usable = usable & kept
        counts[reason] = int((nobody & before & ~usable.any(axis=1)).sum())
    counts["budget"] = int((nobody & usable.any(axis=1)).sum())
    return counts
