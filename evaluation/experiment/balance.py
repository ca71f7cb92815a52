"""Are the arms alike in what was known before? Standardised mean differences of every feature.

What belongs here: the comparison of features between two arms. What does not: outcomes, and which columns there are.

Users are assigned at random, so features known before the exposure differ by chance alone. One that differs by more
either leaked from after the exposure or tells that the assignment was not random. Chance is judged by the rank sum of
each feature (Mann and Whitney 1947, with ties), as shop features have many zeros and long tails, and over all
features together by Holm, so that the number of features alone never alarms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Bools, Floats
from evaluation.resampling.multiplicity import ALPHA, holm

__all__ = ["Balance", "FeatureBalance", "balance", "weighted_balance"]


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


def _columns(X: ArrayLike, treatment: ArrayLike, names: Sequence[str]) -> tuple[Floats, Bools]:
    matrix, arm = np.asarray(X, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise ValueError(f"X must have one column a name ({len(names)}), got shape {matrix.shape}")
    if arm.shape != matrix.shape[:1]:
        raise ValueError(f"treatment must have one value a row ({len(matrix)}), got shape {arm.shape}")
    if not np.isin(arm, (0.0, 1.0)).all() or np.unique(arm).size < 2:
        raise ValueError("treatment must be 0 or 1 and have both: balance compares two arms (take them pair by pair)")
    return matrix, arm == 1


class _Sides(NamedTuple):
    """A feature's values in both arms, and what each row counts for, float64[...] each."""

    treated: Floats
    control: Floats
    weight_treated: Floats
    weight_control: Floats

    def difference(self) -> tuple[float, float, float]:
        """Means of the arms and their standardised difference."""
        means, spreads = [], []
        for values, weight in ((self.treated, self.weight_treated), (self.control, self.weight_control)):
            mean = float(np.average(values, weights=weight))
            means.append(mean)
            spreads.append(float(np.average((values - mean) ** 2, weights=weight)))
        pooled = np.sqrt(sum(spreads) / 2)
        gap = means[0] - means[1]
        if pooled > 0:
            return means[0], means[1], float(gap / pooled)
        # Each arm constant: alike, or told apart for sure.
        return means[0], means[1], 0.0 if gap == 0 else float(np.copysign(np.inf, gap))


def _sides(X: Floats, treated: Bools, names: Sequence[str], weight: Floats) -> Iterator[tuple[str, _Sides]]:
    """Every column, one with missing values twice: by their share, and by the rest; none that one arm lacks."""
    for name, column in zip(names, X.T, strict=True):
        missing = np.isnan(column)
        parts = [(f"{name} is missing", missing.astype(np.float64), np.ones_like(missing))] if missing.any() else []
        for label, values, used in [*parts, (name, column, ~missing)]:
            first, second = used & treated, used & ~treated
            if first.any() and second.any():
                yield label, _Sides(values[first], values[second], weight[first], weight[second])


def _rank_sum_p(sides: _Sides) -> float:
    """Two-sided p-value of the rank sum under random assignment, ties at their mean rank."""
    from scipy.special import ndtr

    t = sides.treated.size
    _, place, counts = np.unique(np.append(sides.treated, sides.control), return_inverse=True, return_counts=True)
    n = place.size
    rarer = (n - counts.max()) * min(t, n - t) / n
    if rarer < MIN_ROWS:
        return 1.0
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    spread = np.sqrt(ranks.var() * t * (n - t) / (n - 1))
    return float(2 * ndtr(-abs(ranks[:t].sum() - t * (n + 1) / 2) / spread))


def _weighted_mean_p(sides: _Sides) -> float:
    """Two-sided p-value of a difference between weighted means, with the variance that the weights leave."""
    from scipy.special import ndtr

    gap, variance = 0.0, 0.0
    for sign, values, weight in (
        (1, sides.treated, sides.weight_treated),
        (-1, sides.control, sides.weight_control),
    ):
        mean = float(np.average(values, weights=weight))
        gap += sign * mean
        variance += float((weight**2 * (values - mean) ** 2).sum() / weight.sum() ** 2)
    return float(2 * ndtr(-abs(gap) / np.sqrt(variance))) if variance > 0 else float(gap == 0)


