"""Trials whose effect is a step in one attribute, or nil: what a cross-table shows at once, and a blend may miss.

What belongs here: how a trial is drawn. What does not: models and figures (`benchmarks.uplift.steps`).

A trial has 2,500 users, 5 to 9 attributes of four kinds that go along with each other a little, and 5 to 20 % of
responses without the ad, more likely by one or two of the attributes. The ad adds 15 to 20 points on one side of a cut
in an attribute, which a fifth to a third of the users are on, and takes away up to 2 points from all others.
"""

from typing import NamedTuple

import numpy as np

from evaluation.arrays import Bools, Floats

__all__ = ["USERS", "StepTrial", "step_trial"]

USERS = 2_500
_KINDS = ("flag", "normal", "skewed", "count")


class StepTrial(NamedTuple):
    """A trial, a fair coin for each user, and what is true of it."""

    X: Floats
    """float64[n, p]"""
    treatment: Floats
    outcome: Floats
    step: int
    """Column of the step; -1 where nobody responds otherwise than others."""
    inside: Bools
    """Users on the side of the step that responds, bool[n]; none without a step."""
    effect: Floats
    """True difference of the probabilities of a response, float64[n]."""


def step_trial(seed: int, *, step: bool = True, users: int = USERS) -> StepTrial:
    """Draw a trial; without a step the ad has no effect on anybody."""
    rng = np.random.default_rng((seed, 16))
    columns = int(rng.integers(5, 10))
    kinds = rng.choice(_KINDS, columns, p=[0.25, 0.3, 0.25, 0.2])
    at = int(rng.integers(columns))
    kinds[at] = rng.choice(_KINDS[1:3])
    X = np.column_stack(
        [_column(kind, rng, z) for kind, z in zip(kinds, _correlated(rng, columns, users), strict=True)]
    )
    cut = np.quantile(X[:, at], share := rng.uniform(0.2, 1 / 3))
    inside = X[:, at] < cut
    if rng.random() < 0.5:
        inside = X[:, at] >= np.quantile(X[:, at], 1 - share)
    rate = rng.uniform(0.05, 0.20)
    base = (X - X.mean(axis=0)) / X.std(axis=0) @ (rng.normal(size=columns) * (rng.random(columns) < 1.5 / columns))
    chance = np.clip(rate * np.exp(0.3 * np.clip(base, -2, 2)), 0.01, 0.5)
    effect = np.where(inside, rng.uniform(0.15, 0.20), -np.minimum(rng.uniform(0, 0.02), 0.5 * chance))
    if not step:
        at, inside, effect = -1, np.zeros(users, dtype=bool), np.zeros(users)
    treatment = (rng.random(users) < 0.5).astype(np.float64)
    outcome = (rng.random(users) < chance + treatment * effect).astype(np.float64)
    return StepTrial(X, treatment, outcome, at, inside, effect)


def _correlated(rng: np.random.Generator, columns: int, users: int) -> Floats:
    """Standard normal float64[columns, users], each two correlated at 0.09."""
    common = rng.normal(size=users)
    return np.asarray(0.3 * common + np.sqrt(1 - 0.3**2) * rng.normal(size=(columns, users)))


def _column(kind: str, rng: np.random.Generator, z: Floats) -> Floats:
    if kind == "flag":
        return np.where(z > rng.uniform(-0.8, 0.8), 1.0, 0.0)
    if kind == "normal":
        return np.round(42 + 13 * z)
    if kind == "skewed":
        return np.asarray(np.round(np.exp(3 + rng.uniform(0.5, 1.2) * z), 2), dtype=np.float64)
    return np.asarray(np.floor(10 / (1 + np.exp(-1.5 * z))), dtype=np.float64)
