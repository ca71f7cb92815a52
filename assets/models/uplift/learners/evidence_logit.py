"""A logistic regression of both arms at once whose two penalties are found by the data (empirical Bayes).

What belongs here: the fit. What does not: preparing columns (`assets.models.uplift.learners.logit`) and effects.
"""

import numpy as np

from assets.models.uplift.learners.logit import Logit, logistic
from evaluation.arrays import Floats

__all__ = ["fit_arms_by_evidence"]


ROUNDS = 40
TOLERANCE = 0.01
"""Relative change of the variances, and change of any coefficient, below which the fit stands still."""
START_VARIANCE = 0.05
VARIANCES = (1e-5, 100.0)
"""Bounds of the priors' variances; at the lower one the coefficients are as good as 0."""
MAX_STEP = 2.0
"""Largest change of a coefficient in a round: Newton's steps overshoot where an outcome is rare."""


def fit_arms_by_evidence(Z: Floats, treatment: Floats, outcome: Floats, weight: Floats) -> tuple[Logit, Logit]:
    """The control's and the treated's regression, drawn together as far as the data allow.

    logit P(y = 1) = b₀ + Z b + a (d₀ + Z d) with a = -½ in the control arm and ½ in the treated. b ~ N(0, v) and
    d ~ N(0, u): what decides the outcome and what decides the effect differ in size, so each has a variance of its own.
    Both maximise the evidence in Laplace's approximation, by MacKay's fixed point (1992) v = b·b / (p - tr(Σ) / v),
    updated after every Newton step. Where the columns tell effects apart no better than noise would, u goes to 0 and
    the odds ratio is the same for all.

    Args:
        Z: prepared columns float64[n, p].
        treatment: 0/1.
        outcome: 0/1.
        weight: how often each row counts.
    """
    arms = [(treatment == arm) & (weight > 0) for arm in (0, 1)]
    designs = [np.column_stack([np.ones(int(rows.sum())), Z[rows]]) for rows in arms]
    outcomes, weights = [outcome[rows] for rows in arms], [weight[rows] for rows in arms]
    size = Z.shape[1] + 1
    inner, outer = np.arange(1, size), np.arange(size + 1, 2 * size)
    share = float(np.average(np.concatenate(outcomes), weights=np.concatenate(weights)))
    coefficients, variance = np.zeros(2 * size), np.full(2, START_VARIANCE)
    coefficients[0] = np.log(share / (1 - share))
    for _ in range(ROUNDS):
        # The constants are free, but for a trace that keeps the matrix regular.
        penalty = np.full(2 * size, 1e-6)
        penalty[inner], penalty[outer] = 1 / variance
        main, effect = coefficients[:size], coefficients[size:]
        slopes, grams = [], []
        for D, y, w, a in zip(designs, outcomes, weights, (-0.5, 0.5), strict=True):
            p = logistic(D @ (main + a * effect))
            slopes.append(D.T @ (w * (y - p)))
            grams.append((D * (w * p * (1 - p))[:, None]).T @ D)
        together, apart = grams[0] + grams[1], 0.5 * (grams[1] - grams[0])
        hessian = np.block([[together, apart], [apart, 0.25 * together]]) + np.diag(penalty)
        slope = np.concatenate([slopes[0] + slopes[1], 0.5 * (slopes[1] - slopes[0])]) - penalty * coefficients
        covariance = np.linalg.inv(hessian)
        step = np.clip(covariance @ slope, -MAX_STEP, MAX_STEP)
        coefficients = coefficients + step
        updated = variance.copy()
        for number, group in enumerate((inner, outer)):
            determined = group.size - np.trace(covariance[np.ix_(group, group)]) / variance[number]
            updated[number] = np.clip(np.sum(coefficients[group] ** 2) / max(determined, 1e-9), *VARIANCES)
        still = np.abs(np.log(updated / variance)).max() < TOLERANCE and np.abs(step).max() < TOLERANCE
        variance = updated
        if still:
            break
    main, effect = coefficients[:size], coefficients[size:]
    control, treated = main - 0.5 * effect, main + 0.5 * effect
    return Logit(float(control[0]), control[1:]), Logit(float(treated[0]), treated[1:])
