"""The normal interval of a mean.

What belongs here: the quantile and the mean of independent rows. What does not: resampled intervals
(`evaluation.resampling.bootstrap`).
"""

import numpy as np

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import Interval

__all__ = ["Z_95", "normal_mean_interval"]

Z_95 = 1.959964
"""Half-width of a 95 % interval in standard deviations."""


def normal_mean_interval(values: Floats) -> Interval:
    """Mean of float64[n] with its normal 95 % interval (NaN for fewer than two rows)."""
    if values.size < 2:
        return Interval(float(values.mean()) if values.size else float("nan"), float("nan"), float("nan"))
    mean, half = float(values.mean()), Z_95 * float(values.std(ddof=1)) / float(np.sqrt(values.size))
    return Interval(mean, mean - half, mean + half)
