"""Do the arms have the sizes that were meant where the odds differ between users? By inverse propensity weights.

What belongs here: the test of any number of arms of which each row knows the probability of its own alone. What does
not: arms whose shares are the same for all (`evaluation.experiment.sample_ratio`, which is sharper on days of few
users).

Each user of an arm stands for 1 / p users, p being the probability that the log gives: those of each arm together stand
for everybody (Horvitz and Thompson 1952), whatever the odds of the other arms were. An arm that some users could not
get stands for fewer. Chance is judged by Bernstein's inequality, which holds for any number of users.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.arrays import Bools, Floats
from evaluation.resampling.checked import finite_vector
from evaluation.resampling.multiplicity import ALPHA, holm

__all__ = ["WeighedArm", "WeightedRatio", "weighted_ratio"]


@dataclass(frozen=True, slots=True)
class WeighedArm:
    """Whom the users of an arm stand for."""

    arm: str
    day: str
    """Empty: all days together."""
    users: int
    """Users of every arm from the first to the last day of this one."""
    stands_for: float
    """Sum of 1 / p over the users of the arm."""
    p_value: float
    """Two-sided, adjusted for all arms, and for all days where it is of one (Holm)."""


@dataclass(frozen=True, slots=True)
class WeightedRatio:
    """Every arm, and the days that differ."""

    arms: tuple[WeighedArm, ...]
    days: tuple[WeighedArm, ...]
    """Arms on days that differ from what was meant, the most surprising first."""
    passed: bool
    verdict: str


def weighted_ratio(
    arm: ArrayLike, propensity: ArrayLike, *, day: ArrayLike | None = None, alpha: float = ALPHA
) -> WeightedRatio:
    """Test that the users of each arm, weighed by 1 / p, stand for all users.

    An arm's time is from the first to the last day that it was given to anyone.

    Args:
        arm: label of each user's arm, str[n]; every user who was assigned is there.
        propensity: probability of the user's own arm, float[n] in (0, 1).
        day: day on which each user was first exposed, str[n] (None: overall only).
        alpha: level of each of the two families of tests.

    Raises:
        ValueError: no rows, unequal lengths, NaN, or a propensity outside (0, 1).
    """
    labels, chance = np.asarray(arm, dtype=np.str_), finite_vector(propensity, "propensity")
    if labels.shape != chance.shape:
        raise ValueError(f"arm has shape {labels.shape} but propensity {chance.shape}: one of each a user")
    if ((chance <= 0) | (chance >= 1)).any():
        raise ValueError("propensity must lie strictly between 0 and 1")
    days = np.full(labels.shape, "") if day is None else np.asarray(day, dtype=np.str_)
    if days.shape != labels.shape:
        raise ValueError(f"day has shape {days.shape} but arm {labels.shape}: one day a row")
    overall, cells = [], []
    for name in np.unique(labels):
        dates = np.unique(days[labels == name])
        # An arm may come later than others, or be stopped: it stands for the users of its time.
        live = (days >= dates[0]) & (days <= dates[-1])
        overall.append(_cell(name, "", labels, chance, live))
        if day is not None:
            cells += [_cell(name, date, labels, chance, days == date) for date in np.unique(days[live])]
    overall = _adjusted(overall)
    odd = sorted((cell for cell in _adjusted(cells) if cell.p_value < alpha), key=lambda cell: (cell.p_value, cell.day))
    wrong = [cell for cell in overall if cell.p_value < alpha]
    return WeightedRatio(tuple(overall), tuple(odd), not wrong and not odd, _in_words(overall, wrong, odd))


def _cell(name: str, date: str, labels: NDArray[np.str_], chance: Floats, here: Bools) -> WeighedArm:
    """One arm among the rows ``here``, its p-value not yet adjusted."""
    inside = labels == name
    users, stands_for = int(here.sum()), float((1 / chance[inside & here]).sum())
    # Of 1{arm} / p the variance is 1 / p - 1, which only rows of the arm tell; a day of few has that of all days.
    spread = max(_mean_variance(chance[inside]), _mean_variance(chance[inside & here]))
    away = stands_for - users
    furthest = 1 / chance[inside].min() - 1 if away > 0 else 1.0
    exponent = away**2 / 2 / (users * spread + furthest * abs(away) / 3)
    return WeighedArm(str(name), str(date), users, stands_for, min(1.0, 2 * float(np.exp(-exponent))))


def _mean_variance(chance: Floats) -> float:
    """Variance of 1{arm} / p, averaged over all users by those of the arm; 0 without any."""
    return float(np.average(1 / chance - 1, weights=1 / chance)) if chance.size else 0.0


def _adjusted(cells: list[WeighedArm]) -> list[WeighedArm]:
    p_values = holm([cell.p_value for cell in cells])
    return [
        WeighedArm(cell.arm, cell.day, cell.users, cell.stands_for, float(p))
        for cell, p in zip(cells, p_values, strict=True)
    ]


def _in_words(overall: list[WeighedArm], wrong: list[WeighedArm], odd: list[WeighedArm]) -> str:
    sizes = ", ".join(f"{cell.arm} {cell.stands_for:,.0f} of {cell.users:,}" for cell in overall)
    message = f"Weighed by 1 / logged probability, each arm should stand for all users of its time: {sizes}"
    if not wrong and not odd:
        return f"{message}. The arms have the sizes that were meant."
    if wrong:
        message += "; " + ", ".join(f"{cell.arm} does not (p = {cell.p_value:.2g})" for cell in wrong)
    if odd:
        first = odd[0]
        message += (
            f"; {len({cell.day for cell in odd})} days differ, most of all {first.day}, where {first.arm} stands for "
            f"{first.stands_for:,.0f} of {first.users:,}"
        )
    return (
        f"{message}. Users were lost or added after the assignment, some could never get the arm, or the logged "
        "probabilities are not those that users were assigned by. No effect of this arm should be believed: compare "
        "the assignment's code with the log."
    )
