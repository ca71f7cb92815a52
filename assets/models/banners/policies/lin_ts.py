"""LinTS: Thompson sampling on linear rewards (Agrawal and Goyal, ICML 2013), with one regression an arm."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from assets.models.banners.policies.ridge import RidgeArms
from evaluation.arrays import Floats, Ints

__all__ = ["LinTS"]

_KEPT = 1 << 17
"""Normal numbers that are drawn once and used from a drawn place on: drawing them anew takes longer than all else."""


@dataclass(frozen=True, slots=True)
class LinTS:
    """The probability that each arm is the best where its θ ~ N(A⁻¹b, scale² A⁻¹).

    Of θ only xᵀθ matters, which is normal of mean xᵀA⁻¹b and deviation scale · √(xᵀA⁻¹x), and independent between
    arms: ``draws`` joint draws are one number an arm. What is drawn from is exactly what is given; as an estimate of
    Thompson's probability p its standard error is √(p(1-p)/draws).
    """

    arms: RidgeArms
    scale: float = 1.0
    """v of the paper: deviation of a reward around its mean."""
    draws: int = 256
    name = "lin_ts"

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """As `Policy.odds`."""
        mean, width = self.arms.mean_and_width(features, fit)
        needed = mean.size * self.draws
        if needed < _KEPT:
            start = int(rng.random() * (_KEPT - needed))
            normals = _kept_normals()[start : start + needed].reshape(self.draws, mean.size)
        else:
            normals = rng.standard_normal((self.draws, mean.size))
        best = (normals * (self.scale * width) + mean).argmax(axis=1)
        return np.bincount(best, minlength=mean.size) / self.draws


@cache
def _kept_normals() -> Floats:
    return np.random.default_rng(0).standard_normal(_KEPT)
