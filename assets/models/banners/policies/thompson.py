"""Thompson sampling on a Beta for each arm (Thompson 1933; Chapelle and Li, NIPS 2011)."""

from dataclasses import dataclass

import numpy as np

from assets.models.banners.bandit import thompson_distribution
from evaluation.arrays import Floats, Ints

__all__ = ["Thompson"]


@dataclass(frozen=True, slots=True)
class Thompson:
    """The probability that each arm is the best, by ``draws`` joint draws of Beta(α, β).

    With counts of `discounting` in α and β it follows drift (discounted Thompson sampling; Raj and Kalyani 2017).

    Args:
        alpha: float64[arms] > 0, prior and rewards.
        beta: float64[arms] > 0, prior and impressions without reward.
        draws: standard error of a probability p is √(p(1-p)/draws); what is drawn from is exactly what is given.
    """

    alpha: Floats
    beta: Floats
    draws: int = 1_000
    name = "thompson"

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """As `Policy.odds`."""
        del features
        alpha, beta = (self.alpha, self.beta) if fit is None else (self.alpha[fit], self.beta[fit])
        return thompson_distribution(alpha, beta, rng, self.draws, floor=0.0)
