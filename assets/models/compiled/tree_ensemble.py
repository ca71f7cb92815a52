"""Gradient-boosted trees read from LightGBM's text format, scored without LightGBM.

Belongs here: the reader and the compiled scorer of numeric trees without missing values. Rows that are far behind
after the first trees are dropped, which an ensemble allows as its trees are added up (docs/decisions/0011).

The two children of a node stand side by side, so that a comparison is added to the place of the first instead of
choosing between two; a leaf is its own child, so that every row of a tree takes as many steps. Without a branch to
guess, ``BLOCK`` rows walk a tree at once (Asadi, Lin and de Vries, TKDE 2014).
"""

from itertools import zip_longest
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.compiled.cache import compiled
from assets.models.compiled.partial_sort import top
from evaluation.arrays import Floats, Floats32

__all__ = ["TreeEnsemble"]

BLOCK = 8
"""Rows that walk a tree at once."""


class _Nodes(NamedTuple):
    """All trees' nodes, those of a tree one level after the other; unsigned, so that no place counts from the end."""

    roots: NDArray[np.uint32]
    """Node of each tree where rows begin."""
    depths: NDArray[np.uint32]
    """Steps from there to its farthest leaf."""
    feature: NDArray[np.uint32]
    threshold: Floats32
    """Where a row's feature is above it the second child comes next; infinite in a leaf."""
    child: NDArray[np.uint32]
    """The first child; the node itself in a leaf."""
    value: Floats
    """What a leaf adds, 0 elsewhere."""


class TreeEnsemble:
    """Trees whose leaves are added up."""

    def __init__(self, nodes: _Nodes) -> None:
        """Use ``parse``."""
        self._nodes = nodes

    @classmethod
    def parse(cls, *texts: str) -> Self:
        """Read models' texts.

        The trees of several models take turns, so that the first ones to be walked are the first ones of each.

        Raises:
            ValueError: If a tree splits on a category or on missing values, which this scorer does not know.
        """
        turns = zip_longest(*(text.split("\nTree=")[1:] for text in texts))
        trees = [_nodes(block) for turn in turns for block in turn if block is not None]
        sizes = [len(tree.feature) for tree in trees]
        roots = np.cumsum([0, *sizes])[:-1]
        joined = [np.concatenate(column) for column in zip(*(tree[2:] for tree in trees), strict=True)]
        return cls(
            _Nodes(
                roots.astype(np.uint32),
                np.concatenate([tree.depths for tree in trees]),
                joined[0],
                joined[1],
                joined[2] + np.repeat(roots, sizes).astype(np.uint32),
                joined[3],
            )
        )

    def scores(self, rows: Floats32, first: int | None = None, keep: int = 0) -> Floats:
        """Sum of the leaves of each row: float64[n].

        Args:
            rows: float32[n, features], finite.
            first: Trees after which all but the best rows are dropped; None drops none.
            keep: Rows that stay; those dropped score -inf.
        """
        cut = len(self._nodes.roots) if first is None else first
        return np.asarray(_scores(self._nodes, np.ascontiguousarray(rows), cut, keep))


def _nodes(block: str) -> _Nodes:
    """One tree from its lines of the model's text, its first node at place 0.

    Raises:
        ValueError: If it splits on a category or on missing values.
    """
    field = dict(line.split("=", 1) for line in block.split("\n\n", maxsplit=1)[0].splitlines() if "=" in line)
    leaves = list(map(float, field["leaf_value"].split()))
    if any(int(of) & 13 for of in field.get("decision_type", "").split()):
        raise ValueError("a tree of the ranker splits on categories or missing values; train it on numbers.")
    split_on, limit = field.get("split_feature", "").split(), field.get("threshold", "").split()
    left, right = (list(map(int, field.get(f"{side}_child", "").split())) for side in ("left", "right"))
    rows = list[tuple[int, float, int, float]]()
    # As LightGBM writes them, a node below 0 is the leaf -1 - node.
    level, depth = [0 if split_on else -1], 0
    while True:
        below = list[int]()
        behind = len(rows) + len(level)
        for node in level:
            if node < 0:
                rows.append((0, np.inf, len(rows), leaves[-1 - node]))
            else:
                rows.append((int(split_on[node]), float(limit[node]), behind + len(below), 0.0))
                below += [left[node], right[node]]
        if not below:
            break
        level, depth = below, depth + 1
    feature, limits, child, value = (np.array(column) for column in zip(*rows, strict=True))
    rounded = limits.astype(np.float32)
    # The largest float32 that is not above the limit parts float32 rows just as the limit itself.
    rounded = np.where(rounded > limits, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    root, steps = np.array([0], dtype=np.uint32), np.array([depth], dtype=np.uint32)
    return _Nodes(root, steps, feature.astype(np.uint32), rounded, child.astype(np.uint32), value)


@compiled()
def _add(nodes, values, starts, total, begin, end):
    """Add the trees ``begin`` to ``end - 1`` to ``total`` of the rows that begin at ``starts`` of ``values``."""
    n = len(starts)
    whole = n - n % BLOCK
    at = np.empty(BLOCK, dtype=np.uint64)
    for tree in range(begin, end):
        root, depth = np.uint64(nodes.roots[tree]), nodes.depths[tree]
        for r in range(0, whole, BLOCK):
            for q in range(BLOCK):
                at[q] = root
            for _ in range(depth):
                for q in range(BLOCK):
                    node = at[q]
                    above = values[starts[np.uint64(r + q)] + nodes.feature[node]] > nodes.threshold[node]
                    at[q] = nodes.child[node] + np.uint64(above)
            for q in range(BLOCK):
                total[np.uint64(r + q)] += nodes.value[at[q]]
        for r in range(whole, n):
            node = root
            for _ in range(depth):
                above = values[starts[np.uint64(r)] + nodes.feature[node]] > nodes.threshold[node]
                node = nodes.child[node] + np.uint64(above)
            total[np.uint64(r)] += nodes.value[node]


@compiled()
def _scores(nodes, rows, first, keep):
    """Sums of all trees, -inf for rows that are not among the ``keep`` best after the ``first`` trees."""
    n, trees = len(rows), len(nodes.roots)
    values, width = rows.reshape(rows.size), np.uint64(rows.shape[1])
    starts = np.empty(n, dtype=np.uint64)
    for r in range(n):
        starts[r] = np.uint64(r) * width
    total = np.zeros(n)
    cut = min(first, trees)
    _add(nodes, values, starts, total, 0, cut)
    if cut == trees:
        return total
    if n <= keep:
        _add(nodes, values, starts, total, cut, trees)
        return total
    lowest = total[0]
    for r in range(n):
        lowest = min(lowest, total[r])
    shifted = np.empty(n, dtype=np.float32)
    for r in range(n):
        shifted[r] = total[r] - lowest + 1
    live = top(shifted, n, keep)
    begins, sums = np.empty(len(live), dtype=np.uint64), np.empty(len(live))
    for place in range(len(live)):
        begins[place], sums[place] = starts[live[place]], total[live[place]]
    _add(nodes, values, begins, sums, cut, trees)
    for r in range(n):
        total[r] = -np.inf
    for place in range(len(live)):
        total[live[place]] = sums[place]
    return total
