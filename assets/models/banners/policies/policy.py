"""What every policy answers: the probability with which it shows each arm to this context.

What belongs here: the protocol, the share that stays uniform, and how a best score becomes probabilities. What does
not: drawing from the probabilities (`slate`), and where counts come from.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["NO_FEATURES", "Policy", "WithUniformShare", "best_share"]

NO_FEATURES: Floats = np.empty(0)
"""The features of a request for a policy that heeds none."""


class Policy(Protocol):
    """Probabilities over arms; the same state, features and random numbers give the same ones."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """The probability of each arm that may be shown.

        Args:
            features: float64[d] of the request; policies without context ignore it.
            rng: source of Monte Carlo draws; policies with closed forms ignore it.
            fit: positions of the n arms that may be shown; none for all.

        Returns:
            float64[n] ≥ 0 in the order of ``fit``, adding up to 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class WithUniformShare:
    """A policy of which a share of choices is always uniform, so that no propensity is ever below ``share / n``."""

    policy: Policy
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"the uniform share is {self.share}; give a share of choices in [0, 1].")

    @property
    def name(self) -> str:
        """That of the policy."""
        return self.policy.name

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """``(1 - share) · odds + share / n``."""
        odds = self.policy.odds(features, rng, fit)
        return (1.0 - self.share) * odds + self.share / odds.size


def best_share(score: Floats) -> Floats:
    """All of the probability on the best score, in equal parts where several are equal: float64[n]."""
    best = score == score.max()
    return np.asarray(best / np.count_nonzero(best))
