"""Did things happen in the order that an experiment needs: features, assignment, exposure, outcome?

What belongs here: comparisons of instants. What does not: what the instants belong to.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["TimeOrder", "exposed_before_assigned", "features_after_exposure", "outcome_before_exposure"]


@dataclass(frozen=True, slots=True)
class TimeOrder:
    """Rows whose instants are in the wrong order."""

    rows: int
    """Rows that have both instants."""
    broken: int
    passed: bool
    verdict: str


def _instants(values: ArrayLike, name: str) -> NDArray[np.datetime64]:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind != "M":
        raise ValueError(f"{name} must be a one-dimensional array of datetime64 (NaT where there is none)")
    return array


def _order(first: tuple[str, ArrayLike], second: tuple[str, ArrayLike], fault: str, remedy: str) -> TimeOrder:
    before, after = _instants(first[1], first[0]), _instants(second[1], second[0])
    if before.shape != after.shape:
        raise ValueError(f"{first[0]} and {second[0]} must have equal lengths, got {before.size} and {after.size}")
    both = ~np.isnat(before) & ~np.isnat(after)
    # A comparison with NaT is false, so only rows with both instants can be broken.
    broken = int(((before >= after) if first[0] == "feature" else (before > after)).sum())
    verdict = f"{broken:,} of {int(both.sum()):,} rows {fault}."
    return TimeOrder(int(both.sum()), broken, broken == 0, f"{verdict} {remedy}" if broken else verdict)


def exposed_before_assigned(assigned: ArrayLike, exposed: ArrayLike) -> TimeOrder:
    """No exposure comes before the user's assignment to an arm; the same instant is in order.

    Both are datetime64[n], NaT where the assignment is not known.

    Raises:
        ValueError: unequal lengths, or no datetimes.
    """
    return _order(
        ("assigned", assigned),
        ("exposed", exposed),
        "were exposed before they were assigned to an arm",
        "Their arm was written down after the fact and may depend on what they did. Log the assignment when it is "
        "made, and leave these rows out.",
    )


def outcome_before_exposure(exposed: ArrayLike, outcome: ArrayLike) -> TimeOrder:
    """No outcome that is counted comes before the exposure; the same instant is in order.

    Both are datetime64[n]: ``outcome`` is the first one counted for the row, NaT where there was none.

    Raises:
        ValueError: unequal lengths, or no datetimes.
    """
    return _order(
        ("exposed", exposed),
        ("outcome", outcome),
        "count an outcome from before the exposure",
        "An exposure cannot have caused it. Count outcomes from the exposure to the end of the attribution window "
        "only, and check that both logs keep UTC.",
    )


def features_after_exposure(feature: ArrayLike, exposed: ArrayLike) -> TimeOrder:
    """Every feature is known strictly before the exposure.

    Both are datetime64[n]: ``feature`` is the latest record that a row's features were made from, NaT where there was
    none.

    Raises:
        ValueError: unequal lengths, or no datetimes.
    """
    return _order(
        ("feature", feature),
        ("exposed", exposed),
        "have a feature made from records at or after the exposure",
        "It has seen the effect that it is to predict, and no user to be scored will have it. Make features from "
        "records strictly before the exposure.",
    )
