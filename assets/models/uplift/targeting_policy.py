"""Whom to contact, with which arm of a campaign, under one budget.

What belongs here: the net value of a contact, who is never contacted, and the plan in words. What does not: the
search (`assets.models.uplift.knapsack`) and the effects themselves.

A contact with arm a is worth margin * τ_a * value - contact cost - incentive * P(buy | treated with a), and takes its
two costs from the budget: an incentive (a voucher) is paid to everyone who buys with it, also to those who would have
bought without, which is why sure things are dear. Costs are expected ones: a campaign whose vouchers are redeemed more
often than predicted spends more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.models.uplift.knapsack import NOTHING, solve_knapsack

__all__ = ["ArmPrice", "TargetingPlan", "plan_targeting"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ArmPrice:
    """What contacting a user with one arm takes, in the shop's currency."""

    name: str
    contact_cost: float
    """Paid for every contact."""
    incentive: float = 0.0
    """Paid for every contacted user who buys: the worth of a voucher."""

    def __post_init__(self) -> None:
        for label in ("contact_cost", "incentive"):
            money = getattr(self, label)
            if not (np.isfinite(money) and money >= 0):
                raise ValueError(f"{label} of arm {self.name!r} is money and at least 0, got {money}")


@dataclass(frozen=True, slots=True)
class TargetingPlan:
    """One contact or none for every user; money in the shop's currency, all of it expected."""

    arm: NDArray[np.int64]
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
    verdict: str
    """What the plan does and what to do about the budget."""

    @property
    def contacted(self) -> NDArray[np.bool_]:
        """Who is contacted at all: bool[users]."""
        return np.asarray(self.arm != NOTHING)


def plan_targeting(
    uplift: ArrayLike,
    p_treated: ArrayLike,
    prices: Sequence[ArmPrice],
    *,
    margin: float,
    value: ArrayLike,
    budget: float | None,
    upper: ArrayLike | None = None,
    contacts_left: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
) -> TargetingPlan:
    """The most profitable contacts that the budget buys.

    Never contacted: a sleeping dog (upper < 0, or an estimated effect of 0 or less), a contact whose net value is 0 or
    less, a user without contacts left, an arm that is not allowed.

    Args:
        uplift: effect of each arm on the probability of a purchase, float[users, arms] (or [users] for one arm).
        p_treated: probability of a purchase if contacted, of the same shape.
        prices: one a column.
        margin: share of revenue kept, in (0, 1].
        value: revenue of a purchase: a number, or float[users].
        budget: money for all users together; None for no limit.
        upper: upper bound of the effect's interval, of the shape of uplift (None: not used).
        contacts_left: int[users], see `assets.models.uplift.contact_limits.contacts_left` (None: no limit).
        allowed: bool[users, arms] or bool[users], such as who has given consent (None: all).

    Raises:
        ValueError: shapes differ, NaN, or a price, margin, value, probability or budget out of range.
    """
    effect = _matrix(uplift, "uplift", len(prices))
    bought = _matrix(p_treated, "p_treated", len(prices))
    worth = np.asarray(value, dtype=np.float64)
    if bought.shape != effect.shape:
        raise ValueError(f"p_treated has shape {bought.shape} but uplift {effect.shape}: they are of the same users")
    if ((bought < 0) | (bought > 1)).any():
        raise ValueError("p_treated is a probability and must lie in [0, 1]")
    if not 0 < margin <= 1:
        raise ValueError(f"margin is the share of revenue that is kept, in (0, 1], got {margin}")
    if worth.shape not in ((), (len(effect),)) or not (np.isfinite(worth) & (worth >= 0)).all():
        raise ValueError("value is the revenue of a purchase: one number of at least 0, or one a user")
    cost = np.array([p.contact_cost for p in prices]) + np.array([p.incentive for p in prices]) * bought
    net = margin * effect * worth.reshape(-1, 1) - cost
    harmful = np.zeros(effect.shape, dtype=np.bool_)
    if upper is not None:
        above = _matrix(upper, "upper", len(prices))
        if above.shape != effect.shape:
            raise ValueError(f"upper has shape {above.shape} but uplift {effect.shape}: they are of the same users")
        harmful = above < 0
    free = _free(effect.shape, contacts_left, allowed)
    helpful = ~harmful & (effect > 0)
    solved = solve_knapsack(net, cost, budget, allowed=free & helpful & (net > 0))
    counts = np.bincount(solved.choice[solved.choice != NOTHING], minlength=len(prices))
    left_out = _left_out(solved.choice == NOTHING, free, harmful, helpful, net)
    contacts = {price.name: int(count) for price, count in zip(prices, counts, strict=True)}
    return TargetingPlan(
        arm=solved.choice,
        arms=tuple(price.name for price in prices),
        contacts=contacts,
        spend=solved.spend,
        budget=budget,
        profit=solved.value,
        cutoff=solved.multiplier,
        bound=solved.bound,
        gap=solved.gap,
        left_out=left_out,
        verdict=_in_words(contacts, solved.spend, budget, solved.value, solved.multiplier, left_out["budget"]),
    )


