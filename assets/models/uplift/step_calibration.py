"""Effects that have the right level on either side of a step which the trial shows beyond chance.

What belongs here: finding the step, the correction of effects and of their intervals. What does not: learners.

A blend of learners that shrink may place a step well and halve its size, or hardly see it. Its mean error on each side
is known from users that it was not trained on, so each side is moved by it (multiaccuracy: Kim, Ghorbani & Zou 2019).
Who stands before whom within a side stays as the learners say.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.learners.honest_tree import Parted, best_split
from evaluation.arrays import Bools, Floats

__all__ = ["StepCalibration", "cross_corrected"]


@dataclass(frozen=True, slots=True)
class StepCalibration:
    """A cut of one column, and of each of its sides, the one below it first, how far effects are off."""

    column: int
    below: float
    shifts: tuple[float, float]
    """Added to effects."""
    errors: tuple[float, float]
    """Standard error of the mean effect of a side."""
    levels: tuple[tuple[float, float], ...] = ()
    """Added to each replica, so that its mean is that of the corrected effects."""

    @classmethod
    def found(cls, X: Floats, scores: Floats, uplift: Floats, user: NDArray[np.intp]) -> Self | None:
        """The step of least p-value, corrected for all columns and cuts; None where none is beyond chance.

        Nor is there one where effects rise or fall along the column more clearly than they differ at its best cut: that
        is a slope, which learners express.

        Args:
            X: features float64[n, p].
            scores: doubly robust scores of the effect, float64[n].
            uplift: effects of the same rows by models that were not trained on them, float64[n].
            user: number of each row's user, int[n]. One row of each counts: others are no further evidence.
        """
        rows = np.unique(user, return_index=True)[1]
        X, scores, uplift = X[rows], scores[rows], uplift[rows]
        parted = Parted.of(X)
        split = best_split(parted, scores, np.ones(rows.size), np.arange(rows.size))
        if split is None:
            return None
        column, cut = split
        slope = float(np.corrcoef(parted.parts[column], scores)[0, 1]) * np.sqrt(rows.size)
        if abs(slope) >= abs(cut.statistic):
            return None
        above = X[:, column] >= cut.below
        shifts, errors = [], []
        for side in (~above, above):
            missed = scores[side] - uplift[side]
            mean, error = float(missed.mean()), float(missed.std(ddof=1) / np.sqrt(missed.size))
            # An error of the size of chance is left alone (James & Stein 1961, positive part).
            shifts.append(mean * max(0.0, 1 - (error / mean) ** 2) if mean else 0.0)
            errors.append(error)
        return cls(column, cut.below, (shifts[0], shifts[1]), (errors[0], errors[1]))

    def levelled(self, X: Floats, effects: Floats, replicas: Sequence[Floats]) -> Self:
        """This step for the replicas of a model.

        Args:
            X: features of the rows trained on, float64[n, p].
            effects: their effects, not yet corrected by this step, float64[n].
            replicas: the same by each replica.
        """
        above, corrected = self._above(X), self.apply(X, effects)
        levels = tuple(
            (float((corrected - of)[~above].mean()), float((corrected - of)[above].mean())) for of in replicas
        )
        return replace(self, levels=levels)

    def apply(self, X: Floats, effects: Floats) -> Floats:
        """Corrected effects of X, float64[n] within [-1, 1]."""
        return np.clip(effects + self._of_side(self.shifts, X), -1.0, 1.0)

    def distance(self, X: Floats, effects: Floats, replicas: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Root mean square distance of replicas brought to the level of ``effects``, and its error; float64[n]."""
        away = [of + self._of_side(level, X) - effects for of, level in zip(replicas, self.levels, strict=True)]
        return np.sqrt(np.mean(np.square(away), axis=0)), self._of_side(self.errors, X)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        levels = tuple((level[0], level[1]) for level in body["levels"])
        return cls(body["column"], body["below"], tuple(body["shifts"]), tuple(body["errors"]), levels)

    def _above(self, X: Floats) -> Bools:
        return np.asarray(X[:, self.column] >= self.below)

    def _of_side(self, pair: tuple[float, float], X: Floats) -> Floats:
        return np.where(self._above(X), pair[1], pair[0])


def cross_corrected(
    X: Floats, scores: Floats, uplift: Floats, user: NDArray[np.intp], fold: NDArray[np.intp]
) -> Floats:
    """Effects of users not trained on, each corrected by the step that the other folds show, float64[n].

    Args:
        X: as `StepCalibration.found`.
        scores: as there.
        uplift: as there.
        user: as there.
        fold: number of each row's fold, int[n]; rows of a user are in one.
    """
    corrected = uplift.copy()
    for number in np.unique(fold):
        here = fold == number
        step = StepCalibration.found(X[~here], scores[~here], uplift[~here], user[~here])
        if step is not None:
            corrected[here] = step.apply(X[here], uplift[here])
    return corrected
