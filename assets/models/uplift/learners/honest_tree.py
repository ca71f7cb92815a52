"""A tree of effects that is grown on some users and read off others.

What belongs here: one tree. What does not: which users are which, and what is averaged
(`assets.models.uplift.learners.step_learner`).
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Floats
from evaluation.experiment.best_cut import Cut, best_cut, candidate_cuts

__all__ = ["HonestTree", "Parted", "best_split"]

DEPTH = 3
"""Cuts on the way to a leaf at most."""
LEVEL = 0.05
"""Chance of a cut in a node whose users do not differ, over all columns and all cuts of each."""
MIN_LEAF = 20
"""Users, of those it is read off, below which a leaf has its parent's effect."""
_LEAF = -1


@dataclass(frozen=True, slots=True)
class Parted:
    """The columns of X float64[n, p], each told by which part of its cuts a row is in."""

    cuts: tuple[Floats, ...]
    parts: NDArray[np.uint8]
    """uint8[p, n]; a missing value is in the first part."""

    @classmethod
    def of(cls, X: Floats) -> Self:
        """Cut each column into parts of about equally many rows."""
        cuts = tuple(candidate_cuts(column) for column in X.T)
        return cls(cuts, np.stack([_part(column, at) for column, at in zip(X.T, cuts, strict=True)]))


@dataclass(frozen=True, slots=True)
class HonestTree:
    """An honest tree (Athey & Imbens 2016): no user both decided where it is cut and what a leaf's effect is.

    Nodes in order of their making, the root first. One is cut only where its two sides differ beyond chance, given all
    cuts that were tried in all columns; so the tree of a trial in which nobody differs is most often a single leaf.
    """

    column: tuple[int, ...]
    """Of each node; -1 in a leaf."""
    below: tuple[float, ...]
    """The cut: rows below it, and those whose value is missing, go to the first of two children."""
    child: tuple[int, ...]
    """Number of the first child; the second is the next."""
    effect: tuple[float, ...]

    @classmethod
    def fit(
        cls,
        parted: Parted,
        scores: Floats,
        weight: Floats,
        grown_on: NDArray[np.intp],
        read_off: NDArray[np.intp],
    ) -> Self:
        """Grow on some rows, and take effects from others.

        Args:
            parted: the features.
            scores: doubly robust scores of the effect, float64[n].
            weight: how often each row counts, float64[n].
            grown_on: rows that decide the cuts.
            read_off: rows, at least one, whose mean score is a leaf's effect; none of ``grown_on``.
        """
        nodes: list[tuple[int, float, int, float]] = [(_LEAF, 0.0, 0, _mean(scores, weight, read_off))]
        waiting = [(0, 0, grown_on, read_off)]
        while waiting:
            node, depth, grown, read = waiting.pop()
            found = best_split(parted, scores, weight, grown) if depth < DEPTH else None
            if found is None:
                continue
            column, cut = found
            inside = parted.parts[column] <= np.searchsorted(parted.cuts[column], cut.below)
            children = [(grown[inside[grown]], read[inside[read]]), (grown[~inside[grown]], read[~inside[read]])]
            effect = nodes[node][3]
            nodes[node] = column, cut.below, len(nodes), effect
            for below, of in children:
                waiting.append((len(nodes), depth + 1, below, of))
                nodes.append((_LEAF, 0.0, 0, _mean(scores, weight, of) if of.size >= MIN_LEAF else effect))
        return cls(*zip(*nodes, strict=True))

    def predict(self, X: Floats) -> Floats:
        """Effects of X float64[n, p], float64[n]."""
        column, below, child = (np.array(of) for of in (self.column, self.below, self.child))
        node = np.zeros(len(X), dtype=np.intp)
        for _ in range(DEPTH):
            rows = np.flatnonzero(column[node] != _LEAF)
            at = node[rows]
            node[rows] = child[at] + (X[rows, column[at]] >= below[at])
        return np.array(self.effect)[node]

    def to_json(self) -> dict[str, Any]:
        """Lists by node."""
        return {"column": self.column, "below": self.below, "child": self.child, "effect": self.effect}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(*(tuple(body[name]) for name in ("column", "below", "child", "effect")))


def _part(column: Floats, cuts: Floats) -> NDArray[np.uint8]:
    parts = np.searchsorted(cuts, column, side="right")
    return np.where(np.isnan(column), 0, parts).astype(np.uint8)


def _mean(scores: Floats, weight: Floats, rows: NDArray[np.intp]) -> float:
    return float(np.average(scores[rows], weights=weight[rows]))


def best_split(parted: Parted, scores: Floats, weight: Floats, rows: NDArray[np.intp]) -> tuple[int, Cut] | None:
    """The column and the cut of least p-value, where it is small enough given the number of columns."""
    w, score = weight[rows], scores[rows]
    sums, squares = w * score, w * score**2
    found: list[tuple[int, Cut]] = []
    for column, cuts in enumerate(parted.cuts):
        parts = parted.parts[column, rows]
        of_parts = [
            np.asarray(np.bincount(parts, weights=of, minlength=len(cuts) + 1), dtype=np.float64)
            for of in (w, sums, squares)
        ]
        if (cut := best_cut(cuts, *of_parts)) is not None:
            found.append((column, cut))
    if not found:
        return None
    column, cut = min(found, key=lambda of: (of[1].p_value, -abs(of[1].statistic)))
    return (column, cut) if cut.p_value * len(found) <= LEVEL else None
