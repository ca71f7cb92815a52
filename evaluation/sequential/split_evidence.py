"""Do the arms have the sizes that were meant? A test that may be looked at after every unit.

What belongs here: the evidence against the declared shares. What does not: the same test on a sample whose size is
fixed, with its days (`evaluation.experiment.sample_ratio`).

By Lindon and Malek (2022): the likelihood ratio of a Dirichlet mixture of shares against the declared ones is a
martingale where these are true, so that it ever reaches 1 / α with probability α at most (Ville 1939).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.multiplicity import ALPHA

__all__ = ["CONCENTRATION", "Split", "split_evidence", "split_verdict"]

CONCENTRATION = 1_000.0
"""Units that the mixture's belief in the declared shares is worth: sharpest for faults of one to three points."""
_LGAMMA = np.frompyfunc(math.lgamma, 1, 1)


@dataclass(frozen=True, slots=True)
class Split:
    """The sizes of the arms against those declared."""

    observed: dict[str, int]
    expected: dict[str, float]
    p_value: float
    """Always valid: at the look at which the sizes were furthest from what was declared."""
    passed: bool
    verdict: str


def split_evidence(counts: ArrayLike, shares: ArrayLike, concentration: float = CONCENTRATION) -> Floats:
    """Logarithm of the evidence against ``shares`` at each look: float64[...].

    Args:
        counts: Units of each arm so far, int[..., arms].
        shares: Declared share of each arm, float[arms].
        concentration: Weight of the declared shares in the mixture, in units.

    Raises:
        ValueError: shares that are not in (0, 1) or not 1 in sum, another number of arms, or a negative count.
    """
    meant, seen = np.asarray(shares, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if meant.ndim != 1 or meant.size < 2 or (meant <= 0).any() or not math.isclose(meant.sum(), 1, abs_tol=1e-9):
        raise ValueError(f"shares must be two or more numbers in (0, 1) that sum to 1, got {meant.tolist()}")
    if seen.ndim == 0 or seen.shape[-1] != meant.size or not (seen >= 0).all():
        raise ValueError(f"counts must be 0 or more of each of {meant.size} arms, got shape {seen.shape}")
    if not concentration > 0:
        raise ValueError(f"concentration must be positive, got {concentration}")
    prior = concentration * meant
    arms = (_lgamma(prior + seen) - _lgamma(prior) - seen * np.log(meant)).sum(axis=-1)
    return np.asarray(arms + math.lgamma(concentration) - _lgamma(concentration + seen.sum(axis=-1)))


def split_verdict(looks: ArrayLike, shares: Mapping[str, float], *, alpha: float = ALPHA) -> Split:
    """Judge an experiment by all of its looks.

    Args:
        looks: Units of each arm at each look, each look with those before: int[looks, arms].
        shares: Declared share of each arm by name, in the order of the columns.
        alpha: Chance of a false alarm over all looks together.

    Raises:
        ValueError: As `split_evidence`, or no look.
    """
    seen = np.asarray(looks, dtype=np.int64)
    if seen.ndim != 2 or seen.shape[0] == 0:
        raise ValueError(f"looks must have a row for each look and a column for each arm, got shape {seen.shape}")
    most = float(split_evidence(seen, list(shares.values())).max())
    p_value = math.exp(-max(most, 0.0))
    total = int(seen[-1].sum())
    observed = dict(zip(shares, seen[-1].tolist(), strict=True))
    expected = {name: share * total for name, share in shares.items()}
    sizes = ", ".join(f"{observed[name]:,} {name} ({expected[name]:,.0f} meant)" for name in shares)
    message = f"{sizes}: p = {p_value:.2g} over all looks"
    passed = p_value > alpha
    if passed:
        return Split(observed, expected, p_value, passed, f"{message}. The arms have the sizes that were meant.")
    remedy = (
        "Units were lost or added after the assignment, so the arms cannot be compared and no effect of this "
        "experiment should be believed. Find where units go missing between assignment and log, repair it, and start "
        "again under another id."
    )
    return Split(observed, expected, p_value, passed, f"{message}. {remedy}")


def _lgamma(values: ArrayLike) -> Floats:
    return np.asarray(_LGAMMA(values), dtype=np.float64)
