"""Thompson sampling on a Beta for each arm (Thompson 1933; Chapelle and Li, NIPS 2011)."""

from dataclasses import dataclass

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["Thompson", "thompson_distribution"]


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


def thompson_distribution(
    alpha: Floats,
    beta: Floats,
    rng: np.random.Generator,
    draws: int = 1_000,
    floor: float = 0.01,
) -> Floats:
    """Probability that each arm is the best, by Monte Carlo, mixed with a uniform floor.

    The result is ``(1 - floor) · wins / draws + floor / arms``. A server that draws from exactly this distribution
    knows its propensity exactly, where one draw of classical Thompson sampling would leave it to be estimated; the
    floor keeps every arm's above 0, so that off-policy estimates exist (Thompson 1933; Chapelle & Li, NIPS 2011).

    Args:
        alpha: float64[arms] > 0.
        beta: float64[arms] > 0.
        rng: Source of the draws.
        draws: Monte Carlo draws an arm; the standard error of a probability p is √(p(1-p)/draws).
        floor: Share of choices made uniformly, in [0, 1].

    Returns:
        float64[arms], each at least floor / arms, adding up to 1.

    Raises:
        ValueError: If there is no arm, a parameter is not above 0, or a setting is out of range.
    """
    if alpha.ndim != 1 or alpha.shape != beta.shape or not len(alpha):
        raise ValueError(f"alpha {list(alpha.shape)} and beta {list(beta.shape)}: give one of each for every arm.")
    if not ((alpha > 0) & (beta > 0) & np.isfinite(alpha + beta)).all():
        raise ValueError("alpha and beta must be finite and above 0: start from a prior such as 1, 1.")
    if draws < 1 or not 0 <= floor <= 1:
        raise ValueError(f"draws {draws} and floor {floor}: draws must be at least 1, floor in [0, 1].")
    best = np.argmax(rng.beta(alpha, beta, size=(draws, len(alpha))), axis=1)
    wins = np.bincount(best, minlength=len(alpha)) / draws
    mixed = (1.0 - floor) * wins + floor / len(alpha)
    return np.asarray(mixed / mixed.sum(), dtype=np.float64)
