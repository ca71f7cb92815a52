"""How many simulated trials a statistical test draws, and what it may find in so few.

The benchmarks draw the hundreds that a figure of the docs needs; a test asks whether what it sees can still be true.
"""

import os

from scipy.stats import binom

__all__ = ["TRIALS", "possible"]

TRIALS = int(os.environ.get("UPSHELF_TEST_TRIALS", "40"))
"""Of one test; `UPSHELF_TEST_TRIALS=400` for the figures that the benchmarks show."""

_CHANCE = 0.005


def possible(share: float, least: float, most: float = 1.0) -> bool:
    """Whether a share of `TRIALS` trials agrees with a true one of ``least`` to ``most``, but for 1 time in 100."""
    low, high = binom.ppf(_CHANCE, TRIALS, least), binom.isf(_CHANCE, TRIALS, most)
    return bool(low <= round(share * TRIALS) <= high)
