"""Area under the ROC curve with its standard error.

What belongs here: the area of one score, weighed and with ties. What does not: what the score was made for.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from evaluation.arrays import Floats
from evaluation.resampling.checked import finite_vector

__all__ = ["Auc", "auc"]


class Auc(NamedTuple):
    """The area in [0, 1]; 0.5 for a score that knows nothing."""

    area: float
    standard_error: float


def _below(sorted_values: Floats, cumulative: Floats, at: Floats) -> Floats:
    """Weight of the values below each of ``at``, those equal to it by half."""
    left = cumulative[np.searchsorted(sorted_values, at, side="left")]
    right = cumulative[np.searchsorted(sorted_values, at, side="right")]
    return np.asarray((left + right) / 2)


def auc(label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Auc:
    """Probability that a row of label 1 scores above one of label 0, a tie counting half.

    The variance is that of the placements of each row among those of the other label (DeLong et al. 1988), here with
    weights.

    Args:
        label: 0/1, [n].
        score: float[n].
        weight: how much each row counts, float[n] above 0 (None: equally).

    Raises:
        ValueError: NaN, unequal lengths, a label that is not 0 or 1, one label only, or a weight of 0 or less.
    """
    labels, scores = finite_vector(label, "label"), finite_vector(score, "score")
    weights = np.ones(scores.size) if weight is None else finite_vector(weight, "weight")
    if not labels.size == scores.size == weights.size:
        raise ValueError(f"label, score and weight differ in length: {labels.size}, {scores.size}, {weights.size}")
    if not np.isin(labels, (0.0, 1.0)).all() or np.unique(labels).size < 2:
        raise ValueError("label must be 0 or 1 and have both")
    if (weights <= 0).any():
        raise ValueError("weight must be above 0 in every row")
    order = np.argsort(scores, kind="stable")
    labels, scores, weights = labels[order], scores[order], weights[order]
    parts = [(scores[labels == value], weights[labels == value]) for value in (1.0, 0.0)]
    sums = [np.append(0.0, np.cumsum(part[1])) for part in parts]
    above = _below(parts[1][0], sums[1], parts[0][0]) / sums[1][-1]
    under = 1 - _below(parts[0][0], sums[0], parts[1][0]) / sums[0][-1]
    area = float(np.average(above, weights=parts[0][1]))
    variance = sum(
        float((part[1] ** 2 * (placement - area) ** 2).sum() / part[1].sum() ** 2)
        for part, placement in zip(parts, (above, under), strict=True)
    )
    return Auc(area, float(np.sqrt(variance)))
