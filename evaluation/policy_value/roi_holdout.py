"""The randomised holdout on which targeting strategies are valued, as checked arrays.

What belongs here: the columns and their rules. What does not: strategies and their value
(`evaluation.policy_value.roi`).
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.policy_value.trial_log import TrialLog
from evaluation.resampling.checked import finite_vector
from evaluation.uplift.trial import OutcomeValueError, checked_arrays

__all__ = ["Holdout"]


@dataclass(frozen=True, slots=True)
class Holdout:
    """Users of a randomised trial that no model was trained on, each field float64[n]."""

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

    @property
    def log(self) -> TrialLog:
        """The trial as a contact and none."""
        observed = np.where(self.treatment == 1, self.propensity, 1 - self.propensity)
        predicted = np.column_stack([self.p_control, self.p_treated])
        return TrialLog((None,), self.outcome, self.revenue, self.treatment.astype(np.int64), observed, predicted)

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> Self:
        """The columns of ``frame`` that are called as the fields are, checked as in `of`.

        Raises:
            ValueError: As `of`.
        """
        return cls.of(**{column.name: frame[column.name].to_numpy() for column in fields(cls)})

    @classmethod
    def of(cls, **columns: ArrayLike) -> Self:
        """Check a column for each field and take it as float64.

        Raises:
            ValueError: NaN, unequal lengths, a broken trial (`checked_arrays`), an outcome other than 0 and 1, or a
                propensity outside (0, 1).
        """
        trial = checked_arrays(columns["outcome"], columns["treatment"], columns["uplift"])
        if trial.outcome.dtype != np.uint8:
            raise OutcomeValueError("outcome must be 0 or 1 in every row")
        vectors = {name: finite_vector(values, name) for name, values in columns.items()}
        for name, values in vectors.items():
            if values.size != trial.outcome.size:
                raise ValueError(f"{name} has {values.size} rows but outcome has {trial.outcome.size}")
        if ((vectors["propensity"] <= 0) | (vectors["propensity"] >= 1)).any():
            raise ValueError("propensity must lie strictly between 0 and 1: leave out users who had no choice of arm")
        return cls(**vectors)
