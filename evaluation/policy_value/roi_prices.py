"""What a campaign's contacts cost and its responses are worth: one value from the shop to the answer.

What belongs here: money, and what one contact is expected to cost and to earn. What does not: whom to contact
(`evaluation.policy_value.roi_strategies`, `assets.models.uplift.targeting.policy`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

import numpy as np

from evaluation.arrays import Floats

__all__ = ["FREE", "ArmPrice", "Prices", "budget_of_rows"]

FREE = 1e-9
"""Cost up to which nothing is spent, so that there is no return on it."""

Number = TypeVar("Number", float, Floats)


class ArmPrice(NamedTuple):
    """What contacting a user with one arm takes, in the shop's currency."""

    contact_cost: float
    """Paid for every contact."""
    incentive: float = 0.0
    """Paid for every contacted user who responds, whether or not because of it: the worth of a voucher."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Money in the shop's currency.

    An arm is known by its name. None is a contact as the trial dealt it out: of the one treatment, or of any arm.

    Raises:
        ValueError: a price is out of range.
    """

    margin: float
    """Share of revenue kept, in [0, 1]."""
    contact: ArmPrice
    """Of a contact as the trial dealt it out."""
    response_value: float | None = None
    """Revenue of a response; None: as it was measured."""
    arms: Mapping[str, ArmPrice] = field(default_factory=dict)
    """Of each of several arms."""

    def __post_init__(self) -> None:
        if not 0 <= self.margin <= 1:
            raise ValueError(f"margin is the share of revenue that is kept, in [0, 1], got {self.margin}")
        if self.response_value is not None and not _is_money(self.response_value):
            raise ValueError(f"the value of a response is money and at least 0, got {self.response_value}")
        for arm, price in {"any": self.contact, **self.arms}.items():
            for label, money in price._asdict().items():
                if not _is_money(money):
                    raise ValueError(f"{label} of arm {arm!r} is money and at least 0, got {money}")

    def of(self, arm: str | None) -> ArmPrice:
        """What a contact with ``arm`` takes; one without a price of its own takes what any contact does."""
        return self.contact if arm is None else self.arms.get(arm, self.contact)

    def cost(self, arm: str | None, p_treated: Number) -> Number:
        """What a contact is expected to take from a budget: contact cost + incentive * P(response if contacted)."""
        price = self.of(arm)
        return price.contact_cost + price.incentive * p_treated

    def net_value(self, arm: str | None, uplift: Number, p_treated: Number) -> Number:
        """What a contact is expected to earn: margin * value of a response * uplift - `cost`.

        Raises:
            ValueError: the value of a response is not known (`measured`).
        """
        if self.response_value is None:
            raise ValueError("the value of a response is not known: state it, or measure it")
        return self.margin * self.response_value * uplift - self.cost(arm, p_treated)

    def changed(self, *, margin: float | None = None, contact_cost: float | None = None) -> "Prices":
        """With another margin or another cost of a contact, which is then that of every arm (None: as it is)."""
        if margin is None and contact_cost is None:
            return self

        def price(old: ArmPrice) -> ArmPrice:
            return old if contact_cost is None else old._replace(contact_cost=contact_cost)

        arms = {arm: price(old) for arm, old in self.arms.items()}
        return replace(self, margin=self.margin if margin is None else margin, contact=price(self.contact), arms=arms)

    def measured(self, outcome: Floats, revenue: Floats) -> "Prices":
        """With the mean revenue of the responses among some rows where no value is stated; 0 if none responded."""
        if self.response_value is not None:
            return self
        return replace(self, response_value=float(revenue[outcome == 1].mean()) if outcome.any() else 0.0)


def _is_money(amount: float) -> bool:
    return bool(np.isfinite(amount) and amount >= 0)


def budget_of_rows(budget: float | None, rows: int, population: int) -> float:
    """What falls on ``rows`` of a budget for the population that they stand for; infinite for no limit.

    Raises:
        ValueError: a budget that is negative or not finite, or no population.
    """
    if population < 1:
        raise ValueError(f"population is the number of users to choose from, at least 1, got {population}")
    if budget is None:
        return float("inf")
    if not _is_money(budget):
        raise ValueError(f"budget is money and at least 0 (None: no limit), got {budget}")
    return budget * rows / population
