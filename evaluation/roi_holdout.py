"""The randomised holdout on which targeting strategies are valued, as checked arrays.

What belongs here: the columns and their rules. What does not: strategies and their value (`evaluation.roi`).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from evaluation.trial import checked_trial, finite_vector

__all__ = ["Holdout"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Holdout:
    """Users of a randomised trial that no model was trained on, each field float64[n]."""

    COLUMNS: ClassVar = (
        "outcome",
        "treatment",
        "propensity",
        "revenue",
        "uplift",
        "p_control",
        "p_treated",
        "response",
    )

    outcome: Floats
    """0/1: converted within the attribution window."""
    treatment: Floats
    """0/1: was contacted."""
    propensity: Floats
    """Probability of being contacted, in (0, 1)."""
    revenue: Floats
    """Money within the attribution window."""
    uplift: Floats
    """Estimated effect of contact on the probability of conversion, in [-1, 1]."""
    p_control: Floats
    """Estimated probability of conversion without contact."""
    p_treated: Floats
    """Estimated probability of conversion with contact."""
    response: Floats
    """Score of the response model: estimated probability of conversion, whoever is contacted."""

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> "Holdout":
        """The columns COLUMNS of ``frame``, checked as in `of`.

        Raises:
            ValueError: As `of`.
        """
        return cls.of(**{column: frame[column].to_numpy() for column in cls.COLUMNS})

    @classmethod
    def of(
        cls,
        *,
        outcome: ArrayLike,
        treatment: ArrayLike,
        propensity: ArrayLike,
        revenue: ArrayLike,
        uplift: ArrayLike,
        p_control: ArrayLike,
        p_treated: ArrayLike,
        response: ArrayLike,
    ) -> "Holdout":
        """Check the columns and take them as float64.

        Raises:
            ValueError: NaN, unequal lengths, a broken trial (`checked_trial`), or a propensity outside (0, 1).
        """
        trial = checked_trial(outcome, treatment, uplift)
        named = {
            "propensity": propensity,
            "revenue": revenue,
            "p_control": p_control,
            "p_treated": p_treated,
            "response": response,
        }
        rest = {name: finite_vector(values, name) for name, values in named.items()}
        for name, values in rest.items():
            if values.size != trial.outcome.size:
                raise ValueError(f"{name} has {values.size} rows but outcome has {trial.outcome.size}")
        if ((rest["propensity"] <= 0) | (rest["propensity"] >= 1)).any():
            raise ValueError("propensity must lie strictly between 0 and 1: leave out users who had no choice of arm")
        return cls(outcome=trial.outcome, treatment=trial.treatment, uplift=trial.score, **rest)
