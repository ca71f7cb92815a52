"""Poisson bootstrap of the uplift measures on cells of users instead of users.

What belongs here: gathering users into cells and resampling the counts of those. What does not: intervals and what is
measured from the counts (`evaluation.uplift.intervals`).

A Poisson bootstrap weighs every user by an independent Poisson(1) draw (Chamandy et al. 2012). Users of one cell
(score bin, arm, outcome 0 or not) are exchangeable, and a sum of Poisson draws is a Poisson draw: one draw of mean c
for a cell of c users replaces c draws, so the cost does not grow with the users. Two approximations are made:

- Bins are `BINS` quantiles of the score (equal scores share a bin), and the curve is straight within a bin. With
  fewer users than bins there is none. What that shifts is taken out by `evaluation.uplift.intervals`.
- Outcomes other than 0/1 have a sum in each cell, drawn as a normal with the mean and variance of the compound
  Poisson sum.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from evaluation.arrays import Bools, Floats, Ints
from evaluation.resampling.bootstrap import Bootstrap
from evaluation.uplift.ranked_trial import ArmCounts
from evaluation.uplift.trial import TrialArrays

__all__ = ["Cells", "cells_of", "replicated", "score_bins"]


BINS = 1_000
"""Quantiles of a score."""
MAX_CELLS = 16_000
"""Cells of two scores together; their bins are halved until no more are filled."""
CHUNK_DRAWS = 500_000
"""Counts drawn at a time."""


class Cells(NamedTuple):
    """Users of the same bins, arm and kind of outcome; arrays by cell, only cells that hold someone."""

    bins: tuple[Ints, ...]
    """Bin under each score, 0 = highest: int64[c] each."""
    treated: Bools
    """Arm, bool[c]."""
    users: Floats
    """Users in the cell, float64[c]."""
    mean: Floats
    """Their mean outcome, float64[c]."""
    spread: Floats
    """Standard deviation of their outcomes, float64[c]; 0 for binary outcomes."""


def score_bins(score: Floats, bins: int = BINS) -> Ints:
    """Quantile bin of each row, 0 for the highest scores, int64[n]; equal scores always share one."""
    edges = np.unique(np.sort(score)[:: max(1, -(-score.size // bins))])
    return edges.size - np.searchsorted(edges, score, side="right").astype(np.int64, copy=False)


def cells_of(trial: TrialArrays, scores: Sequence[Floats]) -> Cells:
    """Gather the users of a trial by their bins under every one of ``scores`` (float64[n] each), arm and outcome."""
    binned = [score_bins(score) for score in scores]
    kind = 2 * trial.treatment.astype(np.int64) + (trial.outcome != 0)
    while True:
        code, size = kind, 4
        for bins in reversed(binned):
            code, size = code + size * bins, size * BINS
        users = np.bincount(code, minlength=size)
        filled = np.flatnonzero(users)
        if len(binned) == 1 or filled.size <= MAX_CELLS:
            break
        binned = [bins >> 1 for bins in binned]
    count = users[filled].astype(np.float64)
    mean = np.bincount(code, weights=trial.outcome, minlength=size)[filled] / count
    spread = np.zeros(filled.size)
    if trial.outcome.dtype != np.uint8:
        centre = np.zeros(size)
        centre[filled] = mean
        residual = trial.outcome - centre[code]
        spread = np.sqrt(np.bincount(code, weights=residual**2, minlength=size)[filled] / count)
    where = []
    rest = filled // 4
    for _ in binned:
        where.append(rest % BINS)
        rest //= BINS
    return Cells(tuple(where), (filled & 2) > 0, count, mean, spread)


def _accumulated(values: Floats, ends: Ints) -> Floats:
    """Sums of the rows float64[c, r] before each of ``ends``: float64[m, r]."""
    parts = np.add.reduceat(np.vstack([values, np.zeros((1, values.shape[1]))]), np.append(0, ends[:-1]), axis=0)
    parts[np.diff(ends, prepend=0) == 0] = 0.0
    for row in range(1, len(parts)):
        parts[row] += parts[row - 1]
    return parts


class _Order(NamedTuple):
    """Cells of one arm from the highest bin of one score to the lowest."""

    cells: Ints
    ends: Ints

    @classmethod
    def of(cls, cells: Cells, score: int, *, treated: bool) -> "_Order":
        ours = np.flatnonzero(cells.treated == treated)
        bins = cells.bins[score][ours]
        order = np.argsort(bins, kind="stable")
        every = np.unique(cells.bins[score])
        return cls(ours[order], np.searchsorted(bins[order], every, side="right").astype(np.int64))


def _drawn(cells: Cells, bootstrap: Bootstrap) -> Iterator[tuple[Floats, Floats]]:
    """Users and sums of outcomes of each cell under resampling: float64[c, r] each, r replicates at a time."""
    rng = np.random.default_rng(bootstrap.seed)
    chunk = max(1, CHUNK_DRAWS // cells.users.size)
    noisy = cells.spread > 0
    for start in range(0, bootstrap.replicates, chunk):
        shape = (cells.users.size, min(chunk, bootstrap.replicates - start))
        users = rng.poisson(cells.users[:, None], size=shape).astype(np.float64)
        sums = users * cells.mean[:, None]
        if noisy.any():
            noise = rng.standard_normal((int(noisy.sum()), shape[1]))
            sums[noisy] += np.sqrt(users[noisy]) * cells.spread[noisy, None] * noise
        yield users, sums


def _counts(users: Floats, sums: Floats, treated: _Order, control: _Order) -> ArmCounts:
    return ArmCounts(
        _accumulated(users[treated.cells], treated.ends),
        _accumulated(users[control.cells], control.ends),
        _accumulated(sums[treated.cells], treated.ends),
        _accumulated(sums[control.cells], control.ends),
    )


def replicated(
    cells: Cells, statistic: Callable[[ArmCounts], Floats], bootstrap: Bootstrap
) -> tuple[list[Floats], Floats]:
    """A statistic of accumulated counts, under each score, of the cells themselves and of their resamples.

    Args:
        cells: of the users, from `cells_of`.
        statistic: from counts float64[m, r] at the ends of bins to float64[..., r].
        bootstrap: replicates and seed.

    Returns:
        The statistic of the cells as they are, float64[...] a score, and of the resamples: float64[scores, ...,
        replicates]. The scores see the same resamples, so their differences are paired.
    """
    orders = [
        (_Order.of(cells, score, treated=True), _Order.of(cells, score, treated=False))
        for score in range(len(cells.bins))
    ]
    users = cells.users[:, None]
    plain = [np.asarray(statistic(_counts(users, users * cells.mean[:, None], *order))[..., 0]) for order in orders]
    drawn = [
        np.stack([statistic(_counts(users, sums, *order)) for order in orders])
        for users, sums in _drawn(cells, bootstrap)
    ]
    return plain, np.concatenate(drawn, axis=-1)