def _matrix(values: ArrayLike, name: str, arms: int) -> Floats:
    matrix = np.asarray(values, dtype=np.float64)
    matrix = matrix.reshape(-1, 1) if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[1] != arms:
        raise ValueError(f"{name} must have one row a user and one column an arm ({arms}), got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} has NaN or infinite values: leave out users without a score")
    return matrix


def _free(shape: tuple[int, ...], contacts_left: ArrayLike | None, allowed: ArrayLike | None) -> Bools:
    """Where neither a contact limit nor the caller forbids a contact."""
    free = np.ones(shape, dtype=np.bool_)
    if contacts_left is not None:
        left = np.asarray(contacts_left)
        if left.shape != shape[:1]:
            raise ValueError(f"contacts_left must have one number a user, got shape {left.shape}")
        free &= (left > 0)[:, None]
    if allowed is not None:
        mask = np.asarray(allowed, dtype=np.bool_)
        mask = mask[:, None] if mask.ndim == 1 else mask
        if mask.shape not in (shape, (shape[0], 1)):
            raise ValueError(f"allowed must be bool[users] or bool[users, arms] {shape}, got shape {mask.shape}")
        free &= mask
    return free


def _left_out(nobody: Bools, free: Bools, harmful: Bools, helpful: Bools, net: Floats) -> dict[str, int]:
    """Users without a contact by the first reason that rules out every arm."""
    usable, counts = free, {}
    for reason, kept in (
        ("contact limit", free),
        ("sleeping dog", ~harmful),
        ("no gain", helpful),
        ("does not pay", net > 0),
    ):
        before = usable.any(axis=1) if reason != "contact limit" else np.ones(len(nobody), dtype=np.bool_)
        usable = usable & kept
        counts[reason] = int((nobody & before & ~usable.any(axis=1)).sum())
    counts["budget"] = int((nobody & usable.any(axis=1)).sum())
    return counts


def _in_words(
    contacts: dict[str, int], spend: float, budget: float | None, profit: float, cutoff: float, waiting: int
) -> str:
    by_arm = ", ".join(f"{count:,} with {name}" for name, count in contacts.items() if count) or "nobody"
    if not sum(contacts.values()) and not waiting:
        return "Contacts nobody: no allowed contact is expected to earn more than it costs. Do not run this campaign."
    told = f"Contacts {by_arm} for {spend:,.2f} and is expected to earn {profit:,.2f} after these costs"
    if budget is None or cutoff == 0:
        return f"{told}. Everyone worth a contact gets one: more budget would earn nothing."
    return (
        f"{told}. The budget of {budget:,.2f} leaves out {waiting:,} users who are worth a contact: the next unit of "
        f"budget would earn {cutoff:.2f} more than it costs. Raise the budget while that is above what the money earns "
        "elsewhere."
    )
