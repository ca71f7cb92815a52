"""What a campaign's contacts cost and its conversions are worth, checked once.

What belongs here: money. What does not: whom to contact (`evaluation.roi_strategies`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.roi_holdout import Holdout

__all__ = ["Prices", "checked_budget"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prices:
    """Money in the shop's currency."""

    margin: float
    """Share of revenue kept, in (0, 1]."""
    contact_cost: float
    """Of every contact."""
    incentive: float
    """Paid to every contacted user who converts: the worth of a voucher."""
    population: int
    """Users to choose from; the holdout is scaled to them."""
    conversion_value: float
    """Revenue of a conversion, as planned with."""
    measured: bool
    """Whether revenue is that of the holdout, or conversions times ``conversion_value``."""

    @classmethod
    def of(
        cls,
        holdout: Holdout,
        *,
        margin: float,
        contact_cost: float,
        population: int,
        conversion_value: float | None = None,
        incentive: float = 0.0,
    ) -> "Prices":
        """Check the prices; without ``conversion_value`` it is the mean revenue of the holdout's conversions.

        Raises:
            ValueError: a price or the population is out of range.
        """
        if not 0 < margin <= 1:
            raise ValueError(f"margin is the share of revenue that is kept, in (0, 1], got {margin}")
        if not (np.isfinite(contact_cost) and contact_cost >= 0):
            raise ValueError(f"contact_cost is the money one contact costs, at least 0, got {contact_cost}")
        if not (np.isfinite(incentive) and incentive >= 0):
            raise ValueError(f"incentive is the money paid to a contacted buyer, at least 0, got {incentive}")
        if population < 1:
            raise ValueError(f"population is the number of users to choose from, at least 1, got {population}")
        if conversion_value is not None and not (np.isfinite(conversion_value) and conversion_value >= 0):
            raise ValueError(f"conversion_value is money and at least 0, got {conversion_value}")
        value = float(holdout.revenue[holdout.outcome == 1].mean()) if conversion_value is None else conversion_value
        return cls(margin, contact_cost, incentive, population, value, conversion_value is None)

    def money(self, holdout: Holdout) -> Floats:
        """Revenue of each row of the holdout, float64[n]."""
        return holdout.revenue if self.measured else holdout.outcome * self.conversion_value

    def spend(self, holdout: Holdout) -> Floats:
        """What contacting each row is expected to take from a budget, float64[n]."""
        return np.asarray(self.contact_cost + self.incentive * np.clip(holdout.p_treated, 0, 1))

    def net(self, holdout: Holdout) -> Floats:
        """What contacting each row is expected to earn after that, float64[n]."""
        return np.asarray(self.margin * self.conversion_value * holdout.uplift - self.spend(holdout))


def checked_budget(budget: float | None) -> float | None:
    """The budget, if it is one.

    Raises:
        ValueError: negative or not finite.
    """
    if budget is not None and not (np.isfinite(budget) and budget >= 0):
        raise ValueError(f"budget is money and at least 0 (None: no limit), got {budget}")
    return budget
