"""The baseline that most shops target by: who is likely to buy, whether or not because of the ad.

What belongs here: P(buy) from the features, both arms together. What does not: effects.
"""

from typing import Self

import numpy as np

from assets.models.uplift.learners.boosting import BinnedColumns, SavedBooster
from assets.models.uplift.learners.effects import TrialSample

__all__ = ["ResponseModel"]


class ResponseModel(SavedBooster):
    """One regularised booster for the outcome, blind to the treatment."""

    FILE = "response.txt"

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, binned: BinnedColumns | None = None) -> Self:
        """Learn P(outcome = 1 | features) from both arms; ``binned`` are the sample's columns if at hand."""
        columns = binned or BinnedColumns.of(sample.X)
        every = np.ones(len(sample.X), dtype=bool)
        return cls(columns.boosted(every, sample.outcome, sample.weight, objective="binary", seed=seed))
