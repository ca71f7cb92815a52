"""A randomised trial as arrays, checked once: the common input of the uplift measures.

What belongs here: the rules that outcome, treatment and score must keep, and the errors that name the broken one.
What does not: any measure.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.arrays import Floats
from evaluation.insufficient import InsufficientDataError
from evaluation.resampling.checked import InputError, ShapeError, finite_vector, number_vector

__all__ = [
    "NoResponseError",
    "OneArmError",
    "OutcomeValueError",
    "TreatmentValueError",
    "TrialArrays",
    "checked_arrays",
]

Bytes = NDArray[np.uint8]


class TreatmentValueError(InputError):
    """A treatment other than 0 and 1."""


class OutcomeValueError(InputError):
    """An outcome that is infinite, or other than 0 and 1 where only these have a meaning."""


class OneArmError(InputError, InsufficientDataError):
    """No treated or no control users."""


class NoResponseError(InputError, InsufficientDataError):
    """Every outcome is 0: there is nothing to rank."""


class TrialArrays(NamedTuple):
    """A trial in its smallest types: a binary outcome is uint8[n], any other is float64[n]."""

    outcome: Bytes | Floats
    treatment: Bytes
    score: Floats
    """Higher = treat first."""


def _as_bits(vector: NDArray[np.generic]) -> Bytes | None:
    """The vector as uint8 where it holds 0 and 1 only, else None."""
    if vector.dtype.kind == "b":
        return vector.view(np.uint8)
    if vector.dtype.kind == "f":
        bits = vector == 1
        binary = np.count_nonzero(bits) + np.count_nonzero(vector == 0) == vector.size
        return bits.view(np.uint8) if binary else None
    if vector.min() < 0 or vector.max() > 1:
        return None
    return vector.view(np.uint8) if vector.dtype.itemsize == 1 else vector.astype(np.uint8)


def checked_arrays(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> TrialArrays:
    """Check the three arrays of a trial, whose outcome may be any finite number (revenue, negative for returns).

    Inputs of one byte a row and float64 scores are not copied.

    Raises:
        ShapeError: unequal lengths, not one-dimensional, empty, or not numbers.
        MissingValueError: NaN.
        TreatmentValueError: a treatment other than 0 and 1.
        OutcomeValueError: an infinite outcome.
        OneArmError: no treated or no control users.
        NoResponseError: every outcome is 0.
    """
    outcomes, arms = number_vector(outcome, "outcome"), number_vector(treatment, "treatment")
    scores = finite_vector(score, "score")
    if not outcomes.size == arms.size == scores.size:
        raise ShapeError(
            f"outcome, treatment and score must have equal lengths, got {outcomes.size}, {arms.size} and {scores.size}"
        )
    treated = _as_bits(arms)
    if treated is None:
        raise TreatmentValueError("treatment must be 0 or 1 in every row: compare one arm with control at a time")
    if (count := np.count_nonzero(treated)) in (0, treated.size):
        arm = "treated" if count else "control"
        raise OneArmError(f"treatment has one arm only ({arm}): an uplift measure needs both arms")
    bits = _as_bits(outcomes)
    values = outcomes.astype(np.float64, copy=False) if bits is None else bits
    if bits is None and not np.isfinite(values).all():
        raise OutcomeValueError("outcome has infinite values: cap or drop them first")
    if not np.count_nonzero(values):
        raise NoResponseError("outcome has no responses: an uplift measure needs at least one outcome other than 0")
    return TrialArrays(values, treated, scores)
