"""How many units a comparison of two arms needs, or what so many of them can show.

What belongs here: the formula, for one look at the end and for any number of looks. What does not: days
(`evaluation.sequential.power`) and effects that were measured.

An effect is seen once its interval leaves 0 out: with the power z away that takes the interval's half-width and z more,
in standard errors of the difference, each arm with its own variance (as Hájek's and Welch's intervals have them). The
effect is taken to be that more units respond, by amounts as they are. The mean square then grows with the mean, so an
effect d on the mean m makes the treated variance (s² + m²) (1 + d / m) - (m + d)², which of a rate p is (p + d)
(1 - p - d). What CUPED takes off the variance is ρ² of it (Deng, Xu, Kohavi and Walker 2013).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from evaluation.sequential.confidence_sequence import LEVEL, width

__all__ = ["Looks", "Trial", "detectable_effect", "difference_variance", "errors_to_see", "units_needed"]

MAX_UNITS = 1e15
"""More are not planned for."""
Looks = Literal["once", "daily"]


@dataclass(frozen=True, slots=True)
class Trial:
    """Two arms that are to be compared."""

    mean: float
    """Mean outcome of a unit without a contact, above 0."""
    deviation: float
    """Its standard deviation between units, above 0."""
    treated_share: float = 0.5
    """Share of the units that are contacted."""
    correlation: float = 0.0
    """Of the outcome with that of the time before, by which CUPED adjusts."""
    level: float = LEVEL
    """Chance that the interval holds the truth."""
    power: float = 0.8
    """Chance that a true effect of the size is seen; both of these 0.5 or more."""
    looks: Looks = "once"
    """``daily``: the interval holds at all looks together, and is wider for it."""

    def __post_init__(self) -> None:
        for name in ("mean", "deviation"):
            if not (0 < (value := getattr(self, name)) < math.inf):
                raise ValueError(f"{name} must be a number above 0, got {value}")
        if not 0 < self.treated_share < 1:
            raise ValueError(f"treated_share must lie between 0 and 1, got {self.treated_share}")
        for name in ("level", "power"):
            if not 0.5 <= (value := getattr(self, name)) < 1:
                raise ValueError(f"{name} must be 0.5 or more and below 1, got {value}")
        if not -1 < self.correlation < 1:
            raise ValueError(f"correlation must lie between -1 and 1, got {self.correlation}")

    @classmethod
    def of_rate(cls, rate: float) -> "Trial":
        """Of an outcome that is there or not, at ``rate`` in (0, 1)."""
        if not 0 < rate < 1:
            raise ValueError(f"rate must lie between 0 and 1, got {rate}")
        return cls(rate, math.sqrt(rate * (1 - rate)))

    def treated_variance(self, effect: float) -> float:
        """Variance between contacted units where the mean is ``effect`` higher; negative where there is none such."""
        square = self.deviation**2 + self.mean**2
        return square * (1 + effect / self.mean) - (self.mean + effect) ** 2


def errors_to_see(level: float, power: float, looks: Looks) -> float:
    """Standard errors of which an effect must be to be seen with ``power``."""
    # A sequence that is tightest at its own size has the same width at any size.
    half = float(width(1.0, 1.0, level)) if looks == "daily" else NormalDist().inv_cdf((1 + level) / 2)
    return half + NormalDist().inv_cdf(power)


def difference_variance(control: float, treated: float, treated_share: float, correlation: float) -> float:
    """Variance of the difference of two arms' means, times the units of both together."""
    return (treated / treated_share + control / (1 - treated_share)) * (1 - correlation**2)


def units_needed(trial: Trial, effect: float) -> int:
    """Units of both arms together for which ``effect`` on the mean is seen with the trial's power.

    Raises:
        ValueError: an effect of 0, or one that no such outcome can have.
    """
    treated = trial.treated_variance(effect) if effect else 0.0
    if not treated > 1e-12 * trial.deviation**2:
        reason = (
            "name the smallest effect that would be worth having" if not effect else "no outcome can change so much"
        )
        raise ValueError(f"an effect of {effect:+g} on a mean of {trial.mean:g} cannot be planned for: {reason}")
    variance = difference_variance(trial.deviation**2, treated, trial.treated_share, trial.correlation)
    ratio = errors_to_see(trial.level, trial.power, trial.looks) / abs(effect)
    units = variance * ratio * ratio
    if not units <= MAX_UNITS:
        raise ValueError(f"an effect of {effect:+g} would need more than {MAX_UNITS:.0e} units: hope for a larger one")
    return math.ceil(units)


def detectable_effect(trial: Trial, units: int) -> float:
    """Smallest rise of the mean that ``units`` of both arms together show with the trial's power: of `units_needed`.

    It may be larger than any that the outcome can have, as with a rate above 1.

    Raises:
        ValueError: fewer than two units.
    """
    if units < 2:
        raise ValueError(f"{units} units cannot be compared: give 2 or more")
    # d² = k (V₀/(1-q) + V₁(d)/q), where V₁ is a parabola in d: its root above 0.
    k = errors_to_see(trial.level, trial.power, trial.looks) ** 2 * (1 - trial.correlation**2) / units
    share, square = trial.treated_share, trial.deviation**2 + trial.mean**2
    first = 1 + k / share
    half = k * (square / trial.mean - 2 * trial.mean) / share / 2
    last = k * trial.deviation**2 / (share * (1 - share))
    effect = (half + math.sqrt(half * half + first * last)) / first
    if not math.isfinite(effect):
        raise ValueError(f"a deviation of {trial.deviation:g} on a mean of {trial.mean:g} is too large to plan with")
    return effect
