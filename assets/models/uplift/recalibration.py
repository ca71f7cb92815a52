"""Correcting predicted effects where that demonstrably brings them nearer to the measured ones.

What belongs here: the two maps (a line, a monotone curve) and the choice among them and none. What does not: reading
calibration (`assets.models.uplift.calibration`). Both maps keep the order of users.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.calibration import best_linear_predictor
from evaluation.arrays import Floats

__all__ = ["Recalibration"]


MAPS = ("none", "line", "isotonic")
N_FOLDS = 5
MIN_SLOPE = 0.05
"""A slope that noise makes flat or negative would erase or turn the order of users; shrinking by 95 % is enough."""
MIN_BLOCK_ROWS = 200
"""Rows that a point of the monotone curve stands for at least."""


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A monotone map of effects: linear between ``knots`` and ``values``, with the end slopes carried on."""

    kind: str
    knots: tuple[float, ...]
    values: tuple[float, ...]
    errors: tuple[tuple[str, float], ...] = ()
    """Cross-validated mean squared error of each map less that of ``none``, to the AIPW scores."""

    @classmethod
    def identity(cls) -> Self:
        """The map that changes nothing."""
        return cls("none", (0.0, 1.0), (0.0, 1.0))

    @classmethod
    def line(cls, uplift: Floats, scores: Floats) -> Self:
        """Shrink (or stretch) to the best linear predictor."""
        fit = best_linear_predictor(uplift, scores)
        start = fit.intercept - max(fit.slope, MIN_SLOPE) * fit.mean_prediction
        return cls("line", (0.0, 1.0), (start, start + max(fit.slope, MIN_SLOPE)))

    @classmethod
    def isotonic(cls, uplift: Floats, scores: Floats) -> Self:
        """Least-squares monotone curve through the means of blocks of rows; the line where there are few blocks."""
        from sklearn.isotonic import IsotonicRegression

        blocks = min(100, len(uplift) // MIN_BLOCK_ROWS)
        if blocks < 3:
            return cls.line(uplift, scores)
        order = np.argsort(uplift, kind="stable")
        knots = np.array([part.mean() for part in np.array_split(uplift[order], blocks)])
        means = np.array([part.mean() for part in np.array_split(scores[order], blocks)])
        kept = np.append(True, np.diff(knots) > 1e-12)
        values = IsotonicRegression().fit(knots, means).predict(knots)
        if kept.sum() < 2:
            return cls.line(uplift, scores)
        # A trace of the line keeps users within a flat step in their order.
        slope = MIN_SLOPE * (knots - knots.mean())
        return cls("isotonic", tuple(knots[kept].tolist()), tuple((0.95 * values + slope + 0.05 * means.mean())[kept]))

    @classmethod
    def chosen(cls, uplift: Floats, scores: Floats, *, user: NDArray[np.intp] | None = None, seed: int = 0) -> Self:
        """The map with the lowest cross-validated error, or none where its gain is within a standard error of 0.

        Args:
            uplift: out-of-sample predictions float64[n].
            scores: AIPW scores of the same rows; noisy, but their mean is the effect, so errors to them rank maps as
                errors to the truth would.
            user: number of each row's user; rows of a user are judged together.
            seed: of the folds.

        Raises:
            ValueError: see `assets.models.uplift.calibration.best_linear_predictor`.
        """
        rows = np.arange(len(uplift)) if user is None else user
        numbers, of_row = np.unique(rows, return_inverse=True)
        fold = (np.random.default_rng(seed).permutation(numbers.size) % N_FOLDS)[of_row]
        gain = {name: np.empty(len(uplift)) for name in ("line", "isotonic")}
        for number in range(N_FOLDS):
            train, test = fold != number, fold == number
            before = (scores[test] - uplift[test]) ** 2
            for name, values in gain.items():
                after = getattr(cls, name)(uplift[train], scores[train]).apply(uplift[test])
                values[test] = before - (scores[test] - after) ** 2
        errors = (("none", 0.0), *((name, -float(values.mean())) for name, values in gain.items()))
        name, best = max(gain.items(), key=lambda item: float(item[1].mean()))
        sums = np.bincount(of_row, weights=best - best.mean())
        helps = best.mean() > np.sqrt(np.sum(sums**2)) / len(best)
        chosen = getattr(cls, name)(uplift, scores) if helps else cls.identity()
        return cls(chosen.kind, chosen.knots, chosen.values, errors)

    def apply(self, uplift: Floats) -> Floats:
        """Corrected effects float64[n], within [-1, 1]."""
        if self.kind == "none":
            return uplift
        knots, values = np.array(self.knots), np.array(self.values)
        inside = np.interp(uplift, knots, values)
        below = np.minimum(uplift - knots[0], 0.0) * (values[1] - values[0]) / (knots[1] - knots[0])
        above = np.maximum(uplift - knots[-1], 0.0) * (values[-1] - values[-2]) / (knots[-1] - knots[-2])
        return np.asarray(np.clip(inside + below + above, -1.0, 1.0))

    def to_json(self) -> dict[str, Any]:
        """Plain lists."""
        return {"kind": self.kind, "knots": self.knots, "values": self.values, "errors": self.errors}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        errors = tuple((str(name), float(error)) for name, error in body["errors"])
        return cls(body["kind"], tuple(body["knots"]), tuple(body["values"]), errors)
