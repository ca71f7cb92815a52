"""Who responds: the groups of one attribute, and of two, whose effect is unlike that of others beyond chance.

What belongs here: effects of groups that were looked for, and tests that know how many were looked at. What does not:
groups named beforehand (`evaluation.experiment.average_effect`), and effects of single users.

Rows are users, each once; effects are means of doubly robust scores. Of a number the best cut is shown, of words each
level, of two attributes each combination. Single attributes are given four fifths of the 5 % that may be named by
chance, pairs the rest.
"""

from collections.abc import Mapping
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats
from evaluation.experiment.average_effect import MIN_USERS, GroupEffect
from evaluation.experiment.best_cut import best_cut, candidate_cuts
from evaluation.resampling.bootstrap import Interval
from evaluation.resampling.multiplicity import holm

__all__ = ["MAX_PAIRED", "is_member", "who_responds"]

Groups = Mapping[str, NDArray[np.object_]]
SINGLE, PAIRS = 0.8, 0.2
"""Shares of the level that single attributes and pairs are tested at."""
MAX_PAIRED = 12
"""Attributes that are looked at two by two: those of least p-values by themselves."""


class _Found(NamedTuple):
    """A group that was looked at."""

    attribute: str
    group: str
    users: int
    effect: float
    error: float
    """Standard error of the effect."""
    p_value: float
    low: float | None = None
    high: float | None = None


def who_responds(scores: Floats, numbers: Mapping[str, Floats], groups: Groups) -> list[GroupEffect]:
    """Effects of groups, least p-values first; those with one below 0.05 are named, all others are chance.

    p-values are of a group being like all others (of two attributes: like the others of each of its two groups),
    adjusted for the number of cuts, levels, attributes and pairs (Holm); intervals hold for all groups that were looked
    at together (Bonferroni), cuts that were not chosen among them.

    Args:
        scores: doubly robust scores of the effect on each user, float64[n].
        numbers: attribute → value of each user, float64[n], NaN where it is not known.
        groups: attribute → name of each user's group, object[n], None where it is not known; of attributes that are
            ``numbers`` too they serve for pairs alone.
    """
    levels = {name: _levels(of) for name, of in groups.items()}
    least: dict[str, float] = {}
    found: list[list[_Found]] = []
    looked_at = 0
    for name in sorted({*numbers, *groups}):
        rows, tried = _sides(name, numbers[name], scores) if name in numbers else _by_level(name, *levels[name], scores)
        looked_at += tried
        if rows:
            found.append(rows)
            least[name] = rows[0].p_value
    p_values = [rows[0].p_value for rows in found]
    single = _named([row for rows in found for row in rows], p_values, found, SINGLE, looked_at)
    paired = sorted((name for name in least if name in levels), key=lambda name: least[name])[:MAX_PAIRED]
    pairs = [row for two in combinations(sorted(paired), 2) for row in _by_pair(two, levels, scores)]
    both = _named(pairs, [row.p_value for row in pairs], [[row] for row in pairs], PAIRS, len(pairs))
    return sorted([*single, *both], key=lambda of: (of.p_value, of.attribute, -abs(of.effect.estimate)))


def is_member(of: GroupEffect, numbers: Mapping[str, Floats], groups: Groups) -> Bools | None:
    """Who is of a group of one attribute, bool[n]; those whose value is not known are not. None for a pair.

    Args:
        of: a group that `who_responds` has found.
        numbers: as there, of these users.
        groups: as there; those of ``numbers`` are not looked at.
    """
    if of.attribute in numbers and (of.low is not None or of.high is not None):
        values = numbers[of.attribute]
        low, high = -np.inf if of.low is None else of.low, np.inf if of.high is None else of.high
        return np.asarray((values >= low) & (values < high))
    return np.asarray(groups[of.attribute] == of.group, dtype=np.bool_) if of.attribute in groups else None


def _named(
    rows: list[_Found], p_values: list[float], families: list[list[_Found]], share: float, looked_at: int
) -> list[GroupEffect]:
    """Rows with adjusted p-values, those of a family alike, and intervals that hold for all that was looked at."""
    if not rows:
        return []
    z = NormalDist().inv_cdf(1 - 0.025 * share / max(looked_at, 1))
    adjusted = np.minimum(holm(p_values) / share, 1.0)
    return [
        GroupEffect(
            of.attribute,
            of.group,
            of.users,
            Interval(of.effect, of.effect - z * of.error, of.effect + z * of.error),
            float(p),
            of.low,
            of.high,
        )
        for family, p in zip(families, adjusted, strict=True)
        for of in family
    ]


