"""What a campaign's trial will be able to show, how long it takes, and what its control costs: asked before it starts.

What belongs here: from what is hoped for to users, days and money. What does not: the formula
(`evaluation.sequential.sample_size`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from assets.models.uplift.targeting.assignment import shares_fault
from evaluation.sequential.sample_size import Trial, detectable_effect, units_needed

__all__ = ["MAX_USERS", "MIN_RESPONSES", "Hopes", "TrialPlan", "trial_plan"]

MAX_USERS = 1_000_000_000
"""More are not planned for."""
MAX_DAYS = 1_000_000
"""More are not told apart."""
MIN_RESPONSES = 20
"""Expected responses of the smallest arm below which the normal interval, and so the plan, is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Hopes:
    """What is hoped for, and what there is to show it with."""

    trial: Trial
    """Of the outcome without a contact; its ``treated_share`` and ``correlation`` are not looked at."""
    shares: Mapping[str, float]
    """Arm → share of the users, the control first."""
    is_rate: bool
    """Whether the outcome is there or not, so that the mean is a rate; else it is money."""
    effect: float | None = None
    """On the mean, in its own unit; none to ask what ``users`` can show."""
    users: int | None = None
    """Of all arms together; none to ask how many ``effect`` needs."""
    correlation: float | None = None
    """Of the outcome with that of the time before; none where it is not known."""
    users_per_day: float | None = None
    """Users that enter a day; none where all are there from the beginning."""
    window_days: int = 0
    """Days that a response is waited for."""
    worth: float = 0.0
    """Of a response, or where the outcome is money of one unit of it, in the shop's currency."""
    contact_cost: float = 0.0
    """Of one contact, of several treatments their mean."""
    incentive: float = 0.0
    """What a response to a contact costs besides, of several treatments their mean."""
    is_adjusted: bool = False
    """Whether the outcome is to be adjusted by that of the time before, by CUPED."""


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What follows."""

    users: int
    """Of all arms together."""
    by_arm: dict[str, int]
    effect: float
    """On the mean, that the smallest arm shows in its comparison with the control."""
    lift: float
    """The same as a share of the mean."""
    users_with_cuped: int | None
    """How many would do for the same effect where the outcome is adjusted by that of the time before; none where the
    correlation is not known."""
    days: int | None
    """Until the last response counts; none where the users that enter a day are not known."""
    responses_forgone: float
    """Where the outcome is money: money forgone. What the control would have done besides, had it been contacted."""
    control_cost: float
    """Its worth, less what contacts and incentives of the control would have cost; below 0 where that does not pay."""
    warnings: tuple[str, ...]


def trial_plan(hopes: Hopes) -> TrialPlan:
    """Users that an effect needs, or the effect that users show; and what follows for days and money.

    Of several treatments each is compared with the control by itself, and the smallest decides.

    Raises:
        ValueError: neither or both of effect and users, shares that cannot be drawn, or an effect that cannot be.
    """
    if (hopes.effect is None) == (hopes.users is None):
        raise ValueError("give the effect that is hoped for, or how many users there are: one of the two")
    if fault := shares_fault(hopes.shares):
        raise ValueError(fault)
    control, *treated = hopes.shares.values()
    smallest = min(treated)
    pair = control + smallest
    plain = replace(hopes.trial, treated_share=smallest / pair, correlation=0.0)
    adjusted = replace(plain, correlation=hopes.correlation or 0.0)
    planned = adjusted if hopes.is_adjusted else plain
    if hopes.effect is None:
        users = min(hopes.users or 0, MAX_USERS)
        effect = detectable_effect(planned, math.floor(users * pair))
    else:
        effect = hopes.effect
        users = math.ceil(units_needed(planned, effect) / pair)
    with_cuped = None
    if hopes.correlation is not None and plain.treated_variance(effect) > 0:
        with_cuped = math.ceil(units_needed(adjusted, effect) / pair)
    if not math.isfinite(effect / hopes.trial.mean):
        raise ValueError(f"a mean of {hopes.trial.mean:g} is too small to plan with")
    in_control = users * control
    forgone = in_control * effect
    paid = in_control * hopes.contact_cost
    if hopes.is_rate:
        paid += in_control * (hopes.trial.mean + effect) * hopes.incentive
    days = None
    if hopes.users_per_day:
        days = math.ceil(min(users / hopes.users_per_day, MAX_DAYS)) + hopes.window_days
    return TrialPlan(
        users,
        {arm: round(users * share) for arm, share in hopes.shares.items()},
        effect,
        effect / hopes.trial.mean,
        with_cuped,
        days,
        forgone,
        forgone * hopes.worth - paid,
        tuple(_warnings(hopes, users, effect)),
    )


def _warnings(hopes: Hopes, users: int, effect: float) -> list[str]:
    """Why the plan is not to be trusted."""
    found = []
    if hopes.is_rate:
        after = hopes.trial.mean + effect
        if after >= 1:
            found.append(f"no rate is above 100 %: so few users show no effect on a rate of {hopes.trial.mean:.2%}")
        expected = min(users * share * min(hopes.trial.mean, after) for share in hopes.shares.values())
        if expected < MIN_RESPONSES:
            found.append(
                f"the smallest arm would have about {expected:.0f} responses; below {MIN_RESPONSES} no effects are "
                "learned, and the normal interval does not hold: take more users"
            )
    if users >= MAX_USERS:
        found.append(f"more than {MAX_USERS:,} users are not planned for")
    return found
