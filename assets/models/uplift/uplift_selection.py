"""How much to believe each learner: cross-validated on the users at hand.

What belongs here: folds, figures and weights. What does not: the refit (`assets.models.uplift.uplift_model`).

Weights go by squared errors to AIPW scores (the DR-score), whose noise is common to all learners and falls out of the
difference of their errors; that of a Qini does not (docs/decisions/0015). The learners are averaged, each with a weight
that says how much better than the others it was (`assets.models.uplift.exponential_weights`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assets.models.uplift.exponential_weights import exponential_weights
from assets.models.uplift.learners.effects import TrialSample
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.response_model import ResponseModel
from assets.models.uplift.learners.uplift_learners import CANDIDATES, PRIOR, learner_named
from evaluation.arrays import Bools, Floats
from evaluation.insufficient import InsufficientDataError
from evaluation.uplift.qini import qini_coefficient

__all__ = ["BASELINES", "BLEND", "N_FOLDS", "Figure", "Selection", "TooFewResponsesError", "weigh"]

N_FOLDS = 5
MIN_CELL_ROWS = 20
"""Exposures there must be of each arm with and without the outcome, before effects are learned at all."""
MIN_WEIGHT = 0.02
"""A learner of less weight is left out: it costs a fit and moves nothing."""
BLEND = "blend"
"""Name of the figures of the weighted average, which is what the model uses."""
BASELINES = ("response", "random")
"""What is measured beside the learners and never used."""


class TooFewResponsesError(InsufficientDataError):
    """The trial is too small to learn individual effects from."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The Qini coefficient of the blend, a learner or a baseline on each validation fold."""

    name: str
    folds: tuple[float, ...]
    weight: float
    """Share in the blend; 1 of the blend itself, 0 of a baseline."""

    @property
    def mean(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.folds))


class Selection(NamedTuple):
    """The weights, everyone's figures, and the blend's effects of rows that it was not trained on."""

    weights: dict[str, float]
    """Of the learners that have one, summing to 1, simplest first."""
    figures: tuple[Figure, ...]
    uplift: Floats
    """float64[n], in the order of the sample; a fold's weights come from the other folds."""


def _check_size(sample: TrialSample) -> None:
    sizes = np.bincount((2 * sample.treatment + sample.outcome).astype(np.intp), minlength=4)
    if sizes.min() < MIN_CELL_ROWS:
        raise TooFewResponsesError(
            "to learn individual effects at least "
            f"{MIN_CELL_ROWS} exposures of each arm must have, and lack, the outcome; there are {sizes[0]} controls "
            f"without and {sizes[1]} with it, {sizes[2]} treated without and {sizes[3]} with it: run the trial longer"
        )


def weigh(
    sample: TrialSample,
    scores: Floats,
    *,
    candidates: Sequence[str] = CANDIDATES,
    seed: int = 0,
) -> Selection:
    """Cross-validate the candidates and the baselines; return the candidates' weights and everyone's figures.

    Args:
        sample: the trial; rows of a user stay in one fold.
        scores: AIPW scores of its rows (`Nuisances.scores`), float64[n].
        candidates: names of learners.
        seed: of the folds and fits.

    Raises:
        TooFewResponsesError: the trial is too small.
        ValueError: no candidates, or an unknown one.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from: name at least one uplift learner")
    learners = {name: learner_named(name) for name in candidates}
    _check_size(sample)
    user, fold = np.unique(sample.user, return_inverse=True)[1], sample.parts(N_FOLDS, seed)
    held_out = np.empty((len(learners), len(sample.X)))
    baselines = np.empty((len(BASELINES), len(sample.X)))
    for number in range(N_FOLDS):
        here = fold == number
        train, X = sample.take(~here), sample.X[here]
        shared = Nuisances(train, seed)
        for row, learner in enumerate(learners.values()):
            held_out[row, here] = learner.fit(train, seed, shared).predict(X).uplift
        baselines[0, here] = ResponseModel.fit(train, seed, shared.binned).predict(X)
        baselines[1, here] = np.random.default_rng((seed, number)).random(len(X))
    prior = np.array([PRIOR[name] for name in learners])

    def weights(rows: Bools) -> Floats:
        raw = exponential_weights(held_out[:, rows] - scores[rows], prior, user[rows])
        kept = np.where(raw >= MIN_WEIGHT, raw, 0.0)
        return np.asarray(kept / kept.sum())

    uplift = np.empty(len(sample.X))
    for number in range(N_FOLDS):
        uplift[fold == number] = weights(fold != number) @ held_out[:, fold == number]
    shares = dict(zip(learners, weights(np.ones(len(fold), dtype=bool)).tolist(), strict=True))

    def figure(name: str, values: Floats, weight: float) -> Figure:
        parts = (fold == number for number in range(N_FOLDS))
        folds = (qini_coefficient(sample.outcome[part], sample.treatment[part], values[part]) for part in parts)
        return Figure(name, tuple(folds), weight)

    figures = (
        figure(BLEND, uplift, 1.0),
        *(figure(name, values, shares[name]) for name, values in zip(learners, held_out, strict=True)),
        *(figure(name, values, 0.0) for name, values in zip(BASELINES, baselines, strict=True)),
    )
    return Selection({name: share for name, share in shares.items() if share > 0}, figures, uplift)
