"""Whether predicted effects are as large as they say: by decile, and by the best linear predictor.

What belongs here: comparing predictions with AIPW scores. What does not: correcting them (`recalibration`). Predictions
must come from models that did not see the rows, or everything looks better than it is.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from evaluation.arrays import Floats
from evaluation.resampling.normal import normal_mean_interval

__all__ = ["BestLinearPredictor", "best_linear_predictor", "calibration_by_decile"]


DECILES = 10


class BestLinearPredictor(NamedTuple):
    """effect ≈ intercept + slope (prediction - mean prediction), with heteroscedasticity-robust standard errors.

    ``intercept`` is the average effect. ``slope`` is 1 for calibrated predictions, below 1 where they vary more than
    the effects do, and 0 where they tell nobody from anybody else.
    """

    intercept: float
    slope: float
    intercept_se: float
    slope_se: float
    mean_prediction: float


def _checked(uplift: Floats, scores: Floats, at_least: int) -> None:
    if len(uplift) != len(scores):
        raise ValueError(f"{len(uplift)} predictions but {len(scores)} AIPW scores: must be of the same rows")
    if len(uplift) < at_least:
        raise ValueError(f"calibration needs at least {at_least} rows, got {len(uplift)}")
    if not (np.isfinite(uplift).all() and np.isfinite(scores).all()):
        raise ValueError("predictions and AIPW scores must be finite numbers")


def calibration_by_decile(uplift: Floats, scores: Floats, bins: int = DECILES) -> pl.DataFrame:
    """Predicted against AIPW effect in groups of equal size, the highest predictions first.

    Args:
        uplift: predictions float64[n].
        scores: AIPW scores of the same rows, float64[n].
        bins: number of groups; equal predictions share one, so there may be fewer.

    Returns:
        decile (1 = highest), rows, predicted (mean), aipw (mean), lower, upper (95 % interval of aipw).

    Raises:
        ValueError: unequal lengths, fewer than two rows a group, values that are not finite.
    """
    _checked(uplift, scores, 2 * bins)
    edges = np.unique(np.quantile(uplift, np.arange(1, bins) / bins))
    place = np.searchsorted(edges, uplift, side="left")
    rows = []
    for decile, number in enumerate(np.unique(place)[::-1], start=1):
        here = place == number
        effect = normal_mean_interval(scores[here])
        rows.append(
            {
                "decile": decile,
                "rows": int(here.sum()),
                "predicted": float(uplift[here].mean()),
                "aipw": effect.estimate,
                "lower": effect.lower,
                "upper": effect.upper,
            }
        )
    return pl.DataFrame(rows)


def best_linear_predictor(uplift: Floats, scores: Floats) -> BestLinearPredictor:
    """Regress AIPW scores on centred predictions (Chernozhukov, Demirer, Duflo & Fernández-Val 2018), HC1 errors.

    A constant prediction has slope 0 with a standard error of NaN.

    Raises:
        ValueError: unequal lengths, fewer than three rows, values that are not finite.
    """
    _checked(uplift, scores, 3)
    n, centre, average = len(uplift), float(uplift.mean()), float(scores.mean())
    away = uplift - centre
    # Equal numbers may differ from their own mean in the last digit.
    varies = bool(np.ptp(uplift) > 0)
    square = float(away @ away)
    slope = float(away @ scores) / square if varies else 0.0
    residual = scores - average - slope * away
    correction = n / (n - 2)
    intercept_se = float(np.sqrt(correction * (residual @ residual))) / n
    slope_se = float(np.sqrt(correction * np.sum((away * residual) ** 2))) / square if varies else float("nan")
    return BestLinearPredictor(average, slope, intercept_se, slope_se, centre)
