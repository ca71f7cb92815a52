"""Fallback chains: steps asked in order until an answer is full, each item naming the step that gave it.

What belongs here: the walk, without knowing any model. What the steps of a list are is `serving.lists`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assets.models.ranked import Ranked

__all__ = ["Filled", "Pick", "Step", "Tried", "fill"]


@dataclass(frozen=True, slots=True)
class Step:
    """One way to answer."""

    module: str
    """Name that items and answers carry."""
    rank: Callable[[int], Ranked] | None
    """Best ``k`` eligible items; none if the step is not possible, for the reason in ``note``."""
    reason: Callable[[int], str]
    """Why an item of this step is there, in words."""
    note: str | None = None


class Pick(NamedTuple):
    """An item of an answer; scores of different modules cannot be compared."""

    item: int
    score: float
    module: str
    reason: str


class Tried(NamedTuple):
    """A step that was asked and did not answer first: what it gave, and why nothing if it is known."""

    module: str
    items: int
    note: str | None


class Filled(NamedTuple):
    """An answer: as long as asked for whenever the last step knows enough items."""

    picks: list[Pick]
    answered_by: str
    """Module of the first step that gave an item; ``none`` if no step did."""
    tried: list[Tried]
    """The other steps that were asked, in order."""


def fill(steps: Sequence[Step], k: int, leave_out: Collection[int] = ()) -> Filled:
    """Walk ``steps`` until ``k`` items are found; no item twice, none of ``leave_out``.

    Args:
        steps: In order of preference.
        k: At least 1.
        leave_out: Items that may not be in the answer.
    """
    picks: list[Pick] = []
    taken = set(leave_out)
    asked: list[Tried] = []
    answered_by = "none"
    for step in steps:
        if len(picks) == k:
            break
        found = 0
        if step.rank is not None:
            # Items already taken may lead this ranking too: ask for that many more.
            ranked = step.rank(k - len(picks) + len(taken))
            for item, score in zip(ranked.items.tolist(), ranked.scores.tolist(), strict=True):
                if item not in taken and len(picks) < k:
                    taken.add(item)
                    picks.append(Pick(item, score, step.module, step.reason(item)))
                    found += 1
        if found and answered_by == "none":
            answered_by = step.module
        else:
            asked.append(Tried(step.module, found, step.note))
    return Filled(picks, answered_by, asked)
