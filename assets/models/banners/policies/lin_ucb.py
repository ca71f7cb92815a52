"""LinUCB: the arm whose expected reward, with its uncertainty added, is the highest (Li et al., WWW 2010)."""

from dataclasses import dataclass

import numpy as np

from assets.models.banners.policies.policy import best_share
from assets.models.banners.policies.ridge import RidgeArms
from evaluation.arrays import Floats, Ints

__all__ = ["LinUCB"]


@dataclass(frozen=True, slots=True)
class LinUCB:
    """argmax of ``xᵀθ + width · √(xᵀA⁻¹x)``; its probabilities are exact, 1 or 0 but for equal scores.

    Put it under `WithUniformShare`: alone it leaves no propensities above 0 to judge other policies by.
    """

    arms: RidgeArms
    width: float = 1.0
    """α of the paper."""
    name = "lin_ucb"

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """As `Policy.odds`."""
        del rng
        mean, width = self.arms.mean_and_width(features, fit)
        return best_share(mean + self.width * width)
