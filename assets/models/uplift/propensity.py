"""The probability of having been treated, where nobody logged it.

What belongs here: the cross-fitted estimate, and a report of how far it had to be clipped. What does not: judging
overlap. In a randomised trial nothing is estimated: the treated share is exact and quieter.
"""

from dataclasses import dataclass

import numpy as np

from assets.models.uplift.learners.boosting import BinnedColumns, boosted_predictions
from assets.models.uplift.learners.effects import PROPENSITY_FLOOR, TrialSample
from evaluation.arrays import Floats

__all__ = ["Propensity", "estimated_propensity", "resolved_propensity"]

N_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Propensity:
    """P(treated) of each row and where it comes from."""

    values: Floats
    source: str
    """``logged``, ``share`` (of the treated, in a randomised trial) or ``trees`` (estimated)."""
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


def estimated_propensity(sample: TrialSample, *, seed: int = 0) -> Floats:
    """P(treatment = 1 | features) of each row by boosted trees that never saw its user, float64[n], not clipped.

    Args:
        sample: its treatment and features; its propensity is not read.
        seed: fixes parts and fits.
    """
    part, values = sample.parts(N_FOLDS, seed), np.empty(len(sample.X))
    binned = BinnedColumns.of(sample.X)
    for number in range(N_FOLDS):
        away, here = part != number, part == number
        model = binned.boosted(away, sample.treatment, sample.weight, objective="binary", seed=seed)
        values[here] = boosted_predictions(model, sample.X[here])
    return values


def resolved_propensity(sample: TrialSample, logged: Floats | None, *, randomised: bool, seed: int = 0) -> Propensity:
    """The propensity to use: the logged one, and where it is missing the treated share or an estimate.

    Args:
        sample: features and treatment.
        logged: float64[n] with NaN where it was not logged, or None.
        randomised: whether the ad was dealt out by chance alone: then a missing value is the treated share.
        seed: fixes the estimate.

    Raises:
        ValueError: a logged value outside [0, 1].
    """
    given = np.full(len(sample.X), np.nan) if logged is None else np.asarray(logged, dtype=np.float64)
    known = ~np.isnan(given)
    if ((given[known] < 0) | (given[known] > 1)).any():
        raise ValueError("a logged propensity lies outside [0, 1]: it must be the probability of the ad being shown")
    source = "logged"
    if not known.all():
        source = "share" if randomised else "trees"
        filled = (
            np.full(len(given), float(np.average(sample.treatment, weights=sample.weight)))
            if randomised
            else estimated_propensity(sample, seed=seed)
        )
        given = np.where(known, given, filled)
    clipped = np.clip(given, PROPENSITY_FLOOR, 1 - PROPENSITY_FLOOR)
    return Propensity(clipped, source, float(1 - known.mean()), float(np.mean(clipped != given)))
