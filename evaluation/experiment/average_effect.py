"""What a trial's contacts did on average, in all users and in groups of them.

What belongs here: differences of means with their intervals. What does not: whether the trial is valid (the other
modules here), and effects of single users.

Rows are users, each once (`evaluation.experiment.contamination.first_exposures`). Means are weighted by the inverse of
the probability of the row's arm (Hájek 1971), which where all are alike is the plain difference of means.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats
from evaluation.insufficient import InsufficientDataError
from evaluation.resampling.bootstrap import Interval
from evaluation.resampling.multiplicity import holm
from evaluation.resampling.normal import Z_95

__all__ = ["AverageEffect", "GroupEffect", "average_effect", "effects_by_group"]

POWER = 0.8
MIN_USERS = 30
"""Users of either arm below which a group is not told apart."""


@dataclass(frozen=True, slots=True)
class AverageEffect:
    """The effect of a contact on the mean outcome."""

    users: int
    control: float
    """Mean outcome without a contact."""
    effect: Interval
    """Mean outcome with a contact less ``control``, with its 95 % interval."""
    p_value: float
    """Of no effect (two-sided, normal)."""
    detectable: float
    """Smallest effect that a trial of this size finds in four of five cases, at the 5 % level."""


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The effect in one group of users."""

    attribute: str
    group: str
    users: int
    effect: Interval
    """With a 95 % interval that holds for all groups together (Bonferroni)."""
    p_value: float
    """Of the group's effect being that of all other users, adjusted for the number of groups (Holm)."""
    low: float | None = None
    """Of the side of a cut: the group's least number, or none."""
    high: float | None = None
    """Of the side of a cut: the number that the group stays below, or none."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "GroupEffect":
        """Of the JSON of one, whose ``effect`` is an object of estimate, lower and upper."""
        return cls(**{**row, "effect": Interval(**row["effect"])})

    def in_words(self) -> str:
        """Such as ``age below 35: +18.2 % ± 6.0 %``, in points of the outcome's rate."""
        half = (self.effect.upper - self.effect.lower) / 2
        return f"{self.attribute} {self.group}: {100 * self.effect.estimate:+.1f} % ± {100 * half:.1f} %"


def average_effect(outcome: Floats, treatment: Bools, propensity: Floats) -> AverageEffect:
    """The average effect of a trial.

    Args:
        outcome: any number a user, float64[n].
        treatment: whether the user was contacted, bool[n].
        propensity: probability of the arm that the user was in, float64[n] in (0, 1].

    Raises:
        InsufficientDataError: fewer than two users in an arm.
    """
    if min(int(treatment.sum()), int((~treatment).sum())) < 2:
        raise InsufficientDataError("an arm has fewer than two users, so there is no effect to measure")
    control, effect, error = _difference(outcome, treatment, 1 / propensity)
    found = Z_95 + NormalDist().inv_cdf(POWER)
    return AverageEffect(
        len(outcome),
        control,
        Interval(effect, effect - Z_95 * error, effect + Z_95 * error),
        _p_value(effect, error),
        found * error,
    )


def effects_by_group(
    outcome: Floats, treatment: Bools, propensity: Floats, groups: Mapping[str, NDArray[np.object_]]
) -> list[GroupEffect]:
    """The effect in each group of each attribute, the one that differs most clearly from the others first.

    Args:
        outcome: as `average_effect`.
        treatment: as `average_effect`.
        propensity: as `average_effect`.
        groups: attribute → name of each user's group, None where it is not known. Groups of fewer than ``MIN_USERS`` in
            an arm are left out, and so are attributes of one group.
    """
    weight = 1 / propensity
    found = []
    for attribute, names in groups.items():
        members = {name: names == name for name in sorted({name for name in names if name is not None})}
        kept = {name: rows for name, rows in members.items() if _is_large(treatment, rows)}
        for name, rows in kept.items() if len(members) > 1 else ():
            if not _is_large(treatment, ~rows):
                continue
            (_, here, error), (_, there, other) = (
                _difference(outcome[of], treatment[of], weight[of]) for of in (rows, ~rows)
            )
            unlike = _p_value(here - there, float(np.hypot(error, other)))
            found.append((attribute, name, int(rows.sum()), here, error, unlike))
    if not found:
        return []
    z = NormalDist().inv_cdf(1 - 0.025 / len(found))
    adjusted = holm([p for *_, p in found])
    effects = [
        GroupEffect(attribute, name, users, Interval(effect, effect - z * error, effect + z * error), float(p))
        for (attribute, name, users, effect, error, _), p in zip(found, adjusted, strict=True)
    ]
    return sorted(effects, key=lambda group: (group.p_value, group.attribute, group.group))


def _is_large(treatment: Bools, rows: Bools) -> bool:
    treated = int((treatment & rows).sum())
    return min(treated, int(rows.sum()) - treated) >= MIN_USERS


def _difference(outcome: Floats, treatment: Bools, weight: Floats) -> tuple[float, float, float]:
    """Mean without a contact, the difference with one, and its standard error."""
    means, variances = [], []
    for arm in (~treatment, treatment):
        w, y = weight[arm], outcome[arm]
        mean = float((w * y).sum() / w.sum())
        means.append(mean)
        variances.append(float((w**2 * (y - mean) ** 2).sum() / w.sum() ** 2) * len(y) / (len(y) - 1))
    return means[0], means[1] - means[0], float(np.sqrt(sum(variances)))


def _p_value(difference: float, error: float) -> float:
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return 2 * NormalDist().cdf(-abs(difference) / error)
