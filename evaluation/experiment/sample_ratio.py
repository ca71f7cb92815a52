"""Do the arms have the sizes that were meant? The first test of an experiment, overall and on each day.

What belongs here: the sample-ratio test of any number of arms. What does not: what the arms did.

Rows are users, each once (`evaluation.experiment.contamination.first_exposures`): a user who is counted at each
exposure makes the rows depend on each other, and the test then alarms on clean experiments.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats, Ints
from evaluation.resampling.checked import finite_vector
from evaluation.resampling.multiplicity import ALPHA, holm

__all__ = ["ArmDay", "SampleRatio", "sample_ratio"]


@dataclass(frozen=True, slots=True)
class ArmDay:
    """An arm's size on one day."""

    day: str
    arm: str
    observed: int
    expected: float
    p_value: float
    """Exact two-sided binomial, adjusted for all days and arms (Holm)."""


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """The arms' sizes against those that were meant."""

    observed: dict[str, int]
    expected: dict[str, float]
    p_value: float
    """χ² test of all arms, all days together."""
    days: tuple[ArmDay, ...]
    """Arms on days that differ from what was meant, the most surprising first."""
    passed: bool
    verdict: str


def sample_ratio(
    arm: ArrayLike, expected: Mapping[str, ArrayLike], *, day: ArrayLike | None = None, alpha: float = ALPHA
) -> SampleRatio:
    """χ² test of the arms' sizes, and an exact binomial test of each arm on each day (Holm over all of them).

    Shares that differ between rows (stratified assignment) are summed: the test is then on the safe side, as the sum
    of unequal draws varies less than that of equal ones (Hoeffding 1956).

    Args:
        arm: label of each user's arm, str[n].
        expected: share of users meant for each arm: a number, or the logged propensity of each row float[n]. The
            shares must sum to 1 in every row.
        day: day on which each user was first exposed, str[n] (None: overall only).
        alpha: level of each of the two families of tests.

    Raises:
        ValueError: no rows, unequal lengths, an arm without a share, or shares that are not in (0, 1) or not 1 in sum.
    """
    from scipy.stats import binom, chi2

    labels = np.asarray(arm, dtype=np.str_)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"arm must be a one-dimensional array with at least one row, got shape {labels.shape}")
    names = list(expected)
    shares = _shares(expected, labels.size)
    if unknown := sorted(set(np.unique(labels).tolist()) - set(names)):
        raise ValueError(f"arm has {unknown} but no share is expected for it: name every arm that can be assigned")
    inside = np.stack([labels == name for name in names])
    observed, meant = inside.sum(axis=1), shares.sum(axis=1)
    p_value = float(chi2.sf(((observed - meant) ** 2 / meant).sum(), len(names) - 1))
    odd: list[ArmDay] = []
    if day is not None:
        days = np.asarray(day, dtype=np.str_)
        if days.shape != labels.shape:
            raise ValueError(f"day has shape {days.shape} but arm {labels.shape}: one day a row")
        dates, place = np.unique(days, return_inverse=True)
        rows = np.bincount(place)
        counts = np.stack([np.bincount(place, weights=row, minlength=dates.size) for row in inside])
        means = np.stack([np.bincount(place, weights=row, minlength=dates.size) for row in shares]) / rows
        tails = np.minimum(binom.cdf(counts, rows, means), binom.sf(counts - 1, rows, means))
        adjusted = holm(np.minimum(2 * tails, 1).ravel()).reshape(counts.shape)
        cells = [
            ArmDay(str(dates[d]), names[a], int(counts[a, d]), float(rows[d] * means[a, d]), float(adjusted[a, d]))
            for a, d in zip(*np.nonzero(adjusted < alpha), strict=True)
        ]
        odd = sorted(cells, key=lambda cell: (cell.p_value, cell.day, cell.arm))
    passed = p_value >= alpha and not odd
    return SampleRatio(
        observed={name: int(count) for name, count in zip(names, observed, strict=True)},
        expected={name: float(count) for name, count in zip(names, meant, strict=True)},
        p_value=p_value,
        days=tuple(odd),
        passed=passed,
        verdict=_in_words(names, observed, meant, p_value, odd, overall=p_value < alpha),
    )


def _shares(expected: Mapping[str, ArrayLike], rows: int) -> Floats:
    """Share of each arm in each row: float64[arms, rows]."""
    if len(expected) < 2:
        raise ValueError(f"expected must name at least two arms, got {list(expected)}")
    parts = []
    for name, share in expected.items():
        column = finite_vector(np.atleast_1d(np.asarray(share, dtype=np.float64)), f"expected share of {name!r}")
        if column.size not in (1, rows):
            raise ValueError(f"expected share of {name!r} has {column.size} rows but arm has {rows}")
        parts.append(np.broadcast_to(column, rows))
    shares = np.stack(parts)
    if ((shares <= 0) | (shares >= 1)).any() or not np.allclose(shares.sum(axis=0), 1, atol=1e-6):
        raise ValueError("expected shares must lie strictly between 0 and 1 and sum to 1 over the arms in every row")
    return shares


def _in_words(
    names: list[str],
    observed: Ints,
    meant: Floats,
    p_value: float,
    odd: list[ArmDay],
    *,
    overall: bool,
) -> str:
    sizes = ", ".join(
        f"{count:,} {name} ({size:,.0f} meant)" for name, count, size in zip(names, observed, meant, strict=True)
    )
    message = f"{sizes}: p = {p_value:.2g}"
    if not overall and not odd:
        return f"{message}. The arms have the sizes that were meant."
    if odd:
        first = odd[0]
        message += (
            f"; {len({cell.day for cell in odd})} days differ, most of all {first.day} with {first.observed:,} "
            f"{first.arm} ({first.expected:,.0f} meant)"
        )
    return (
        f"{message}. Users were lost or added after the assignment, so the arms cannot be compared and no effect of "
        "this campaign should be believed. Find where an arm's users go missing between assignment and log (redirects, "
        "bots, consent, late rows, a changed split), repair it, and leave out the days that differ."
    )
