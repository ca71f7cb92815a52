"""Random streams of the simulated shop: one independent generator for each purpose and day, and weighted draws."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Purpose", "Weights", "stream"]


class Purpose(IntEnum):
    """What a stream is used for; a number must never change its meaning, or shops change with it."""

    CATALOGUE = 1
    PEOPLE = 2
    PURCHASES = 3
    SESSIONS = 4
    CAMPAIGN = 5
    BANNERS = 6
    RETURNS = 7


def stream(seed: int, purpose: Purpose, day: int = 0) -> np.random.Generator:
    """The generator of one purpose on one day: the same whatever else has been generated before."""
    return np.random.default_rng(np.random.SeedSequence(seed % 2**64, spawn_key=(int(purpose), day)))


class Weights:
    """Draws positions in proportion to their weights, within contiguous ranges of positions."""

    __slots__ = ("_cumulative",)

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self._cumulative = np.concatenate([[0.0], np.cumsum(weights)])

    def draw(
        self,
        rng: np.random.Generator,
        low: NDArray[np.int64],
        high: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """One position in each half-open range ``[low, high)``; the ranges must not be empty."""
        below, above = self._cumulative[low], self._cumulative[high]
        at = below + rng.random(len(low)) * (above - below)
        drawn = np.searchsorted(self._cumulative, at, side="right") - 1
        return np.asarray(np.clip(drawn, low, high - 1), dtype=np.int64)

    def draw_any(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """``n`` positions from all."""
        everything = np.full(n, len(self._cumulative) - 1)
        return self.draw(rng, np.zeros(n, dtype=np.int64), everything)
