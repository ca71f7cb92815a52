"""What a trial of any number of arms logged, as checked arrays: what plans are valued on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats, Ints
from evaluation.resampling.checked import finite_vector

__all__ = ["TrialLog"]


@dataclass(frozen=True, slots=True)
class TrialLog:
    """Users that no model was fitted on, each in an arm that was dealt out with a known probability."""

    arms: tuple[str | None, ...]
    """Names of the arms but the control (None: of one contact as the trial dealt it out)."""
    outcome: Floats
    """0/1: responded within the attribution window, float64[n]."""
    revenue: Floats
    """Money within the attribution window, float64[n]."""
    arm: Ints
    """Arm of each row, 0 = control, int64[n]."""
    propensity: Floats
    """Probability of that arm, in (0, 1), float64[n]."""
    predicted: Floats
    """Estimated probability of a response in the control and in each arm, float64[n, 1 + arms]."""

    @classmethod
    def of(
        cls,
        arms: Sequence[str | None],
        *,
        outcome: ArrayLike,
        revenue: ArrayLike,
        arm: ArrayLike,
        propensity: ArrayLike,
        predicted: ArrayLike,
    ) -> Self:
        """Check the arrays.

        Raises:
            ValueError: shapes differ, NaN, an arm that there is not, or a propensity outside (0, 1).
        """
        responded, chance = finite_vector(outcome, "outcome"), finite_vector(propensity, "propensity")
        money, logged = finite_vector(revenue, "revenue"), np.asarray(arm)
        guess = np.asarray(predicted, dtype=np.float64)
        n, sides = responded.size, 1 + len(arms)
        for name, values in (("revenue", money), ("propensity", chance)):
            if values.size != n:
                raise ValueError(f"{name} has {values.size} rows but outcome has {n}")
        if logged.shape != (n,) or logged.dtype.kind not in "iu" or (logged < 0).any() or (logged >= sides).any():
            raise ValueError(f"arm must hold one arm a row, integers 0 (control) to {len(arms)}")
        if ((chance <= 0) | (chance >= 1)).any():
            raise ValueError("propensity must lie strictly between 0 and 1: leave out users who had no choice of arm")
        if guess.shape != (n, sides) or not np.isfinite(guess).all():
            raise ValueError(f"predicted must be finite, of shape [rows, 1 + arms] {(n, sides)}, got {guess.shape}")
        return cls(tuple(arms), responded, money, logged.astype(np.int64), chance, guess)
