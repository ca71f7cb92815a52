"""Several learners in one: their probabilities and effects, averaged with fixed weights.

What belongs here: the average and its files. What does not: finding the weights
(`assets.models.uplift.uplift_selection`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from assets.models.uplift.learners.effects import Effects, TrialSample
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.uplift_learners import Learner, learner_named
from evaluation.arrays import Floats

__all__ = ["Blend"]


@dataclass(frozen=True, slots=True)
class Blend:
    """A convex combination of learners."""

    name: ClassVar[str] = "blend"

    members: tuple[Learner, ...]
    weights: tuple[float, ...]

    @classmethod
    def fit(
        cls, sample: TrialSample, weights: Mapping[str, float], seed: int = 0, shared: Nuisances | None = None
    ) -> Self:
        """Fit the learners that have a weight; they share what ``shared`` holds."""
        parts = shared or Nuisances(sample, seed)
        members = tuple(learner_named(name).fit(sample, seed, parts) for name in weights)
        return cls(members, tuple(weights.values()))

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]."""
        members = np.array([member.predict(X) for member in self.members])
        return Effects(*np.tensordot(np.array(self.weights), members, axes=1))

    @property
    def shares(self) -> dict[str, float]:
        """Weight of each member by its name."""
        return {member.name: weight for member, weight in zip(self.members, self.weights, strict=True)}

    def save(self, folder: Path) -> None:
        """Write ``blend.json`` and a folder for each member, named after it, into an existing folder."""
        (folder / "blend.json").write_text(json.dumps(self.shares), encoding="utf-8")
        for member in self.members:
            (folder / member.name).mkdir()
            member.save(folder / member.name)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body: dict[str, float] = json.loads((folder / "blend.json").read_text(encoding="utf-8"))
        return cls(tuple(learner_named(name).load(folder / name) for name in body), tuple(body.values()))
