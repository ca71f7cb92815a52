"""What an uplift learner answers with, and the inputs that every learner takes.

What belongs here: the arrays and the rules they keep. What does not: any learner.
"""

from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats
from evaluation.insufficient import InsufficientDataError

__all__ = ["Effects", "TrialSample", "effects_from"]


PROPENSITY_FLOOR = 0.01
"""Propensities are kept this far from 0 and 1, so that no single user outweighs a hundred others."""


class Effects(NamedTuple):
    """Per user: probability of the outcome without and with the ad, and the effect; each float64[n]."""

    p_control: Floats
    p_treated: Floats
    uplift: Floats

    @classmethod
    def of(cls, p_control: Floats, p_treated: Floats) -> Self:
        """Of learners that model both probabilities."""
        return cls(p_control, p_treated, p_treated - p_control)


def effects_from(p_control: Floats, effect: Floats) -> Effects:
    """Effects of learners that model the effect itself; p_treated is kept within [0, 1], and uplift follows it."""
    return Effects.of(p_control, np.clip(p_control + effect, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class TrialSample:
    """A trial to learn from: matrix float64[n, p] (NaN = missing) and float64[n] each of the rest."""

    X: Floats
    treatment: Floats
    outcome: Floats
    propensity: Floats
    weight: Floats
    """How often a row counts (1, or a bootstrap weight)."""
    user: NDArray[np.intp]
    """Number of the row's user: rows of one user never part in cross-fitting."""

    @classmethod
    def of(
        cls,
        X: Floats,
        treatment: Floats,
        outcome: Floats,
        propensity: Floats | None,
        user: NDArray[np.intp] | None = None,
    ) -> Self:
        """Check the arrays; a missing propensity (None or NaN) is the treated share, missing users are one a row.

        Raises:
            ValueError: unequal lengths, or treatment or outcome not 0/1.
            InsufficientDataError: an arm in which only one outcome occurs.
        """
        n = len(X)
        if not n == len(treatment) == len(outcome):
            raise ValueError(
                f"{n} rows of features, {len(treatment)} treatments, {len(outcome)} outcomes: must be equal"
            )
        for name, values in (("treatment", treatment), ("outcome", outcome)):
            if not np.isin(values, (0, 1)).all():
                raise ValueError(f"{name} must be 0 or 1 in every row")
        for arm in (0, 1):
            seen = outcome[treatment == arm]
            if seen.size == 0 or seen.min() == seen.max():
                what = "no users" if seen.size == 0 else "one outcome only"
                raise InsufficientDataError(
                    f"the {'treated' if arm else 'control'} arm has {what}: an effect cannot be learned"
                )
        share = float(np.mean(treatment))
        known = np.full(n, share) if propensity is None else np.where(np.isnan(propensity), share, propensity)
        return cls(
            np.asarray(X, dtype=np.float64),
            np.asarray(treatment, dtype=np.float64),
            np.asarray(outcome, dtype=np.float64),
            np.clip(known, PROPENSITY_FLOOR, 1 - PROPENSITY_FLOOR),
            np.ones(n),
            np.arange(n) if user is None else np.asarray(user, dtype=np.intp),
        )

    def take(self, rows: Bools | NDArray[np.intp]) -> "TrialSample":
        """The sample of some rows."""
        return TrialSample(*(getattr(self, field.name)[rows] for field in fields(self)))

    def reweighted(self, weight: Floats) -> "TrialSample":
        """The same rows, counted ``weight`` times."""
        return replace(self, weight=weight)

    def parts(self, parts: int, seed: int) -> NDArray[np.intp]:
        """Part 0 … parts - 1 of each row, int[n]: of equal numbers of users of either arm, in random order."""
        users, first, row_user = np.unique(self.user, return_index=True, return_inverse=True)
        shuffled = np.random.default_rng(seed).permutation(users.size)
        # Dealt out within the four kinds of users, so that no part lacks responders of an arm.
        kind = (2 * self.treatment + self.outcome)[first][shuffled]
        part = np.empty(users.size, dtype=np.intp)
        part[shuffled[np.argsort(kind, kind="stable")]] = np.arange(users.size) % parts
        return np.asarray(part[row_user])

    def balanced_weight(self) -> Floats:
        """Weights that make both arms look like the whole population: inverse propensity, mean-stabilised per arm.

        Equal to `weight` where everybody had the same propensity.
        """
        treated = self.treatment == 1
        inverse = np.where(treated, 1 / self.propensity, 1 / (1 - self.propensity))
        for arm in (treated, ~treated):
            inverse[arm] /= np.average(inverse[arm], weights=self.weight[arm])
        return np.asarray(self.weight * inverse)
