"""Runs of equal rows in sorted columns."""

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Bools

__all__ = ["run_starts"]


def run_starts(*columns: NDArray[np.generic]) -> Bools:
    """bool[n]: true where a row differs from the one before in any column, and in the first row."""
    new = np.ones(len(columns[0]), dtype=np.bool_)
    new[1:] = np.any([c[1:] != c[:-1] for c in columns], axis=0)
    return new
