"""Does the model still find whom an ad moves? Qini over time on users who are assigned at random for good.

What belongs here: windows of the permanent random holdout. What does not: the measure (`evaluation.uplift.qini`).
"""

from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import Bootstrap
from evaluation.resampling.checked import finite_vector
from evaluation.uplift.intervals import qini_interval

__all__ = ["rolling_qini"]

WINDOW_DAYS = 28
"""Four whole weeks, so that every window has the same weekdays."""
STEP_DAYS = 7
BOOTSTRAP = Bootstrap(200)
MIN_CELL_ROWS = 20
"""Rows with and without the outcome in each arm, below which a window has no figure."""
_SCHEMA = {
    "day": pl.String,
    "rows": pl.Int64,
    "qini": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "verdict": pl.String,
}


def rolling_qini(
    day: ArrayLike,
    outcome: ArrayLike,
    treatment: ArrayLike,
    score: ArrayLike,
    *,
    window_days: int = WINDOW_DAYS,
) -> pl.DataFrame:
    """Qini coefficient of the window that ends with each step, back from the last day to the first whole window.

    Args:
        day: day of each exposure, 'YYYY-MM-DD', str[n].
        outcome: 0/1, [n].
        treatment: 0/1, [n], assigned at random whatever the score.
        score: float[n], as it was when the user was exposed.
        window_days: length of a window.

    Returns:
        day (last of the window), rows, qini, lower, upper (95 %), verdict; null figures where a window has fewer than
        20 rows with or without the outcome in an arm. Days ascend.

    Raises:
        ValueError: unequal lengths, NaN, a day that is none, or a window below 1 day.
    """
    if window_days < 1:
        raise ValueError(f"window_days must be at least 1, got {window_days}")
    days = np.asarray(day, dtype="datetime64[D]")
    vectors = [finite_vector(v, n) for v, n in ((outcome, "outcome"), (treatment, "treatment"), (score, "score"))]
    if days.ndim != 1 or np.isnat(days).any() or any(vector.size != days.size for vector in vectors):
        raise ValueError("day, outcome, treatment and score must have equal lengths and a day in every row")
    first, last = (date.fromisoformat(str(end)) for end in (days.min(), days.max()))
    rows: list[dict[str, object]] = []
    while not rows or last - timedelta(days=window_days - 1) >= first:
        since = last - timedelta(days=window_days - 1)
        inside = (days >= np.datetime64(since)) & (days <= np.datetime64(last))
        window = [vector[inside] for vector in vectors]
        row: dict[str, object] = {"day": str(last), "rows": int(inside.sum())}
        if _enough(window[0], window[1]):
            qini, lower, upper = qini_interval(*window, bootstrap=BOOTSTRAP)
            row |= {"qini": qini, "lower": lower, "upper": upper, "verdict": _in_words(lower, upper)}
        else:
            row["verdict"] = f"too few: an arm has fewer than {MIN_CELL_ROWS} rows with or without the outcome"
        rows.append(row)
        last -= timedelta(days=STEP_DAYS)
    return pl.DataFrame(rows[::-1], schema=_SCHEMA)


def _enough(outcome: Floats, treatment: Floats) -> bool:
    cells = np.bincount((2 * treatment + outcome).astype(np.int64), minlength=4)
    return bool((cells[:4] >= MIN_CELL_ROWS).all())


def _in_words(lower: float, upper: float) -> str:
    if lower > 0:
        return "works: ranks users better than chance"
    if upper < 0:
        return "harms: ranks users worse than chance; stop using the scores and train again"
    return "cannot be told from chance: widen the window, or train again if earlier windows worked"
