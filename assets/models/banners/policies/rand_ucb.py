"""RandUCB: LinUCB whose width is drawn anew for each request, one draw for all arms (Vaswani et al., AISTATS 2020)."""

from dataclasses import dataclass

import numpy as np

from assets.models.banners.policies.envelope import half_normal_shares
from assets.models.banners.policies.ridge import RidgeArms
from evaluation.arrays import Floats, Ints

__all__ = ["RandUCB"]


@dataclass(frozen=True, slots=True)
class RandUCB:
    """The probability that ``xᵀθ + scale · |z| · √(xᵀA⁻¹x)`` is the highest, z ~ N(0, 1) the same for all arms.

    It is as optimistic as LinUCB and as varied as LinTS, and its probabilities are exact, by `half_normal_shares`:
    no draw adds noise to them.
    """

    arms: RidgeArms
    scale: float = 1.0
    """Deviation of a reward around its mean, as of LinTS."""
    name = "lin_rand_ucb"

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """As `Policy.odds`."""
        del rng
        mean, width = self.arms.mean_and_width(features, fit)
        return half_normal_shares(mean, self.scale * width)
