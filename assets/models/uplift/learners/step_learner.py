"""A learner of steps: honest trees on doubly robust scores, which take turns in who decides the cuts.

What belongs here: the turns and the average. What does not: a tree (`assets.models.uplift.learners.honest_tree`).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from assets.models.uplift.learners.boosting import boosted_predictions, loaded_booster, save_booster
from assets.models.uplift.learners.effects import Effects, TrialSample, effects_from
from assets.models.uplift.learners.honest_tree import HonestTree
from assets.models.uplift.learners.nuisances import Nuisances
from evaluation.arrays import Floats

__all__ = ["Steps"]

TURNS = 5


@dataclass(frozen=True, slots=True)
class Steps:
    """The mean of honest trees, each grown on four fifths of the users and read off the fifth that is left.

    Other learners shrink what stands out: a step in one attribute of many is bent into a line, or spread over all
    columns. A tree that is cut only beyond chance keeps it whole, and has one effect for all where there is none.
    Each user tells of effects once (cross-fitting), so that no half of the trial is given up for honesty.
    """

    name: ClassVar[str] = "steps"

    control: Any
    trees: tuple[HonestTree, ...]

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Grow a tree for each turn."""
        parts = shared or Nuisances(sample, seed)
        s, part = parts.sample, parts.sample.parts(TURNS, seed)
        present = s.weight > 0
        turns = ((np.flatnonzero(present & (part != n)), np.flatnonzero(present & (part == n))) for n in range(TURNS))
        return cls(
            parts.base,
            tuple(HonestTree.fit(parts.parted, parts.scores, s.weight, *turn) for turn in turns if turn[1].size),
        )

    def predict(self, X: Floats) -> Effects:
        """Effects of X float64[n, p]; p_control plus the effect is kept within [0, 1]."""
        effect = np.mean([tree.predict(X) for tree in self.trees], axis=0)
        return effects_from(boosted_predictions(self.control, X), effect)

    def save(self, folder: Path) -> None:
        """Write the trees as JSON and the control arm's booster as text into an existing folder."""
        save_booster(self.control, folder / "control.txt")
        body = [tree.to_json() for tree in self.trees]
        (folder / "steps.json").write_text(json.dumps(body), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        body = json.loads((folder / "steps.json").read_text(encoding="utf-8"))
        return cls(loaded_booster(folder / "control.txt"), tuple(HonestTree.from_json(tree) for tree in body))
