"""A randomised trial as arrays, checked once: the common input of the uplift measures.

What belongs here: the rules that outcome, treatment and score must keep, and the errors that name the broken one.
What does not: any measure.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "MissingValueError",
    "NoResponseError",
    "OneArmError",
    "OutcomeValueError",
    "ShapeError",
    "TreatmentValueError",
    "Trial",
    "TrialArrays",
    "TrialError",
    "checked_arrays",
    "checked_trial",
    "finite_vector",
]

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


class TrialError(ValueError):
    """A trial that cannot be measured; its subclasses name the rule that was broken."""


class ShapeError(TrialError):
    """Not one-dimensional, empty, of unequal lengths, or not numbers."""


class MissingValueError(TrialError):
    """NaN or null where every row needs a value."""


class TreatmentValueError(TrialError):
    """A treatment other than 0 and 1."""


class OutcomeValueError(TrialError):
    """An outcome that is infinite, or other than 0 and 1 where only these have a meaning."""


class OneArmError(TrialError):
    """No treated or no control users."""


class NoResponseError(TrialError):
    """Every outcome is 0: there is nothing to rank."""


class Trial(NamedTuple):
    """Outcome (0/1), treatment (0/1) and score (higher = treat first), each float64[n]."""

    outcome: Floats
    treatment: Floats
    score: Floats


class TrialArrays(NamedTuple):
    """The same in their smallest types: a binary outcome is uint8[n], any other is float64[n]."""

    outcome: Bytes | Floats
    treatment: Bytes
    score: Floats


def _vector(values: ArrayLike, name: str) -> NDArray[np.generic]:
    vector = np.asarray(values)
    if vector.dtype.kind == "O" or (vector.dtype.kind == "f" and vector.dtype.itemsize != 8):
        vector = vector.astype(np.float64)
    if vector.dtype.kind not in "biuf":
        raise ShapeError(f"{name} must be an array of numbers, got {vector.dtype}: convert it first")
    if vector.ndim != 1 or vector.size == 0:
        raise ShapeError(f"{name} must be a one-dimensional array with at least one row, got {vector.shape}")
    if vector.dtype.kind == "f" and (missing := int(np.count_nonzero(np.isnan(vector)))):
        raise MissingValueError(f"{name} has NaN in {missing} rows: fill or drop them first")
    return vector


def finite_vector(values: ArrayLike, name: str) -> Floats:
    """``values`` as float64[n].

    Raises:
        ShapeError: not one-dimensional, empty, or not numbers.
        MissingValueError: NaN.
    """
    return _vector(values, name).astype(np.float64, copy=False)


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
    outcomes, arms, scores = _vector(outcome, "outcome"), _vector(treatment, "treatment"), finite_vector(score, "score")
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


def checked_trial(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> Trial:
    """Check the three arrays of a trial of a binary outcome and return them as float64.

    Raises:
        TrialError: as `checked_arrays`, or an outcome other than 0 and 1.
    """
    values, treated, scores = checked_arrays(outcome, treatment, score)
    if values.dtype != np.uint8:
        raise OutcomeValueError("outcome must be 0 or 1 in every row")
    return Trial(values.astype(np.float64), treated.astype(np.float64), scores)
