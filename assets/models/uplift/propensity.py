"""The probability of having been treated, where nobody logged it.

What belongs here: the cross-fitted estimate, and a report of how far it had to be clipped. What does not: judging
overlap. In a randomised trial nothing is estimated: the treated share is exact and quieter.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.boosting import BinnedColumns, boosted_predictions
from assets.models.uplift.effects import PROPENSITY_FLOOR, TrialSample
from assets.models.uplift.logit import Columns, Logit

__all__ = ["Propensity", "estimated_propensity", "resolved_propensity"]

Floats = NDArray[np.float64]
Method = Literal["trees", "logit"]

CROSS_FITS = 5
PENALTY_C = 1.0
"""Inverse L2 penalty of the logistic estimate."""


@dataclass(frozen=True, slots=True)
class Propensity:
    """P(treated) of each row and where it comes from."""

    values: Floats
    source: str
    """``logged``, ``share`` (of the treated, in a randomised trial), ``trees`` or ``logit`` (estimated)."""
    estimated_share: float
    """Share of the rows whose value was not logged."""
    clipped_share: float
    """Share of the rows that were beyond the floor and were clipped to it."""

    def report(self) -> dict[str, float | str]:
        """What to log."""
        return {
            "source": self.source,
            "estimated_share": self.estimated_share,
            "clipped_share": self.clipped_share,
            "lowest": float(self.values.min()),
            "highest": float(self.values.max()),
        }


def estimated_propensity(sample: TrialSample, *, method: Method = "trees", seed: int = 0) -> Floats:
    """P(treatment = 1 | features) of each row by a model that never saw its user, float64[n], not clipped.

    Args:
        sample: its treatment and features; its propensity is not read.
        method: ``trees`` (regularised LightGBM) or ``logit``.
        seed: fixes parts and fits.
    """
    part, values = sample.parts(CROSS_FITS, seed), np.empty(len(sample.X))
    binned = BinnedColumns.of(sample.X) if method == "trees" else None
    for number in range(CROSS_FITS):
        away, here = part != number, part == number
        if binned is not None:
            model = binned.boosted(away, sample.treatment, sample.weight, objective="binary", seed=seed)
            values[here] = boosted_predictions(model, sample.X[here])
        else:
            columns = Columns.fit(sample.X[away])
            logit = Logit.fit(columns.prepare(sample.X[away]), sample.treatment[away], sample.weight[away], PENALTY_C)
            values[here] = logit.predict(columns.prepare(sample.X[here]))
    return values


def resolved_propensity(
    sample: TrialSample,
    logged: Floats | None,
    *,
    randomised: bool,
    method: Method = "trees",
    floor: float = PROPENSITY_FLOOR,
    seed: int = 0,
) -> Propensity:
    """The propensity to use: the logged one, and where it is missing the treated share or an estimate.

    Args:
        sample: features and treatment.
        logged: float64[n] with NaN where it was not logged, or None.
        randomised: whether the ad was dealt out by chance alone: then a missing value is the treated share.
        method: of the estimate.
        floor: values are clipped to [floor, 1 - floor], floor in (0, 0.5).
        seed: fixes the estimate.

    Raises:
        ValueError: a logged value outside [0, 1], or a floor outside (0, 0.5).
    """
    if not 0 < floor < 0.5:
        raise ValueError(f"floor is the lowest propensity that is kept, in (0, 0.5), got {floor}")
    given = np.full(len(sample.X), np.nan) if logged is None else np.asarray(logged, dtype=np.float64)
    known = ~np.isnan(given)
    if ((given[known] < 0) | (given[known] > 1)).any():
        raise ValueError("a logged propensity lies outside [0, 1]: it must be the probability of the ad being shown")
    source = "logged"
    if not known.all():
        source = "share" if randomised else method
        filled = (
            np.full(len(given), float(np.average(sample.treatment, weights=sample.weight)))
            if randomised
            else estimated_propensity(sample, method=method, seed=seed)
        )
        given = np.where(known, given, filled)
    clipped = np.clip(given, floor, 1 - floor)
    return Propensity(clipped, source, float(1 - known.mean()), float(np.mean(clipped != given)))
