"""RATE: the rank-weighted average treatment effect of a priority (Yadlowsky, Fleming, Shah, Brunskill, Wager 2021).

What belongs here: the TOC curve, AUTOC and the Qini-weighted RATE with their intervals. What does not: the scores of
single users' effects that they average (`evaluation.effect_scores`).

TOC(q) is the average effect among the share q of users of highest priority minus that of all users. RATE is its
integral over q: weighed 1 (AUTOC: rewards a few strong responders at the top) or q (Qini: rewards effects spread over
many). Both are 0 for a constant priority and, in expectation, for a random one, in the unit of the outcome. Users of
equal priority count with their mean effect, so the order of rows never matters. Unlike the Qini coefficient it also
holds for unequal propensities, as the scores carry them.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.bootstrap import Interval, percentile_interval
from evaluation.poisson_cells import cells_of, replicated
from evaluation.ranked_trial import ArmCounts
from evaluation.trial import ShapeError, TrialArrays, finite_vector

__all__ = ["Weighting", "rate", "rate_interval", "toc_curve"]

Floats = NDArray[np.float64]
Weighting = Literal["autoc", "qini"]


def _checked(effect: ArrayLike, priority: ArrayLike) -> tuple[Floats, Floats]:
    effects, priorities = finite_vector(effect, "effect"), finite_vector(priority, "priority")
    if effects.size != priorities.size:
        raise ShapeError(f"effect and priority must have equal lengths, got {effects.size} and {priorities.size}")
    return effects, priorities


def _check_weighting(weighting: str) -> None:
    if weighting not in ("autoc", "qini"):
        raise ValueError(f"weighting is 'autoc' or 'qini', got {weighting!r}")


def _ranked_effects(effect: Floats, priority: Floats) -> Floats:
    """Effects minus their mean, by descending priority, those of a tie block replaced by its mean."""
    order = np.argsort(-priority)
    ranked, effects = priority[order], (effect - effect.mean())[order]
    starts = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
    if starts.size == 1:
        return np.zeros_like(effects)
    sizes = np.diff(np.append(starts, ranked.size))
    return np.repeat(np.add.reduceat(effects, starts) / sizes, sizes)


def toc_curve(effect: ArrayLike, priority: ArrayLike) -> tuple[Floats, Floats]:
    """The targeting operator characteristic: (share of users q in (0, 1], TOC(q)), float64[n] each; 0 at q = 1.

    Raises:
        TrialError: NaN, unequal lengths, or no rows.
    """
    ranked = _ranked_effects(*_checked(effect, priority))
    users = np.arange(1, ranked.size + 1)
    return users / ranked.size, np.cumsum(ranked) / users


def rate(effect: ArrayLike, priority: ArrayLike, *, weighting: Weighting = "autoc") -> float:
    """Rank-weighted average treatment effect: the mean of TOC(j / n), or of j / n * TOC(j / n), over j = 1 … n.

    Args:
        effect: unbiased score of each user's effect, from `evaluation.effect_scores`.
        priority: higher is treated first, fitted on other users.
        weighting: ``autoc`` or ``qini``.

    Raises:
        ValueError: an unknown weighting.
        TrialError: NaN, unequal lengths, or no rows.
    """
    _check_weighting(weighting)
    share, toc = toc_curve(effect, priority)
    return float(np.mean(toc if weighting == "autoc" else share * toc))


def _rate_of(counts: ArmCounts, weighting: Weighting) -> Floats:
    """RATE of users and sums of effects accumulated to the ends of bins, float64[m, r]: float64[r].

    The effect is even within a bin, so the sum P is straight: ∫P/x over a bin from x0 to x1 is
    slope * (x1 - x0) + (P0 - slope * x0) * ln(x1 / x0).
    """
    x, sums = counts.treated, counts.treated_responses
    n, every = x[-1], sums[-1]
    zero = np.zeros_like(x[:1])
    x0, p0 = np.concatenate([zero, x[:-1]]), np.concatenate([zero, sums[:-1]])
    width = x - x0
    if weighting == "qini":
        return np.asarray((0.5 * (width * (sums + p0)).sum(axis=0) - 0.5 * n * every) / n**2)
    slope = np.divide(sums - p0, width, out=np.zeros_like(x), where=width > 0)
    growth = np.log(np.divide(x, x0, out=np.ones_like(x), where=x0 > 0))
    return np.asarray(((slope * width + (p0 - slope * x0) * growth).sum(axis=0) - every) / n)


def rate_interval(
    effect: ArrayLike,
    priority: ArrayLike,
    *,
    weighting: Weighting = "autoc",
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """`rate` with its percentile interval from a Poisson bootstrap of cells (`evaluation.poisson_cells`).

    An interval above 0 says that the priority finds users on whom the treatment works better than on average.

    Raises:
        ValueError: an unknown weighting, fewer than 2 replicates, or a level outside (0, 1).
        TrialError: NaN, unequal lengths, or no rows.
    """
    estimate = rate(effect, priority, weighting=weighting)
    effects, priorities = _checked(effect, priority)
    # One arm only: scores of effects already hold the comparison.
    cells = cells_of(TrialArrays(effects, np.ones(effects.size, dtype=np.uint8), priorities), [priorities])
    plain, drawn = replicated(cells, lambda counts: _rate_of(counts, weighting), replicates=replicates, seed=seed)
    return percentile_interval(estimate, drawn[0] + (estimate - plain[0]), level)