def _compared(sides: list[tuple[str, _Sides]], p_values: list[float]) -> list[FeatureBalance]:
    """The most different feature first."""
    features = [
        FeatureBalance(label, *side.difference(), float(p_value))
        for (label, side), p_value in zip(sides, holm(p_values), strict=True)
    ]
    return sorted(features, key=lambda feature: (-abs(feature.difference), feature.feature))


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
    sides = list(_sides(matrix, treated, names, np.ones(treated.size)))
    features = _compared(sides, [_rank_sum_p(side) for _, side in sides])
    odd = [feature for feature in features if feature.p_value < alpha and abs(feature.difference) > NEGLIGIBLE]
    return Balance(tuple(features), tuple(f.feature for f in odd), not odd, _in_words(features, odd))


def _in_words(features: list[FeatureBalance], odd: list[FeatureBalance]) -> str:
    if not odd:
        first = features[0] if features else None
        largest = f"; the largest, {first.feature}, by {abs(first.difference):.3f} deviations" if first else ""
        return f"{len(features)} features differ between the arms by no more than chance{largest}. The arms are alike."
    worst = ", ".join(f"{f.feature} ({f.difference:+.3f} deviations, p = {f.p_value:.1g})" for f in odd[:5])
    more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
    material = any(abs(f.difference) > MATERIAL for f in odd)
    return (
        f"{len(odd)} of {len(features)} features differ between the arms by more than chance: {worst}{more}. Either "
        "they were recorded after the exposure (a leak: look at their timestamps and leave them out) or the "
        "assignment was not random (look at the sample ratio and at who was excluded). "
        + ("Effects are misled by differences of this size: do not use them." if material else "Their size is small.")
    )


def weighted_balance(
    X: ArrayLike,
    treatment: ArrayLike,
    names: Sequence[str],
    propensity: ArrayLike,
    *,
    alpha: float = ALPHA,
) -> Balance:
    """Compare two arms whose odds differ between users, after weighing each row by 1 / probability of its own arm.

    A feature is odd if a difference that would mislead is left, above 0.1 standard deviations, and is more
    than chance: a small arm's means vary by as much. Missing values are compared by their share and left out of the
    rest.

    Args:
        X: as `balance`.
        treatment: 0/1 a row.
        names: of the columns.
        propensity: probability of treatment, in (0, 1), float[n].
        alpha: level of all tests together.

    Raises:
        ValueError: as `balance`, or a propensity outside (0, 1).
    """
    matrix, treated = _columns(X, treatment, names)
    chance = np.asarray(propensity, dtype=np.float64)
    if chance.shape != treated.shape or not ((chance > 0) & (chance < 1)).all():
        raise ValueError("propensity must have one value a row, strictly between 0 and 1: clip estimates first")
    weight = np.where(treated, 1 / chance, 1 / (1 - chance))
    sides = list(_sides(matrix, treated, names, weight))
    features = _compared(sides, [_weighted_mean_p(side) for _, side in sides])
    odd = [feature for feature in features if abs(feature.difference) > MATERIAL and feature.p_value < alpha]
    if odd:
        worst = ", ".join(f"{f.feature} ({f.difference:+.2f})" for f in odd[:5])
        verdict = (
            f"After weighing {len(odd)} of {len(features)} features still differ by more than {MATERIAL} deviations: "
            f"{worst}. The propensities miss what the assignment went by, or a feature was recorded after the "
            "exposure: find which, or do not read effects from this log."
        )
    else:
        verdict = (
            f"After weighing all {len(features)} features differ by at most {MATERIAL} deviations, or by no more than "
            "chance: the arms are alike."
        )
    return Balance(tuple(features), tuple(f.feature for f in odd), not odd, verdict)
