"""Arrays of numbers, checked: the input of every measure.

What belongs here: rules that any array must keep, and the errors that name the broken one. What does not: the rules of
a trial (`evaluation.uplift.trial`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.arrays import Floats

__all__ = ["InputError", "MissingValueError", "ShapeError", "finite_vector", "number_vector"]


class InputError(ValueError):
    """Arrays that cannot be measured; its subclasses name the rule that was broken."""


class ShapeError(InputError):
    """Not one-dimensional, empty, of unequal lengths, or not numbers."""


class MissingValueError(InputError):
    """NaN or null where every row needs a value."""


def number_vector(values: ArrayLike, name: str) -> NDArray[np.generic]:
    """``values`` as a vector of booleans, integers or float64, not copied where it is one.

    Raises:
        ShapeError: not one-dimensional, empty, or not numbers.
        MissingValueError: NaN.
    """
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
    """``values`` as float64[n] without NaN.

    Raises:
        InputError: as `number_vector`.
    """
    return number_vector(values, name).astype(np.float64, copy=False)
