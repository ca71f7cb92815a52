"""Drawing: one arm, or several positions of a page without repeats, each with the propensity it was drawn with.

Positions are filled from the first on, each from the probabilities of the arms that are left (Plackett–Luce). The
propensity of an item is that of its position given the items above it, which estimators of slates ask for (McInerney
et al., KDD 2020); their product is the slate's.
"""

import numpy as np

from evaluation.arrays import Floats, Ints

__all__ = ["draw_slates"]


def draw_slates(odds: Floats, count: int, rng: np.random.Generator, slates: int = 1) -> tuple[Ints, Floats]:
    """Draw ``slates`` slates of ``count`` arms each; fewer arms where fewer have a probability above 0.

    By an exponential race: arm i arrives after Exp(odds i), and the order of arrival has the probabilities of drawing
    one by one without repeats (Efraimidis and Spirakis 2006).

    Args:
        odds: float64[arms] ≥ 0, adding up to 1.
        count: positions, at least 1.
        rng: source of the draws.
        slates: how many are drawn, independently.

    Returns:
        int64[slates, k] positions in ``odds``, and float64[slates, k] in (0, 1], the probability of each given those
        before it.

    Raises:
        ValueError: If no arm can be drawn, or ``count`` is below 1.
    """
    possible = np.flatnonzero(odds > 0)
    if not possible.size or count < 1:
        raise ValueError(
            f"{possible.size} arms have a probability above 0 and {count} are wanted; both must be at least 1."
        )
    shares = odds[possible]
    arrival = rng.standard_exponential((slates, possible.size)) / shares
    drawn = np.argsort(arrival, axis=1)[:, :count] if count > 1 else arrival.argmin(axis=1)[:, None]
    propensity = shares[drawn]
    if count > 1:
        left = shares.sum() - np.cumsum(propensity, axis=1) + propensity
        propensity = propensity / left
    return possible[drawn], np.minimum(propensity, 1.0)
