"""How much to believe each learner: cross-validated on the users at hand.

What belongs here: folds, figures and weights. What does not: the reported measure (a model knows nothing of
`evaluation`) and the refit (`assets.models.uplift.uplift_model`).

Weights go by squared errors to AIPW scores (the DR-score), not by the Qini coefficient. Both are noisy: at a purchase
rate of 1 % a score's noise is a hundred times the effects' variance. But the noise of the scores is common to all
learners and falls out of the difference of their errors, while a Qini sees the order of users alone and, on a
validation split of 10,000 users, has a standard deviation as large as the differences between good learners. And nobody
need be chosen where the errors cannot tell: the learners are averaged, each with a weight that says how much better
than the others it was (`assets.models.uplift.exponential_weights`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.uplift.effects import TrialSample
from assets.models.uplift.exponential_weights import exponential_weights
from assets.models.uplift.nuisances import Nuisances
from assets.models.uplift.response_model import ResponseModel
from assets.models.uplift.uplift_learners import CANDIDATES, PRIOR, learner_named

__all__ = ["BASELINES", "BLEND", "Figure", "Measure", "Selection", "TooFewResponsesError", "assign_folds", "weigh"]

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats, Floats], float]
"""(outcome, treatment, score) -> figure, higher is better."""

FOLDS = 5
MIN_CELL_ROWS = 20
"""Exposures there must be of each arm with and without the outcome, before effects are learned at all."""
MIN_WEIGHT = 0.02
"""A learner of less weight is left out: it costs a fit and moves nothing."""
BLEND = "blend"
"""Name of the figures of the weighted average, which is what the model uses."""
BASELINES = ("response", "random")
"""What is measured beside the learners and never used."""


class TooFewResponsesError(ValueError):
    """The trial is too small to learn individual effects from."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The measure of the blend, a learner or a baseline on each validation fold."""

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


def assign_folds(treatment: Floats, outcome: Floats, user: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Fold 0 … FOLDS - 1 of each row: all rows of a user share one, arms and outcomes are spread evenly.

    Args:
        treatment: 0/1 a row.
        outcome: 0/1 a row.
        user: number of the row's user, 0 … users - 1.
        seed: of the order in which users are dealt out.

    Raises:
        TooFewResponsesError: fewer than `MIN_CELL_ROWS` rows in an arm with, or without, the outcome.
    """
    cells = (2 * treatment + outcome).astype(np.intp)
    sizes = np.bincount(cells, minlength=4)
    if sizes.min() < MIN_CELL_ROWS:
        raise TooFewResponsesError(
            "to learn individual effects at least "
            f"{MIN_CELL_ROWS} exposures of each arm must have, and lack, the outcome; there are {sizes[0]} controls "
            f"without and {sizes[1]} with it, {sizes[2]} treated without and {sizes[3]} with it: run the trial longer"
        )
    # A user of several exposures is dealt out by the first of them.
    cell = cells[np.unique(user, return_index=True)[1]]
    shuffled = np.random.default_rng(seed).permutation(cell.size)
    dealt = shuffled[np.argsort(cell[shuffled], kind="stable")]
    fold = np.empty(cell.size, dtype=np.intp)
    fold[dealt] = np.arange(cell.size) % FOLDS
    return fold[user]


def weigh(
    sample: TrialSample,
    scores: Floats,
    measure: Measure,
    *,
    candidates: Sequence[str] = CANDIDATES,
    seed: int = 0,
) -> Selection:
    """Cross-validate the candidates and the baselines; return the candidates' weights and everyone's figures.

    Args:
        sample: the trial; rows of a user stay in one fold.
        scores: AIPW scores of its rows (`Nuisances.scores`), float64[n].
        measure: of the figures.
        candidates: names of learners.
        seed: of the folds and fits.

    Raises:
        TooFewResponsesError: the trial is too small.
        ValueError: no candidates, or an unknown one.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from: name at least one uplift learner")
    learners = {name: learner_named(name) for name in candidates}
    user = np.unique(sample.user, return_inverse=True)[1]
    fold = assign_folds(sample.treatment, sample.outcome, user, seed)
    held_out = np.empty((len(learners), len(sample.X)))
    baselines = np.empty((len(BASELINES), len(sample.X)))
    for number in range(FOLDS):
        here = fold == number
        train, X = sample.take(~here), sample.X[here]
        shared = Nuisances(train, seed)
        for row, learner in enumerate(learners.values()):
            held_out[row, here] = learner.fit(train, seed, shared).predict(X).uplift
        baselines[0, here] = ResponseModel.fit(train, seed, shared.binned).predict(X)
        baselines[1, here] = np.random.default_rng((seed, number)).random(len(X))
    prior = np.array([PRIOR[name] for name in learners])

    def weights(rows: NDArray[np.bool_]) -> Floats:
        found = exponential_weights(held_out[:, rows] - scores[rows], prior, user[rows])
        kept = np.where(found >= MIN_WEIGHT, found, 0.0)
        return np.asarray(kept / kept.sum())

    uplift = np.empty(len(sample.X))
    for number in range(FOLDS):
        uplift[fold == number] = weights(fold != number) @ held_out[:, fold == number]
    shares = dict(zip(learners, weights(np.ones(len(fold), dtype=bool)).tolist(), strict=True))

    def figure(name: str, values: Floats, weight: float) -> Figure:
        parts = (fold == number for number in range(FOLDS))
        folds = (measure(sample.outcome[part], sample.treatment[part], values[part]) for part in parts)
        return Figure(name, tuple(folds), weight)

    figures = (
        figure(BLEND, uplift, 1.0),
        *(figure(name, values, shares[name]) for name, values in zip(learners, held_out, strict=True)),
        *(figure(name, values, 0.0) for name, values in zip(BASELINES, baselines, strict=True)),
    )
    return Selection({name: share for name, share in shares.items() if share > 0}, figures, uplift)
