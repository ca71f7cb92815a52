"""Are the arms alike in what was known before? Standardised mean differences of every feature.

What belongs here: the comparison of features between two arms. What does not: outcomes, and which columns there are.

Users are assigned at random, so features known before the exposure differ by chance alone. One that differs by more
either leaked from after the exposure or tells that the assignment was not random. Chance is judged by the rank sum of
each feature (Mann and Whitney 1947, with ties), as shop features have many zeros and long tails, and over all
features together by Holm, so that the number of features alone never alarms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.multiplicity import ALPHA, holm

__all__ = ["Balance", "FeatureBalance", "balance", "weighted_balance"]

Floats = NDArray[np.float64]

MATERIAL = 0.1
"""Standardised difference from which a comparison is misled, whatever its size (Austin 2009): 0.1 standard deviations
shift an outcome that the feature fully explains by 4 percentage points around one half."""
NEGLIGIBLE = 0.01
"""Below it a difference is left alone even where millions of rows prove it: it moves an outcome by 0.4 points."""
MIN_ROWS = 20
"""Expected rows of a feature's rarer half in each arm; below it the normal approximation of the test is off."""


@dataclass(frozen=True, slots=True)
class FeatureBalance:
    """One feature in the two arms."""

    feature: str
    """Its name, with `` is missing`` for the share of missing values."""
    treated: float
    """Mean over the treated that have it."""
    control: float
    difference: float
    """(treated - control) / sqrt((s_t² + s_c²) / 2); 0 where nothing varies."""
    p_value: float
    """Of the rank sum, or of weighted means, adjusted for all features; 1 where the feature is too rare to tell."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Every feature, the most different first."""

    features: tuple[FeatureBalance, ...]
    odd: tuple[str, ...]
    """Names of those that differ by more than chance."""
    passed: bool
    verdict: str


