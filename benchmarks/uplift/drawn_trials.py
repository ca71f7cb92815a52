"""Trials drawn at random, with effects that are known: columns, forms, sizes and rates differ from one to the next.

What belongs here: how a trial is drawn. What does not: learners and figures (`benchmarks.uplift.drawn`).

A trial has 5 to 12 columns of five kinds that go along with each other a little, 8,000 to 50,000 users, and 1 to 30 %
of responses without the ad. Log-odds of a response and effect on them are each a sum over some columns: straight, in
steps or levelling off, for some codes with a value of their own for each level, for some with products of two columns.
Half of the skewed columns act by their order of magnitude, half in their own unit.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from evaluation.arrays import Floats

__all__ = ["DrawnTrial", "drawn_trial"]


FRESH_USERS = 40_000
"""Users that are ranked, of the same world and not in the trial."""
REFERENCE_USERS = 20_000
"""Users by which columns and sums are standardised."""
_KINDS = ("flag", "code", "normal", "skewed", "count")
_LEVELS = 10


class DrawnTrial(NamedTuple):
    """A trial, and other users with their true effects."""

    X: Floats
    """float64[n, p]"""
    treatment: Floats
    outcome: Floats
    fresh: Floats
    """float64[m, p]"""
    effect: Floats
    """True difference of the probabilities of a response, of the fresh users, float64[m]."""


@dataclass(frozen=True, slots=True)
class _Sum:
    """A sum over columns, standardised on the reference users."""

    weights: Floats
    products: tuple[tuple[int, int, float], ...]
    form: str
    """``straight``, ``steps`` or ``levelling``."""

    @classmethod
    def draw(cls, rng: np.random.Generator, columns: int, share: float, form: str, products: float) -> Self:
        weights = rng.normal(size=columns) * (rng.random(columns) < share)
        if not weights.any():
            weights[rng.integers(columns)] = 1.0
        pairs = (rng.choice(columns, 2, replace=False) for _ in range(3))
        return cls(weights, tuple((int(a), int(b), products * float(rng.normal())) for a, b in pairs), form)

    def of(self, basis: Floats, levels: dict[int, Floats]) -> Floats:
        """float64[n] of standardised columns; ``levels`` replace the columns of some codes."""
        bent = {"straight": np.clip(basis, -3, 3), "steps": np.sign(basis), "levelling": np.tanh(1.5 * basis)}[
            self.form
        ]
        for column, values in levels.items():
            bent[:, column] = values
        return np.asarray(bent @ self.weights + sum(v * bent[:, a] * bent[:, b] for a, b, v in self.products))


class _World:
    """Columns and sums of one world."""

    def __init__(self, rng: np.random.Generator) -> None:
        columns = int(rng.integers(5, 13))
        self._kinds = rng.choice(_KINDS, columns, p=[0.25, 0.25, 0.15, 0.25, 0.1])
        self._shapes = rng.random((columns, 6))
        self._logged = (self._kinds == "skewed") & (rng.random(columns) < 0.5)
        self._levels = {
            column: rng.normal(size=_LEVELS)
            for column, kind in enumerate(self._kinds)
            if kind == "code" and rng.random() < 0.4
        }
        self._base = _Sum.draw(rng, columns, 0.6, "straight", rng.choice([0.0, 0.5]))
        form = str(rng.choice(["straight", "steps", "levelling"]))
        self._move = _Sum.draw(rng, columns, rng.choice([0.25, 0.5, 0.9]), form, rng.choice([0.0, 0.0, 0.7]))
        self._with_base = rng.choice([0.0, 0.0, 0.5, -0.5])
        rate = np.exp(rng.uniform(np.log(0.01), np.log(0.3)))
        self._log_odds, self._spread = np.log(rate / (1 - rate)), rng.uniform(0.3, 1.0)
        self._mean_effect, self._heterogeneity = rng.uniform(0.0, 0.6), rng.uniform(0.05, 0.5)
        reference = self.columns(rng, REFERENCE_USERS)
        plain = self._plain(reference)
        self._centre, self._scale = plain.mean(axis=0), np.maximum(plain.std(axis=0), 1e-9)
        base, move = self._sums(reference)
        self._moments = base.mean(), max(base.std(), 1e-9), move.mean(), max(move.std(), 1e-9)

    def columns(self, rng: np.random.Generator, users: int) -> Floats:
        """float64[users, p]."""
        common = rng.normal(size=users)
        drawn = np.empty((users, len(self._kinds)))
        for column, (kind, shape) in enumerate(zip(self._kinds, self._shapes, strict=True)):
            z = 0.4 * common + np.sqrt(1 - 0.4**2) * rng.normal(size=users)
            if kind == "flag":
                drawn[:, column] = z > 1.5 * (shape[0] - 0.5)
            elif kind == "code":
                drawn[:, column] = 1 + np.digitize(z, np.sort(3 * (shape[1:] - 0.5))[: int(2 + 4 * shape[0])])
            elif kind == "normal":
                drawn[:, column] = 30 + 10 * z
            elif kind == "skewed":
                drawn[:, column] = np.exp(1 + (0.7 + shape[0]) * z)
            else:
                drawn[:, column] = 1 + np.floor(12 / (1 + np.exp(-1.7 * z)))
        return drawn

    def chances(self, X: Floats) -> tuple[Floats, Floats]:
        """Probabilities of a response without and with the ad, float64[n] each."""
        base, move = self._sums(X)
        centre, scale, move_centre, move_scale = self._moments
        base, move = (base - centre) / scale, (move - move_centre) / move_scale
        without = self._log_odds + self._spread * base
        moved = self._mean_effect + self._heterogeneity * (move + self._with_base * base)
        return 1 / (1 + np.exp(-without)), 1 / (1 + np.exp(-without - moved))

    def _plain(self, X: Floats) -> Floats:
        """Columns as they act."""
        return np.where(self._logged, np.log(np.maximum(X, 1e-9)), X)

    def _sums(self, X: Floats) -> tuple[Floats, Floats]:
        basis = (self._plain(X) - self._centre) / self._scale
        levels = {column: values[X[:, column].astype(np.intp)] for column, values in self._levels.items()}
        return self._base.of(basis, levels), self._move.of(basis, levels)


def drawn_trial(seed: int) -> DrawnTrial:
    """Draw a world, a trial in it with a fair coin for each user, and fresh users."""
    rng = np.random.default_rng(seed)
    world = _World(rng)
    users = int(np.exp(rng.uniform(np.log(8_000), np.log(50_000))))
    X, fresh = world.columns(rng, users), world.columns(rng, FRESH_USERS)
    treatment = (rng.random(users) < 0.5).astype(np.float64)
    without, treated = world.chances(X)
    outcome = (rng.random(users) < np.where(treatment == 1, treated, without)).astype(np.float64)
    before, after = world.chances(fresh)
    return DrawnTrial(X, treatment, outcome, fresh, after - before)
