"""Which line is the highest, as one number moves all of them: the upper envelope of lines, and its shares.

The score of each arm is ``mean + width · z`` with one z for all arms. Where z has a known distribution, the
probability that an arm is the best is that of the z between which its line is the envelope: exact, without draws.
"""

import math

import numpy as np

from evaluation.arrays import Floats

__all__ = ["half_normal_shares"]

_SAME = 1e-9
"""Lines that differ by less, at 0 and in slope, are one: arms of which the same is known."""


def half_normal_shares(mean: Floats, width: Floats) -> Floats:
    """P(``mean + width · |z|`` of an arm is the highest) for one z ~ N(0, 1) of all arms; equal arms share.

    Args:
        mean: float64[n], n ≥ 1.
        width: float64[n] ≥ 0.

    Returns:
        float64[n] ≥ 0, adding up to 1.
    """
    shares = np.zeros(mean.size)
    at, below = 0.0, 0.0
    best = _steepest(np.flatnonzero(mean >= mean.max() - _SAME), width)
    while at < math.inf:
        steeper = np.flatnonzero(width > width[best] + _SAME)
        until, following = math.inf, best
        if steeper.size:
            crossing = np.maximum((mean[best] - mean[steeper]) / (width[steeper] - width[best]), at)
            until = float(crossing.min())
            following = _steepest(steeper[crossing <= until], width)
        upto = math.erf(until / math.sqrt(2.0))
        same = (np.abs(mean - mean[best]) < _SAME) & (np.abs(width - width[best]) < _SAME)
        shares[same] += (upto - below) / np.count_nonzero(same)
        at, below, best = until, upto, following
    return shares


def _steepest(arms: np.ndarray, width: Floats) -> int:
    return int(arms[width[arms].argmax()])