def _columns(X: ArrayLike, treatment: ArrayLike, names: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    matrix, arm = np.asarray(X, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise ValueError(f"X must have one column a name ({len(names)}), got shape {matrix.shape}")
    if arm.shape != matrix.shape[:1]:
        raise ValueError(f"treatment must have one value a row ({len(matrix)}), got shape {arm.shape}")
    if not np.isin(arm, (0.0, 1.0)).all() or np.unique(arm).size < 2:
        raise ValueError("treatment must be 0 or 1 and have both: balance compares two arms (take them pair by pair)")
    return matrix, arm == 1


def _difference(
    treated: Floats, control: Floats, weight_treated: Floats, weight_control: Floats
) -> tuple[float, float, float]:
    """Means of the arms and their standardised difference."""
    means, spreads = [], []
    for values, weight in ((treated, weight_treated), (control, weight_control)):
        mean = float(np.average(values, weights=weight))
        means.append(mean)
        spreads.append(float(np.average((values - mean) ** 2, weights=weight)))
    pooled = np.sqrt(sum(spreads) / 2)
    gap = means[0] - means[1]
    if pooled > 0:
        return means[0], means[1], float(gap / pooled)
    # Each arm constant: alike, or told apart for sure.
    return means[0], means[1], 0.0 if gap == 0 else float(np.copysign(np.inf, gap))


def _rank_sum_p(values: Floats, treated: NDArray[np.bool_]) -> float:
    """Two-sided p-value of the rank sum under random assignment, ties at their mean rank."""
    from scipy.special import ndtr

    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    n, t = values.size, int(treated.sum())
    rarer = (n - counts.max()) * min(t, n - t) / n
    if rarer < MIN_ROWS:
        return 1.0
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    spread = np.sqrt(ranks.var() * t * (n - t) / (n - 1))
    return float(2 * ndtr(-abs(ranks[treated].sum() - t * (n + 1) / 2) / spread))


def _weighted_mean_p(treated: Floats, control: Floats, weight_treated: Floats, weight_control: Floats) -> float:
    """Two-sided p-value of a difference between weighted means, with the variance that the weights leave."""
    from scipy.special import ndtr

    gap, variance = 0.0, 0.0
    for sign, values, weight in ((1, treated, weight_treated), (-1, control, weight_control)):
        mean = float(np.average(values, weights=weight))
        gap += sign * mean
        variance += float((weight**2 * (values - mean) ** 2).sum() / weight.sum() ** 2)
    return float(2 * ndtr(-abs(gap) / np.sqrt(variance))) if variance > 0 else float(gap == 0)


def balance(X: ArrayLike, treatment: ArrayLike, names: Sequence[str], *, alpha: float = ALPHA) -> Balance:
    """Compare the features of two arms that were assigned at random, each user once.

    A feature is odd if its adjusted p-value is below ``alpha`` and its standardised difference above 0.01; a column of
    missing values is compared twice, by the share of missing ones and by the rest.

    Args:
        X: features (numeric, and 0/1 for the levels of categorical ones), float[n, p]; NaN = missing.
        treatment: 0/1 a row.
        names: of the columns.
        alpha: level of all tests together.

    Raises:
        ValueError: shapes differ, treatment is not 0/1, or one arm only.
    """
    matrix, treated = _columns(X, treatment, names)
    parts: list[tuple[str, Floats, NDArray[np.bool_]]] = []
    for name, column in zip(names, matrix.T, strict=True):
        missing = np.isnan(column)
        if missing.any():
            parts.append((f"{name} is missing", missing.astype(np.float64), treated))
        parts.append((name, column[~missing], treated[~missing]))
    parts = [part for part in parts if 0 < part[2].sum() < part[2].size]
    adjusted = holm([_rank_sum_p(values, arm) for _, values, arm in parts])
    found = []
    for (name, values, arm), p_value in zip(parts, adjusted, strict=True):
        first, second = values[arm], values[~arm]
        figures = _difference(first, second, np.ones(first.size), np.ones(second.size))
        found.append(FeatureBalance(name, *figures, float(p_value)))
    found.sort(key=lambda feature: (-abs(feature.difference), feature.feature))
    odd = [feature for feature in found if feature.p_value < alpha and abs(feature.difference) > NEGLIGIBLE]
    return Balance(tuple(found), tuple(f.feature for f in odd), not odd, _in_words(found, odd))


def _in_words(found: list[FeatureBalance], odd: list[FeatureBalance]) -> str:
    if not odd:
        largest = f"; the largest, {found[0].feature}, by {abs(found[0].difference):.3f} deviations" if found else ""
        return f"{len(found)} features differ between the arms by no more than chance{largest}. The arms are alike."
    worst = ", ".join(f"{f.feature} ({f.difference:+.3f} deviations, p = {f.p_value:.1g})" for f in odd[:5])
    more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
    material = any(abs(f.difference) > MATERIAL for f in odd)
    return (
        f"{len(odd)} of {len(found)} features differ between the arms by more than chance: {worst}{more}. Either they "
        "were recorded after the exposure (a leak: look at their timestamps and leave them out) or the assignment was "
        "not random (look at the sample ratio and at who was excluded). "
        + ("Effects are misled by differences of this size: do not use them." if material else "Their size is small.")
    )


def weighted_balance(
    X: ArrayLike,
    treatment: ArrayLike,
    names: Sequence[str],
    propensity: ArrayLike,
    *,
    material: float = MATERIAL,
    alpha: float = ALPHA,
) -> Balance:
    """Compare two arms whose odds differ between users, after weighing each row by 1 / probability of its own arm.

    A feature is odd if a difference that would mislead is left, above ``material`` standard deviations, and is more
    than chance: a small arm's means vary by as much. Missing values are compared by their share and left out of the
    rest.

    Args:
        X: as `balance`.
        treatment: 0/1 a row.
        names: of the columns.
        propensity: probability of treatment, in (0, 1), float[n].
        material: standardised difference that passes.
        alpha: level of all tests together.

    Raises:
        ValueError: as `balance`, or a propensity outside (0, 1).
    """
    matrix, treated = _columns(X, treatment, names)
    chance = np.asarray(propensity, dtype=np.float64)
    if chance.shape != treated.shape or not ((chance > 0) & (chance < 1)).all():
        raise ValueError("propensity must have one value a row, strictly between 0 and 1: clip estimates first")
    weight = np.where(treated, 1 / chance, 1 / (1 - chance))
    compared: list[tuple[str, tuple[float, float, float]]] = []
    p_values = []
    for name, column in zip(names, matrix.T, strict=True):
        missing = np.isnan(column)
        parts = [(f"{name} is missing", missing.astype(np.float64), ~np.zeros_like(missing))] if missing.any() else []
        for label, values, used in [*parts, (name, column, ~missing)]:
            first, second = used & treated, used & ~treated
            if first.any() and second.any():
                sides = (values[first], values[second], weight[first], weight[second])
                compared.append((label, _difference(*sides)))
                p_values.append(_weighted_mean_p(*sides))
    found = [
        FeatureBalance(label, *figures, float(p_value))
        for (label, figures), p_value in zip(compared, holm(p_values), strict=True)
    ]
    found.sort(key=lambda feature: (-abs(feature.difference), feature.feature))
    odd = [feature for feature in found if abs(feature.difference) > material and feature.p_value < alpha]
    if odd:
        worst = ", ".join(f"{f.feature} ({f.difference:+.2f})" for f in odd[:5])
        verdict = (
            f"After weighing {len(odd)} of {len(found)} features still differ by more than {material} deviations: "
            f"{worst}. The propensities miss what the assignment went by, or a feature was recorded after the "
            "exposure: find which, or do not read effects from this log."
        )
    else:
        verdict = (
            f"After weighing all {len(found)} features differ by at most {material} deviations, or by no more than "
            "chance: the arms are alike."
        )
    return Balance(tuple(found), tuple(f.feature for f in odd), not odd, verdict)
