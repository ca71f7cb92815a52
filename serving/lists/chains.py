"""Fallback chains: steps asked in order until an answer is full, each item naming the step that gave it.

What belongs here: the walk, without knowing any model. What the steps of a list are is `serving.lists.lists`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, Protocol

from assets.models.ranked import Ranked
from assets.models.rules.effects import Pin
from assets.models.rules.picks import Chosen

__all__ = ["PINNED", "BestFirst", "Chooser", "Filled", "Pick", "Step", "Tried", "fill"]

PINNED = "rules"
"""Module of products that the shop put where they are."""
DEEPER = 4
"""How many times as many products the last step is asked for where its first ones may not be shown."""


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
    rules: tuple[str, ...] = ()
    """Names of the shop's rules that moved it."""


class Tried(NamedTuple):
    """A step that was asked and did not answer first: what it gave, and why it knew of nothing, if it did not."""

    module: str
    items: int
    note: str | None


class Filled(NamedTuple):
    """An answer: as long as asked for whenever the last step knows enough items that may be in it."""

    picks: list[Pick]
    answered_by: str
    """Module of the first step that gave an item; ``none`` if no step did."""
    tried: list[Tried]
    """The other steps that were asked, in order."""


class Chooser(Protocol):
    """Who decides which products of a step's ranking an answer takes."""

    @property
    def pins(self) -> Mapping[int, Pin]:
        """Place, from 1, → the product that the shop wants there."""
        ...

    def depth(self, room: int) -> int:
        """How many products to ask a step for, so that ``room`` of them can be chosen."""
        ...

    def choose(self, pool: Ranked, room: int) -> list[Chosen]:
        """Up to ``room`` products of a ranking, never one that was chosen before."""
        ...

    def names(self, item: int) -> tuple[str, ...]:
        """Rules that moved a product up or down."""
        ...


class BestFirst:
    """A step's best products in its order: an answer under no rule."""

    pins: Mapping[int, Pin] = MappingProxyType({})

    def __init__(self, leave_out: Collection[int] = ()) -> None:
        """None of ``leave_out`` may be in the answer."""
        self._taken = set(leave_out)

    def depth(self, room: int) -> int:
        """Items already taken may lead this ranking too: that many more."""
        return room + len(self._taken)

    def choose(self, pool: Ranked, room: int) -> list[Chosen]:
        """The first ``room`` that are not taken."""
        chosen: list[Chosen] = []
        for item, score in zip(pool.items.tolist(), pool.scores.tolist(), strict=True):
            if item not in self._taken and len(chosen) < room:
                self._taken.add(item)
                chosen.append(Chosen(item, score))
        return chosen

    def names(self, item: int) -> tuple[str, ...]:
        """None."""
        return ()


def fill(steps: Iterable[Step], k: int, chooser: Chooser | None = None, *, exhaust: bool = False) -> Filled:
    """Walk ``steps`` until ``k`` items are found; no item twice.

    Args:
        steps: In order of preference; those behind the one that fills the answer are not made.
        k: At least 1.
        chooser: Whom to leave the choice to; none takes the best of each step.
        exhaust: Ask every step for more and more while the chooser wants none of what it gave; by default the last
            one alone, which knows whatever the others know.
    """
    by = BestFirst() if chooser is None else chooser
    picks: list[Pick] = []
    asked: list[Tried] = []
    answered_by = "none"
    left = iter(steps)
    while room := k - len(by.pins) - len(picks):
        step = next(left, None)
        if step is None:
            break
        found: list[Chosen] = []
        note = step.note
        if step.rank is not None:
            depth = by.depth(room)
            while True:
                pool = step.rank(depth)
                note = None if len(pool.items) else note
                found += by.choose(pool, room - len(found))
                if len(found) == room or len(pool.items) < depth:
                    break
                if not exhaust and (following := next(left, None)) is not None:
                    left = chain([following], left)
                    break
                depth *= DEEPER
        picks += [Pick(c.item, c.score, step.module, step.reason(c.item), by.names(c.item)) for c in found]
        if found and answered_by == "none":
            answered_by = step.module
        else:
            asked.append(Tried(step.module, len(found), note))
    if by.pins:
        picks = _with_pins(picks, by.pins)
        answered_by = PINNED if answered_by == "none" else answered_by
    return Filled(picks, answered_by, asked)


def _with_pins(picks: Sequence[Pick], pins: Mapping[int, Pin]) -> list[Pick]:
    """Each pin at its place; one whose place lies behind a short answer's end comes last of the others."""
    put = {
        place: Pick(pin.item, 1.0, PINNED, f"put at place {place} by the shop", (pin.name,))
        for place, pin in sorted(pins.items())
    }
    length = len(picks) + len(put)
    others = iter([*picks, *(pick for place, pick in put.items() if place > length)])
    return [put[place] if place in put else next(others) for place in range(1, length + 1)]
