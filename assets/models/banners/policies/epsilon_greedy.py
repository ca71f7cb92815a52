"""ε-greedy: the arm of the best mean, and any arm with probability ε (Sutton and Barto, 2018, section 2.2)."""

from dataclasses import dataclass

import numpy as np

from assets.models.banners.policies.policy import best_share
from evaluation.arrays import Floats, Ints

__all__ = ["EpsilonGreedy"]


@dataclass(frozen=True, slots=True)
class EpsilonGreedy:
    """``(1 - ε) · [best] + ε / n``; arms whose means are equal share the best's part.

    Args:
        mean: float64[arms], reward that is expected of an impression of each.
        epsilon: share of choices made uniformly, in [0, 1].

    Raises:
        ValueError: ``epsilon`` out of range.
    """

    mean: Floats
    epsilon: float = 0.1
    name = "epsilon_greedy"

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon <= 1:
            raise ValueError(f"epsilon is {self.epsilon}; give a share of choices in [0, 1].")

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """As `Policy.odds`."""
        del features, rng
        mean = self.mean if fit is None else self.mean[fit]
        return (1.0 - self.epsilon) * best_share(mean) + self.epsilon / mean.size
