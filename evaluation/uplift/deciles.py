"""Uplift by decile of a score: where along the order the effect is, with its interval.

What belongs here: the table of observed effects. What does not: the predicted ones beside it.
"""

from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from evaluation.resampling.normal import Z_95
from evaluation.uplift.ranked_trial import ArmCounts, RankedTrial

__all__ = ["uplift_by_decile"]


def uplift_by_decile(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, *, bins: int = 10) -> pl.DataFrame:
    """Means of both arms and their difference in each tenth of the users, highest scores first.

    Every decile holds n / bins users. Where a cut goes through users of equal score each of them counts in part on
    either side, as a random order within ties would give on average; so counts may be fractional, the order of rows
    never matters, and a constant score shows the effect of the whole trial in every decile.

    Args:
        outcome: 0/1 per user, or any finite number such as revenue.
        treatment: 0/1 per user, randomised.
        score: higher is targeted first.
        bins: number of groups; 10 for deciles.

    Returns:
        One row a decile: ``decile`` (1 = highest), ``users``, ``treated``, ``control`` (counts), ``mean_treated``,
        ``mean_control``, ``uplift`` (their difference, in the unit of the outcome), ``lower``, ``upper`` (95 %):
        Newcombe's hybrid score interval for binary outcomes (1998, method 10), Welch's normal one for others. Null
        where an arm has no users, or the interval where it has fewer than two of a non-binary outcome.

    Raises:
        ValueError: bins not in [1, n].
        InputError: see `evaluation.uplift.trial.checked_arrays`.
    """
    ranked = RankedTrial.of(outcome, treatment, score)
    if not 1 <= bins <= ranked.size:
        raise ValueError(f"bins is a number of groups from 1 to the {ranked.size} users, got {bins}")
    squares = ranked if ranked.binary else RankedTrial(ranked.treated, ranked.outcome**2, ranked.last)
    rows = []
    for place, (sums, square) in enumerate(zip(_by_bin(ranked, bins), _by_bin(squares, bins), strict=True), 1):
        rows.append({"decile": place, **_row(sums, square, binary=ranked.binary)})
    schema = {"decile": pl.Int64} | dict.fromkeys(_COLUMNS, pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


_COLUMNS = ("users", "treated", "control", "mean_treated", "mean_control", "uplift", "lower", "upper")


def _by_bin(ranked: RankedTrial, bins: int) -> list[ArmCounts]:
    tops = [ranked.top(ranked.size * place / bins) for place in range(bins + 1)]
    return [ArmCounts(*(np.asarray(b - a) for a, b in zip(low, high, strict=True))) for low, high in pairwise(tops)]


def _row(sums: ArmCounts, squares: ArmCounts, *, binary: bool) -> dict[str, float | None]:
    treated, control = _whole(float(sums.treated)), _whole(float(sums.control))
    row: dict[str, float | None] = dict.fromkeys(_COLUMNS)
    row |= {"users": treated + control, "treated": treated, "control": control}
    ours = float(sums.treated_responses) / treated if treated else None
    theirs = float(sums.control_responses) / control if control else None
    row |= {"mean_treated": ours, "mean_control": theirs}
    if ours is None or theirs is None:
        return row
    uplift = ours - theirs
    row["uplift"] = uplift
    if binary:
        lower_t, upper_t = _wilson(ours, treated)
        lower_c, upper_c = _wilson(theirs, control)
        below, above = np.hypot(ours - lower_t, upper_c - theirs), np.hypot(upper_t - ours, theirs - lower_c)
    elif min(treated, control) > 1:
        variance_t = max(0.0, float(squares.treated_responses) / treated - ours**2) / (treated - 1)
        variance_c = max(0.0, float(squares.control_responses) / control - theirs**2) / (control - 1)
        below = above = Z_95 * np.sqrt(variance_t + variance_c)
    else:
        return row
    return row | {"lower": float(uplift - below), "upper": float(uplift + above)}


def _whole(users: float) -> float:
    """A count without the rounding of the parts that it was added from."""
    return round(users, 9)


def _wilson(rate: float, users: float) -> tuple[float, float]:
    rate, z = min(1.0, max(0.0, rate)), Z_95
    centre, spread = rate + z**2 / (2 * users), z * np.sqrt(rate * (1 - rate) / users + z**2 / (4 * users**2))
    scale = 1 + z**2 / users
    return float((centre - spread) / scale), float((centre + spread) / scale)
