"""What an experiment will be able to see, and how long it takes: asked before it starts.

What belongs here: the smallest effect and the length. What does not: effects that were measured.

It may be looked at daily: how many units that takes is `evaluation.sequential.sample_size`, with one deviation in both
arms.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.sequential.confidence_sequence import LEVEL
from evaluation.sequential.sample_size import difference_variance, errors_to_see

__all__ = ["MAX_DAYS", "Design", "Length", "detectable_lift", "length"]

MAX_DAYS = 365
"""Experiments that take longer are not planned."""


@dataclass(frozen=True, slots=True)
class Design:
    """An experiment that is planned."""

    units_per_day: float
    """New units a day that enter the experiment, both arms together."""
    mean: float
    """The metric's mean over units as they are now, above 0."""
    deviation: float
    """Its standard deviation between units."""
    challenger_share: float = 0.5
    """Share of the units that get the challenger."""
    correlation: float = 0.0
    """Of the metric with that of the time before, by which CUPED adjusts."""
    window_days: int = 0
    """Days after its assignment that a unit is waited for before it counts."""
    level: float = LEVEL
    power: float = 0.8
    """Chance that a true effect of the size is seen."""

    def __post_init__(self) -> None:
        for name in ("units_per_day", "mean", "deviation"):
            if not (value := getattr(self, name)) > 0:
                raise ValueError(f"{name} must be above 0, got {value}: measure it on the days before")
        for name in ("challenger_share", "level", "power"):
            if not 0 < (value := getattr(self, name)) < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {value}")
        if not -1 < self.correlation < 1:
            raise ValueError(f"correlation must lie between -1 and 1, got {self.correlation}")
        if self.window_days < 0:
            raise ValueError(f"window_days must be 0 or more, got {self.window_days}")


@dataclass(frozen=True, slots=True)
class Length:
    """How long it takes to see an effect."""

    lift: float
    days: int | None
    """None: longer than `MAX_DAYS`."""
    units: int
    """Units that count by then, or would after `MAX_DAYS`: where the confidence sequence should be tightest."""
    verdict: str


def detectable_lift(design: Design, days: ArrayLike) -> Floats:
    """The smallest lift (a share of the mean) that is seen with the design's power after so many days: float64[...].

    The sequence is taken to be tightest at the units of each day itself.
    """
    counting = np.maximum(np.asarray(days, dtype=np.float64) - design.window_days, 0.0)
    units = design.units_per_day * counting
    spread = difference_variance(design.deviation**2, design.deviation**2, design.challenger_share, design.correlation)
    error = np.sqrt(np.divide(spread, units, out=np.full(units.shape, np.inf), where=units > 0))
    return np.asarray(errors_to_see(design.level, design.power, "daily") * error / design.mean)


def length(design: Design, lift: float) -> Length:
    """The first day on which a true ``lift`` (0.02 is +2 %) is seen with the design's power.

    Raises:
        ValueError: a lift of 0.
    """
    if not abs(lift) > 0:
        raise ValueError("lift must not be 0: name the smallest effect that would be worth having")
    days = np.arange(1, MAX_DAYS + 1)
    seen = np.flatnonzero(detectable_lift(design, days) <= abs(lift))
    found = int(days[seen[0]]) if seen.size else None
    last = MAX_DAYS if found is None else found
    units = max(1, int(design.units_per_day * (last - design.window_days)))
    per_day = f"With {design.units_per_day:,.0f} units a day"
    if found is None:
        least = float(detectable_lift(design, MAX_DAYS))
        verdict = f"{per_day}, {lift:+.1%} cannot be seen within {MAX_DAYS} days: by then {least:+.1%} can."
    else:
        verdict = f"{per_day} you can see {lift:+.1%} in {found} days ({design.power:.0%} of the times it is there)."
    return Length(lift, found, units, verdict)
