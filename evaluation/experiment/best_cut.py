"""The cut of a number at which two groups differ most, with a p-value that knows how many cuts were tried.

What belongs here: cuts, and the test of the best one. What does not: effects in the two groups
(`evaluation.experiment.average_effect`) and trees of cuts (`assets.models.uplift.learners.honest_tree`).

The largest of many statistics is large by chance. Those of neighbouring cuts are much alike, so that their number
alone would correct too far: Worsley's bound (1983) goes by what each adds to the one before it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats

__all__ = ["Cut", "best_cut", "candidate_cuts", "selected_p_value"]

CUTS = 20
"""Parts of equally many users between whose ends cuts are tried."""
MIN_SHARE = 0.1
"""Share of the users that either side of a cut has at least."""
_NODES = 96
"""Of the quadrature; 12 digits up to statistics of 10."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The cut whose two sides differ most: numbers below it, or not known, are on one side, all others on the other."""

    below: float
    """In units of the number."""
    statistic: float
    """Difference of the means, below less above, over its standard error."""
    p_value: float
    """Of no difference at any cut (two-sided), in [0, 1]."""


def candidate_cuts(values: Floats) -> Floats:
    """Ends of `CUTS` parts of equally many users, rising; none where all known values of float64[n] are one.

    A cut is a value that occurs: users below it are on one side, users at and above it on the other.
    """
    known = values[np.isfinite(values)]
    if known.size == 0:
        return np.empty(0)
    cuts = np.unique(np.quantile(known, np.arange(1, CUTS) / CUTS, method="inverted_cdf"))
    first = known.min() if known.size == values.size else -np.inf
    return np.asarray(cuts[cuts > first])


def best_cut(cuts: Floats, weights: Floats, sums: Floats, squares: Floats) -> Cut | None:
    """The best of ``cuts`` by the sums of a score over the parts between them; None where no cut leaves enough users.

    Args:
        cuts: rising, float64[k].
        weights: users in each part, float64[k + 1]; those below the first cut, or not known, first.
        sums: their sum of the score.
        squares: their sum of its squares.
    """
    total, whole, square = weights.sum(), sums.sum(), squares.sum()
    n, s, q = (np.cumsum(of)[:-1] for of in (weights, sums, squares))
    kept = np.minimum(n, total - n) >= max(MIN_SHARE * total, 2.0)
    if not kept.any():
        return None
    n, s, q = n[kept], s[kept], q[kept]
    m, below, above = total - n, s / n, (whole - s) / (total - n)
    apart = (q / n - below**2) / n + ((square - q) / m - above**2) / m
    # Where few users tell of a side's variance, that of all is the safer one.
    alike = (square / total - (whole / total) ** 2) * (1 / n + 1 / m)
    error = np.sqrt(np.maximum(np.maximum(apart, alike), 0.0))
    statistics = np.divide(below - above, error, out=np.zeros_like(error), where=error > 0)
    place = int(np.argmax(np.abs(statistics)))
    found = float(statistics[place])
    return Cut(float(cuts[kept][place]), found, selected_p_value(abs(found), n / total))


def selected_p_value(statistic: float, shares: NDArray[np.float64]) -> float:
    """P(the largest |Z| of all cuts exceeds ``statistic``) where no two groups differ, at most; Worsley (1983).

    Args:
        statistic: at least 0.
        shares: of users below each cut, rising, float64[k] in (0, 1): they give the correlation of neighbours.
    """
    from scipy.special import ndtr

    first = 2 * float(ndtr(-statistic))
    if shares.size < 2 or statistic == 0:
        return first
    before, after = shares[:-1], shares[1:]
    before, after = before[after > before], after[after > before]
    alike = np.sqrt(before * (1 - after) / ((1 - before) * after))[:, None]
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    z = statistic * nodes
    density = statistic * weights * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    rest = np.sqrt(1 - alike**2)
    beyond = ndtr((alike * z - statistic) / rest) + ndtr((-alike * z - statistic) / rest)
    return min(first + float((beyond @ density).sum()), 1.0)
