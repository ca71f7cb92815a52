"""RATE: the rank-weighted average treatment effect of a priority (Yadlowsky, Fleming, Shah, Brunskill, Wager 2021).

What belongs here: the TOC curve and AUTOC with its interval. What does not: the scores of single users' effects that
they average (`evaluation.policy_value.effect_scores`).

TOC(q) is the average effect among the share q of users of highest priority minus that of all users. AUTOC is its
integral over q, which rewards strong responders at the top. It is 0 for a constant priority and, in expectation, for a
random one, in the unit of the outcome. Users of equal priority count with their mean effect, so the order of rows never
matters. Unlike the Qini coefficient it also holds for unequal propensities, as the scores carry them.
"""

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.bootstrap import USUAL, Bootstrap, Interval, percentile_interval
from evaluation.resampling.checked import ShapeError, finite_vector
from evaluation.uplift.poisson_cells import cells_of, replicated
from evaluation.uplift.ranked_trial import ArmCounts
from evaluation.uplift.trial import TrialArrays

__all__ = ["rate", "rate_interval", "toc_curve"]


def _checked(effect: ArrayLike, priority: ArrayLike) -> tuple[Floats, Floats]:
    effects, priorities = finite_vector(effect, "effect"), finite_vector(priority, "priority")
    if effects.size != priorities.size:
        raise ShapeError(f"effect and priority must have equal lengths, got {effects.size} and {priorities.size}")
    return effects, priorities


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
        InputError: NaN, unequal lengths, or no rows.
    """
    ranked = _ranked_effects(*_checked(effect, priority))
    users = np.arange(1, ranked.size + 1)
    return users / ranked.size, np.cumsum(ranked) / users


def rate(effect: ArrayLike, priority: ArrayLike) -> float:
    """Rank-weighted average treatment effect (AUTOC): the mean of TOC(j / n) over j = 1 … n.

    Args:
        effect: unbiased score of each user's effect, from `evaluation.policy_value.effect_scores`.
        priority: higher is treated first, fitted on other users.

    Raises:
        InputError: NaN, unequal lengths, or no rows.
    """
    return float(np.mean(toc_curve(effect, priority)[1]))


def _rate_of(counts: ArmCounts) -> Floats:
    """RATE of users and sums of effects accumulated to the ends of bins, float64[m, r]: float64[r].

    The effect is even within a bin, so the sum P is straight: ∫P/x over a bin from x0 to x1 is
    slope * (x1 - x0) + (P0 - slope * x0) * ln(x1 / x0).
    """
    x, sums = counts.treated, counts.treated_responses
    n, every = x[-1], sums[-1]
    zero = np.zeros_like(x[:1])
    x0, p0 = np.concatenate([zero, x[:-1]]), np.concatenate([zero, sums[:-1]])
    width = x - x0
    slope = np.divide(sums - p0, width, out=np.zeros_like(x), where=width > 0)
    growth = np.log(np.divide(x, x0, out=np.ones_like(x), where=x0 > 0))
    return np.asarray(((slope * width + (p0 - slope * x0) * growth).sum(axis=0) - every) / n)


def rate_interval(
    effect: ArrayLike,
    priority: ArrayLike,
    bootstrap: Bootstrap = USUAL,
) -> Interval:
    """`rate` with its percentile interval from a Poisson bootstrap of cells (`evaluation.uplift.poisson_cells`).

    An interval above 0 says that the priority finds users on whom the treatment works better than on average.

    Raises:
        InputError: NaN, unequal lengths, or no rows.
    """
    estimate = rate(effect, priority)
    effects, priorities = _checked(effect, priority)
    # One arm only: scores of effects already hold the comparison.
    cells = cells_of(TrialArrays(effects, np.ones(effects.size, dtype=np.uint8), priorities), [priorities])
    plain, drawn = replicated(cells, _rate_of, bootstrap)
    return percentile_interval(estimate, drawn[0] + (estimate - plain[0]), bootstrap.level)
