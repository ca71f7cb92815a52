"""A randomised trial as arrays, checked once: the common input of the uplift measures.

What belongs here: the rules that outcome, treatment and score must keep. What does not: any measure.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Trial", "checked_trial", "finite_vector"]

Floats = NDArray[np.float64]


class Trial(NamedTuple):
    """Outcome (0/1), treatment (0/1) and score (higher = treat first), each float64[n]."""

    outcome: Floats
    treatment: Floats
    score: Floats


def finite_vector(values: ArrayLike, name: str) -> Floats:
    """``values`` as float64[n].

    Raises:
        ValueError: not one-dimensional, empty, or with NaN.
    """
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or vector.size == 0:
        raise ValueError(f"{name} must be a one-dimensional array with at least one row, got {vector.shape}")
    if np.isnan(vector).any():
        raise ValueError(f"{name} has NaN in {int(np.isnan(vector).sum())} rows: fill or drop them first")
    return vector


def checked_trial(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> Trial:
    """Check the three arrays of a trial and return them as float64.

    Raises:
        ValueError: unequal lengths, NaN, treatment or outcome not 0/1, one arm only, or no response at all.
    """
    trial = Trial(
        finite_vector(outcome, "outcome"), finite_vector(treatment, "treatment"), finite_vector(score, "score")
    )
    if not trial.outcome.size == trial.treatment.size == trial.score.size:
        raise ValueError(
            "outcome, treatment and score must have equal lengths, got "
            f"{trial.outcome.size}, {trial.treatment.size} and {trial.score.size}"
        )
    for name in ("outcome", "treatment"):
        values = getattr(trial, name)
        if not np.isin(values, (0.0, 1.0)).all():
            raise ValueError(f"{name} must be 0 or 1 in every row")
    treated = trial.treatment.sum()
    if treated in (0, trial.treatment.size):
        arm = "treated" if treated else "control"
        raise ValueError(f"treatment has one arm only ({arm}): an uplift measure needs both arms")
    if trial.outcome.sum() == 0:
        raise ValueError("outcome has no responses: an uplift measure needs at least one 1")
    return trial
