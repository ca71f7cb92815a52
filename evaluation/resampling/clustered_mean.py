"""The mean of observations that come in clusters, such as searches for one query or views of one session.

What belongs here: the interval, and how many clusters it takes before an interval means anything. What does not:
observations that are independent of each other (`evaluation.resampling.bootstrap.mean_interval`).
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.resampling.bootstrap import Interval, ratio_interval

__all__ = ["MIN_CLUSTERS", "clustered_mean_interval"]

MIN_CLUSTERS = 30
"""Fewer decide nothing: the bootstrap's interval of a few clusters is too narrow, and of a single one has no width."""


def clustered_mean_interval(values: ArrayLike, cluster: ArrayLike) -> Interval:
    """Mean of values float[n] with its 95 % interval; the rows of a cluster are resampled together.

    Rows of a cluster are alike, so they are one observation and not many (Efron and Tibshirani 1993, chapter 8).

    Args:
        values: float[n].
        cluster: label of each row's cluster, [n].

    Raises:
        ValueError: no rows, NaN, or unequal lengths.
    """
    figures, labels = np.asarray(values, dtype=np.float64), np.asarray(cluster)
    if figures.shape != labels.shape:
        raise ValueError(f"values has shape {figures.shape} but cluster {labels.shape}: one of each a row")
    _, number = np.unique(labels, return_inverse=True)
    return ratio_interval(np.bincount(number, weights=figures), np.bincount(number))
