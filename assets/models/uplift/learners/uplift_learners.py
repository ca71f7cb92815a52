"""The uplift learners there are, simplest first, and what each of them can do.

What belongs here: the list and the protocol. The learners are in `assets.models.uplift.learners.logit_learners` and
`tree_learners`; another one is added by writing it and naming it here.
"""

from pathlib import Path
from typing import ClassVar, Protocol, Self

from assets.models.uplift.learners.direct_learners import DRLinear, DRTrees, RLinear, RTrees
from assets.models.uplift.learners.effects import Effects, TrialSample
from assets.models.uplift.learners.logit_learners import SLogit, TLogit
from assets.models.uplift.learners.nuisances import Nuisances
from assets.models.uplift.learners.step_learner import Steps
from assets.models.uplift.learners.tree_learners import STrees, TTrees, XTrees
from evaluation.arrays import Floats

__all__ = ["CANDIDATES", "PRIOR", "Learner", "learner_named"]


class Learner(Protocol):
    """A fitted estimator of individual effects that is saved in open formats."""

    name: ClassVar[str]

    @classmethod
    def fit(cls, sample: TrialSample, seed: int = 0, shared: Nuisances | None = None) -> Self:
        """Learn from a trial; the same sample and seed give the same learner.

        ``shared``, made of the same sample and seed, saves what other learners have fitted already.
        """

    def predict(self, X: Floats) -> Effects:
        """Effects of users, as probabilities and their difference."""

    def save(self, folder: Path) -> None:
        """Write into an existing folder."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""


_PANEL: dict[type[Learner], float] = {
    DRLinear: 0.25, SLogit: 2.0, TLogit: 1.0, RLinear: 0.25, Steps: 3.0,
    XTrees: 0.5, DRTrees: 0.1, RTrees: 0.1, TTrees: 0.1, STrees: 4.0,
}  # fmt: skip
_LEARNERS: dict[str, type[Learner]] = {learner.name: learner for learner in _PANEL}

CANDIDATES = tuple(_LEARNERS)
"""Names of all learners, simplest first."""
PRIOR = {learner.name: weight for learner, weight in _PANEL.items()}
"""What a learner weighs before any data are seen: more where it does well on trials drawn at random
(`benchmarks.uplift.drawn`). DR and R, nearly one learner where everybody had the same propensity, share
theirs; trees on DR- and R-scores and an arm at a time need more users than most trials have."""


def learner_named(name: str) -> type[Learner]:
    """The class of a learner.

    Raises:
        ValueError: no such learner.
    """
    if name not in _LEARNERS:
        raise ValueError(f"unknown uplift learner {name!r}: choose from {', '.join(CANDIDATES)}")
    return _LEARNERS[name]
