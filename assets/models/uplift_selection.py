"""Which learner to use: cross-validated on the users at hand, by a measure that the caller gives.

What belongs here: folds, figures and the choice. What does not: the measure (a model knows nothing of
`evaluation`) and the refit (`assets.models.uplift_model`).

The product passes the Qini coefficient as the measure: it judges what the scores are used for, the order of users, and
needs no model of its own. Errors to doubly robust scores (the R- and DR-losses) judge the size of effects too, but at
a purchase rate of 1 % their noise is a hundred times the effects' variance; sizes are corrected afterwards
(`assets.models.recalibration`).

Repeated measurements on the same folds are paired, so a learner beats a simpler one only when the mean of its
differences exceeds their standard error. Without that rule the choice follows noise: the Qini of one validation
split of 10,000 users has a standard deviation about as large as the differences between good learners.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.effects import TrialSample
from assets.models.nuisances import Nuisances
from assets.models.response_model import ResponseModel
from assets.models.uplift_learners import CANDIDATES, learner_named

__all__ = ["BASELINES", "Figure", "Measure", "Selection", "TooFewResponsesError", "assign_folds", "select_learner"]

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats, Floats], float]
"""(outcome, treatment, score) -> figure, higher is better."""

FOLDS = 5
MIN_CELL_ROWS = 20
"""Exposures there must be of each arm with and without the outcome, before effects are learned at all."""
BASELINES = ("response", "random")
"""What is measured beside the candidates and never chosen."""


class TooFewResponsesError(ValueError):
    """The trial is too small to learn individual effects from."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The measure of one candidate or baseline on each validation fold."""

    name: str
    folds: tuple[float, ...]
    chosen: bool

    @property
    def mean(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.folds))


class Selection(NamedTuple):
    """The choice, everyone's figures, and the chosen learner's effects of rows that it was not trained on."""

    chosen: str
    figures: tuple[Figure, ...]
    uplift: Floats
    """float64[n], in the order of the sample."""
    rivals: tuple[str, ...]
    """Learners that the figures cannot tell from the best (the chosen one is among them), simplest first."""


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


def select_learner(
    sample: TrialSample,
    user: NDArray[np.intp],
    measure: Measure,
    *,
    candidates: Sequence[str] = CANDIDATES,
    seed: int = 0,
) -> Selection:
    """Cross-validate the candidates (simplest first) and the baselines; return the choice and everyone's figures.

    Raises:
        TooFewResponsesError: the trial is too small.
        ValueError: no candidates, or an unknown one.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from: name at least one uplift learner")
    learners = {name: learner_named(name) for name in candidates}
    fold = assign_folds(sample.treatment, sample.outcome, user, seed)
    measured: dict[str, list[float]] = {name: [] for name in (*learners, *BASELINES)}
    held_out = {name: np.empty(len(sample.X)) for name in learners}
    for number in range(FOLDS):
        train, test = sample.take(fold != number), sample.take(fold == number)
        shared = Nuisances(train, seed)
        scores = {name: learner.fit(train, seed, shared).predict(test.X).uplift for name, learner in learners.items()}
        scores["response"] = ResponseModel.fit(train, seed, shared.binned).predict(test.X)
        scores["random"] = np.random.default_rng((seed, number)).random(len(test.X))
        for name, score in scores.items():
            measured[name].append(measure(test.outcome, test.treatment, score))
            if name in held_out:
                held_out[name][fold == number] = score
    rivals = _within_noise_of_the_best({name: np.array(measured[name]) for name in learners})
    chosen = rivals[0]
    figures = tuple(Figure(name, tuple(folds), name == chosen) for name, folds in measured.items())
    return Selection(chosen, figures, held_out[chosen], rivals)


def _within_noise_of_the_best(measured: dict[str, Floats]) -> tuple[str, ...]:
    best = max(measured.values(), key=lambda folds: float(folds.mean()))
    behind = {name: best - folds for name, folds in measured.items()}
    # The best is never behind itself, so there is always a first one.
    return tuple(name for name, folds in behind.items() if folds.mean() <= folds.std(ddof=1) / np.sqrt(folds.size))
