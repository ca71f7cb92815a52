"""Many tests at once: p-values adjusted so that a clean experiment does not alarm by their number.

What belongs here: the adjustment. What does not: any test.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats

__all__ = ["ALPHA", "holm"]

ALPHA = 0.001
"""Level of a family of tests. Small, as the checks are asked every day: a clean experiment that is looked at on 90 days
by four families raises a false alarm in about a third of quarters at 0.001, in almost all of them at 0.05. Faults at
the size of a campaign lie far beyond it (Fabijan et al., KDD 2019, advise 0.0005 for sample ratios)."""


def holm(p_values: ArrayLike) -> Floats:
    """Holm's adjusted p-values (1979): float64[tests] in [0, 1], in the order given.

    Rejecting those at or below a level keeps the chance of any false rejection at that level, however the tests
    depend on each other.

    Raises:
        ValueError: not one-dimensional, or a value outside [0, 1].
    """
    raw = np.asarray(p_values, dtype=np.float64)
    if raw.ndim != 1 or not ((raw >= 0) & (raw <= 1)).all():
        raise ValueError("p_values must be a one-dimensional array of probabilities in [0, 1]")
    order = np.argsort(raw, kind="stable")
    adjusted = np.empty(raw.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(raw[order] * np.arange(raw.size, 0, -1)), 1.0)
    return adjusted
