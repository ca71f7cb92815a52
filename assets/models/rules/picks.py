"""Choosing the products of one answer under a shop's rules, pool after pool.

What belongs here: pure choice over arrays: a pool of ranked products in, the chosen ones out. Which modules are asked
for pools is serving's part.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import Ranked
from assets.models.rules.caps import CapCounts
from assets.models.rules.effects import Pin, RuleSet
from evaluation.arrays import Bools, Floats, Ints32

__all__ = ["POOL", "Chosen", "RulePicks", "normalised", "pool_depth"]

POOL = 50
"""Fewest products of a module that rules choose from; more for long answers."""


class Chosen(NamedTuple):
    """A product and the score that its module gave it."""

    item: int
    score: float


def pool_depth(k: int) -> int:
    """How many products to ask a module for, so that rules can choose ``k``: bounded, as depth costs time."""
    return max(POOL, 3 * k)


def normalised(scores: NDArray[np.floating]) -> Floats:
    """(score - least) / (largest - least), in [0, 1]; all 1 where scores are equal."""
    values = scores.astype(np.float64)
    low, span = values.min(), values.max() - values.min()
    return (values - low) / span if span > 0 else np.ones_like(values)


class RulePicks:
    """What one answer holds so far, and what it may still take."""

    def __init__(self, rules: RuleSet, k: int, n_items: int, allowed: Bools | None, leave_out: Collection[int]) -> None:
        """An answer of at most ``k`` products of those in ``allowed`` (bool[n_items]) and not in ``leave_out``."""
        self._rules, self._depth = rules, pool_depth(k)
        self._counts = CapCounts(rules.caps)
        self._chosen: list[int] = []
        self._taken = np.zeros(n_items, dtype=np.bool_)
        self._taken[list(leave_out)] = True
        self.pins: dict[int, Pin] = {}
        """Place, from 1, → the pin that has it: each that is eligible, at its place or the next one that is free."""
        for pin in rules.pins:
            place = pin.place
            while place in self.pins:
                place += 1
            if place > k or not (allowed is None or allowed[pin.item]) or self._taken[pin.item]:
                continue
            if self._counts.fits(pin.item):
                self.pins[place] = pin
                self._take(pin.item)

    def after(self) -> "RulePicks":
        """For what stands behind this answer: nothing twice and the same caps, in the order of the modules."""
        behind = RulePicks(RuleSet(caps=self._rules.caps), 1, len(self._taken), None, ())
        behind._counts, behind._taken = self._counts, self._taken
        return behind

    def depth(self, room: int) -> int:
        """How many products to ask a module for, so that ``room`` of them can be chosen."""
        enough = room + int(np.count_nonzero(self._taken))
        return max(enough, self._depth) if self._rules.reorders else enough

    def names(self, item: int) -> tuple[str, ...]:
        """Rules that moved a product up or down."""
        return tuple(lift.name for lift in self._rules.lifts if lift.mask[item])

    def choose(self, pool: Ranked, room: int) -> list[Chosen]:
        """Take up to ``room`` products of a pool, best first; none twice, and none that a cap forbids.

        Scores are normalised over the pool before boosts and burials are added; then products are taken by score, or
        by maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): λ · score - (1 - λ) · greatest likeness to
        what the answer holds. Ties go to the lower item, or stay in the pool's order where no rule changes scores.
        """
        if not pool.items.size:
            return []
        free = ~self._taken[pool.items]
        items, scores = pool.items[free], pool.scores[free]
        rules, values = self._rules, normalised(pool.scores)[free]
        if rules.lift is not None:
            values = values + rules.lift[items]
            order = np.lexsort((items, -values))
            items, scores, values = items[order], scores[order], values[order]
        chosen: list[Chosen] = []
        for start in range(0, len(items), self._depth):
            if len(chosen) == room:
                break
            part = slice(start, start + self._depth)
            picked = self._picked(items[part], values[part], room - len(chosen))
            chosen += [Chosen(int(items[start + at]), float(scores[start + at])) for at in picked]
        return chosen

    def _picked(self, items: Ints32, values: Floats, room: int) -> list[int]:
        """Rows of ``items`` that are taken, in turn; without diversity in their order."""
        diversity = self._rules.diversity
        if diversity is None and not self._rules.caps:
            for item in items[:room].tolist():
                self._take(item)
            return list(range(min(room, len(items))))
        fit = self._counts.among(items)
        open_, picked = fit(), list[int]()
        likeness = None if diversity is None else diversity.likeness.among(items)
        nearest = np.full(len(items), -np.inf)
        if likeness is not None:
            for item in self._chosen:
                nearest = np.maximum(nearest, likeness(item))
        while len(picked) < room and open_.any():
            if diversity is None or likeness is None:
                at = int(np.argmax(open_))
            else:
                against = nearest if self._chosen else 0.0
                worth = diversity.relevance * values - (1 - diversity.relevance) * against
                at = int(np.argmax(np.where(open_, worth, -np.inf)))
                nearest = np.maximum(nearest, likeness(int(items[at])))
            open_[at] = False
            picked.append(at)
            if self._take(int(items[at])):
                open_ &= fit()
        return picked

    def _take(self, item: int) -> bool:
        self._taken[item] = True
        self._chosen.append(item)
        return self._counts.add(item)
