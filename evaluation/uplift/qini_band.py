"""The Qini curve at even steps with its band: what a chart of it shows, few enough points to send.

What belongs here: the band. What does not: the curve's definition (`evaluation.uplift.qini`) and pictures.
"""

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import USUAL, Bootstrap, percentile_interval
from evaluation.uplift.poisson_cells import cells_of, replicated
from evaluation.uplift.qini import gain
from evaluation.uplift.ranked_trial import ArmCounts, RankedTrial
from evaluation.uplift.trial import checked_arrays
from evaluation.uplift.uplift_at_k import counts_at_share

__all__ = ["qini_band"]


def _gains(counts: ArmCounts, shares: Floats) -> Floats:
    """Q at each share of the users of each column, per user of that column: float64[shares, r], NaN without users."""
    users = counts.treated[-1] + counts.control[-1]
    gains = np.stack([gain(counts_at_share(counts, share)) for share in shares])
    return np.asarray(np.divide(gains, users, out=np.full_like(gains, np.nan), where=users > 0))


def qini_band(
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    *,
    points: int = 20,
    bootstrap: Bootstrap = USUAL,
) -> pl.DataFrame:
    """Q at ``points`` even shares of the users, each with its own interval from `evaluation.uplift.poisson_cells`.

    The band is pointwise: each depth holds its truth at the level of the bootstrap, not the whole curve at once. A
    share that cuts through tied users takes the same part of each.

    Args:
        outcome: 0/1 per user, or any finite number such as revenue.
        treatment: 0/1 per user, randomised.
        score: higher is targeted first.
        points: steps after 0.
        bootstrap: of each interval.

    Returns:
        ``share`` from 0 to 1, ``users`` targeted, ``gain`` Y_t - Y_c * N_t / N_c, ``lower``, ``upper``; float64.

    Raises:
        ValueError: fewer than 1 point.
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    if points < 1:
        raise ValueError(f"a band needs at least one point after 0, got {points}")
    trial = checked_arrays(outcome, treatment, score)
    shares, n = np.arange(1, points + 1) / points, trial.score.size
    cells = cells_of(trial, [trial.score])
    plain, drawn = replicated(cells, lambda counts: _gains(counts, shares), bootstrap)
    ranked = RankedTrial.of(trial.outcome, trial.treatment, trial.score)
    rows = [(0.0, 0.0, 0.0, 0.0, 0.0)]
    for share, binned, resampled in zip(shares, plain[0], drawn[0], strict=True):
        exact = float(gain(ranked.top(share * n)))
        _, lower, upper = percentile_interval(exact, exact + n * (resampled - binned), bootstrap.level)
        rows.append((float(share), float(share * n), exact, lower, upper))
    return pl.DataFrame(rows, schema=["share", "users", "gain", "lower", "upper"], orient="row")
