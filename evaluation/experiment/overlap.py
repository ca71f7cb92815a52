"""Can the arms of an observational log be compared at all? Overlap of propensities and the effective sample size.

What belongs here: what estimated propensities tell of the comparison. What does not: their estimation (any cross-fitted
model; `evaluation.experiment.arm_classifier` gives one). A randomised campaign needs none of it: its propensities are
known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.resampling.checked import finite_vector
from evaluation.resampling.effective_size import effective_sample_size

__all__ = ["Overlap", "overlap"]

LOW, HIGH = 0.05, 0.95
"""Propensities outside belong to users of whom nearly all had one arm: nobody tells what the other does to them. Crump
et al. (2009) find [0.1, 0.9] a good rule for dropping rows; to fail a whole log asks for more."""
MOST_OUTSIDE = 0.10
"""Share of users outside that passes."""
LEAST_EFFECTIVE = 0.25
"""Effective sample size as a share of an arm's rows: below it, intervals are over twice as wide as they look."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Propensities and what weighing by them costs."""

    rows: int
    outside: float
    """Share of rows whose propensity is outside [0.05, 0.95]."""
    effective_treated: float
    """Kish's effective sample size of the treated, weighed by 1 / e, as a share of the treated, in (0, 1]."""
    effective_control: float
    """Kish's effective sample size of the control, weighed by 1 / (1 - e), as a share of the control."""
    passed: bool
    verdict: str


def overlap(propensity: ArrayLike, treatment: ArrayLike) -> Overlap:
    """Judge estimated propensities of treatment.

    Args:
        propensity: estimated for each row by a model that was not fitted on it, in (0, 1), float[n].
        treatment: 0/1, [n].

    Raises:
        ValueError: NaN, unequal lengths, a propensity outside (0, 1), treatment not 0/1 or one arm only.
    """
    chance, arm = finite_vector(propensity, "propensity"), finite_vector(treatment, "treatment")
    if chance.size != arm.size:
        raise ValueError(f"propensity and treatment must have equal lengths, got {chance.size} and {arm.size}")
    if ((chance <= 0) | (chance >= 1)).any():
        raise ValueError("propensity must lie strictly between 0 and 1: clip estimates and say so")
    if not np.isin(arm, (0.0, 1.0)).all() or np.unique(arm).size < 2:
        raise ValueError("treatment must be 0 or 1 and have both")
    treated = arm == 1
    outside = float(((chance < LOW) | (chance > HIGH)).mean())
    shares = [
        effective_sample_size(1 / chance[treated]) / int(treated.sum()),
        effective_sample_size(1 / (1 - chance[~treated])) / int((~treated).sum()),
    ]
    passed = outside <= MOST_OUTSIDE and min(shares) >= LEAST_EFFECTIVE
    message = (
        f"{outside:.1%} of {arm.size:,} users have a propensity outside [{LOW}, {HIGH}]; weighed, the treated are "
        f"worth {shares[0]:.0%} of their number and the control {shares[1]:.0%}"
    )
    remedy = (
        ". The arms overlap: effects can be estimated where all that the assignment went by is among the features."
        if passed
        else (
            ". The arms hardly overlap: for many users only one arm was ever tried, and estimates are a "
            "guess. Drop users outside the range and state that the result is of the rest, or run a campaign with a "
            "random control."
        )
    )
    return Overlap(arm.size, outside, shares[0], shares[1], passed, message + remedy)
