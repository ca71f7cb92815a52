"""Uniform: every arm as often as every other. The baseline, and the log from which any other policy can be judged."""

from dataclasses import dataclass

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["Uniform"]


@dataclass(frozen=True, slots=True)
class Uniform:
    """``1 / n`` for each of n arms."""

    arms: int
    name = "uniform"

    def odds(self, features: Floats, rng: np.random.Generator, fit: Ints | None = None) -> Floats:
        """As `Policy.odds`."""
        del features, rng
        n = self.arms if fit is None else fit.size
        return np.full(n, 1.0 / n)