def _sides(name: str, values: Floats, scores: Floats) -> tuple[list[_Found], int]:
    """The sides of the best cut of a number, and how many sides were looked at."""
    known = np.isfinite(values)
    values, scores = values[known], scores[known]
    cuts = candidate_cuts(values)
    parts = np.searchsorted(cuts, values, side="right")
    ones = np.ones(values.size)
    sums = [_summed(parts, of, cuts.size + 1) for of in (ones, scores, scores**2)]
    cut = best_cut(cuts, *sums) if values.size >= 4 * MIN_USERS else None
    if cut is None:
        return [], 0
    below = values < cut.below
    sides = (
        (f"below {cut.below:g}", below, None, cut.below),
        (f"{cut.below:g} and above", ~below, cut.below, None),
    )
    rows = [
        _Found(name, group, int(side.sum()), *_mean(scores[side]), cut.p_value, low, high)
        for group, side, low, high in sides
    ]
    return rows, 2 * cuts.size


def _by_level(name: str, names: list[str], level: NDArray[np.intp], scores: Floats) -> tuple[list[_Found], int]:
    """Each level of words beside all others; the family's p-value is the least, times the number of levels."""
    known, found = level >= 0, []
    for number, group in enumerate(names):
        here, there = level == number, known & (level != number)
        if min(here.sum(), there.sum()) >= 2 * MIN_USERS:
            p = _unlike(scores[here], scores[there])
            found.append(_Found(name, group, int(here.sum()), *_mean(scores[here]), p))
    p = min([1.0, *(len(found) * row.p_value for row in found)])
    return [row._replace(p_value=p) for row in sorted(found, key=lambda row: row.p_value)], len(found)


def _by_pair(
    two: tuple[str, str], levels: Mapping[str, tuple[list[str], NDArray[np.intp]]], scores: Floats
) -> list[_Found]:
    """Each combination beside the others of its first group, and those of its second: the larger p-value counts."""
    (names, first), (others, second) = levels[two[0]], levels[two[1]]
    known = (first >= 0) & (second >= 0)
    cell = np.where(known, first * len(others) + second, 0)
    shape = len(names), len(others)
    n, s, q = (
        np.bincount(cell[known], weights=of[known], minlength=shape[0] * shape[1]).reshape(shape)
        for of in (np.ones(len(scores)), scores, scores**2)
    )
    found = []
    for a, b in zip(*np.nonzero(n >= 2 * MIN_USERS), strict=True):
        here = np.array([n[a, b], s[a, b], q[a, b]])
        rests = [
            np.array([of[a].sum() for of in (n, s, q)]) - here,
            np.array([of[:, b].sum() for of in (n, s, q)]) - here,
        ]
        if min(rest[0] for rest in rests) < 2 * MIN_USERS:
            continue
        p = max(_unlike_sums(here, rest) for rest in rests)
        effect, error = float(s[a, b] / n[a, b]), float(np.sqrt(_variance(here) / n[a, b]))
        found.append(_Found(" × ".join(two), f"{names[a]} × {others[b]}", int(n[a, b]), effect, error, p))
    return found


def _summed(parts: NDArray[np.intp], values: Floats, number: int) -> Floats:
    return np.asarray(np.bincount(parts, weights=values, minlength=number), dtype=np.float64)


def _levels(names: NDArray[np.object_]) -> tuple[list[str], NDArray[np.intp]]:
    """Names of groups, sorted, and the number of each user's, -1 where it is not known."""
    column = pl.Series(names.tolist(), dtype=pl.String)
    sorted_names = column.drop_nulls().unique().sort()
    numbers = column.cast(pl.Enum(sorted_names)).to_physical().cast(pl.Int64).fill_null(-1)
    return sorted_names.to_list(), numbers.to_numpy().astype(np.intp)


def _mean(scores: Floats) -> tuple[float, float]:
    return float(scores.mean()), float(scores.std(ddof=1) / np.sqrt(scores.size))


def _variance(sums: Floats) -> float:
    """Of scores with these numbers, sums and sums of squares."""
    n, s, q = sums
    return max(float(q / n - (s / n) ** 2) * float(n / (n - 1)), 0.0)


def _unlike(here: Floats, there: Floats) -> float:
    return _unlike_sums(*(np.array([of.size, of.sum(), (of**2).sum()]) for of in (here, there)))


def _unlike_sums(here: Floats, there: Floats) -> float:
    """p-value of two means being one; the larger of the errors with and without variances of their own."""
    apart = _variance(here) / here[0] + _variance(there) / there[0]
    alike = _variance(here + there) * (1 / here[0] + 1 / there[0])
    error = float(np.sqrt(max(apart, alike)))
    difference = abs(float(here[1] / here[0] - there[1] / there[0]))
    return 1.0 if error == 0 else 2 * NormalDist().cdf(-difference / error)
