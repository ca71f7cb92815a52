"""Who is in the top of a score when some are tied: the share of each row that lies above a cut.

What belongs here: the cut alone. What does not: what is then measured (`uplift_at_k`, `roi`).
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["top_share"]

Floats = NDArray[np.float64]


def top_share(score: Floats, rows: float) -> Floats:
    """Weight in [0, 1] of every row in the ``rows`` highest scores; the weights sum to ``rows``.

    Rows of the block of equal scores that crosses the cut share what is left of it equally: the expectation over
    a random order within ties. ``rows`` may be fractional and is clipped to [0, n].
    """
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    starts = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
    sizes = np.diff(np.append(starts, ranked.size))
    inside = np.clip(rows - starts, 0, sizes) / sizes
    weight = np.empty(score.size)
    weight[order] = np.repeat(inside, sizes)
    return weight
