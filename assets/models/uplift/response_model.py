"""The baseline that most shops target by: who is likely to buy, whether or not because of the ad.

What belongs here: P(buy) from the features, both arms together. What does not: effects.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.boosting import BinnedColumns, boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.effects import TrialSample

__all__ = ["ResponseModel"]


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """One regularised booster for the outcome, blind to the treatment."""

    booster: Any

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, binned: BinnedColumns | None = None) -> Self:
        """Learn P(outcome = 1 | features) from both arms; ``binned`` are the sample's columns if at hand."""
        columns = binned or BinnedColumns.of(sample.X)
        every = np.ones(len(sample.X), dtype=bool)
        return cls(columns.boosted(every, sample.outcome, sample.weight, objective="binary", seed=seed))

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities float64[n]."""
        return boosted_predictions(self.booster, X)

    def save(self, folder: Path) -> None:
        """Write ``response.txt`` (LightGBM text) into an existing folder."""
        save_booster(self.booster, folder / "response.txt")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(loaded_booster(folder / "response.txt"))
