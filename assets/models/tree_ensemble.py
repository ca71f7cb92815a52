"""Gradient-boosted trees read from LightGBM's text format, scored without LightGBM.

Belongs here: the reader and the compiled scorer of numeric trees without missing values. LightGBM's own predict costs
a fixed tenth of a millisecond a call and walks every tree for every row; here rows that are far behind after the
first trees are dropped, which an ensemble allows as its trees are added up.
"""

from itertools import zip_longest
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.compiled import compiled
from assets.models.ranked import FloatArray, IntArray
from assets.models.sessions.session_candidates import top

__all__ = ["TreeEnsemble"]


class TreeEnsemble:
    """All trees' inner nodes in one column each; a child below 0 is the leaf ``-1 - child``."""

    def __init__(
        self, roots: IntArray, feature: IntArray, threshold: FloatArray, children: IntArray, leaf: NDArray[np.float64]
    ) -> None:
        """Use ``parse``."""
        self._arrays = (roots, feature, threshold, children, leaf)

    @classmethod
    def parse(cls, *texts: str, trees: int | None = None) -> Self:
        """Read models' texts, the first ``trees`` trees of each where given.

        The trees of several models take turns, so that the first ones to be walked are the first ones of each.

        Raises:
            ValueError: If a tree splits on a category or on missing values, which this scorer does not know.
        """
        roots, feature, threshold, children, leaf = [], [], [], [], []
        nodes = leaves = 0
        turns = zip_longest(*(text.split("\nTree=")[1:][:trees] for text in texts))
        for block in (block for turn in turns for block in turn if block is not None):
            field = dict(line.split("=", 1) for line in block.split("\n\n")[0].splitlines() if "=" in line)
            values = np.array(field["leaf_value"].split(), dtype=np.float64)
            if len(values) == 1:
                roots.append(-1 - leaves)
            else:
                if any(int(d) & 13 for d in field["decision_type"].split()):
                    raise ValueError(
                        "a tree of the ranker splits on categories or missing values; train it on numbers."
                    )
                roots.append(nodes)
                feature.append(np.array(field["split_feature"].split(), dtype=np.int32))
                threshold.append(np.array(field["threshold"].split(), dtype=np.float64))
                pair = np.column_stack(
                    [np.array(field[s].split(), dtype=np.int32) for s in ("left_child", "right_child")]
                )
                children.append(np.where(pair >= 0, pair + nodes, pair - leaves))
                nodes += len(pair)
            leaf.append(values)
            leaves += len(values)
        limits = np.concatenate([*threshold, np.empty(0)])
        rounded = limits.astype(np.float32)
        # The largest float32 that is not above the limit parts float32 rows just as the limit itself.
        rounded = np.where(rounded > limits, np.nextafter(rounded, np.float32(-np.inf)), rounded)
        return cls(
            np.array(roots, dtype=np.int32),
            np.concatenate([*feature, np.empty(0, dtype=np.int32)]).astype(np.int32),
            rounded.astype(np.float32),
            np.ascontiguousarray(np.concatenate([*children, np.empty((0, 2), dtype=np.int32)]).astype(np.int32)),
            np.concatenate([*leaf, np.empty(0)]),
        )

    def scores(self, rows: FloatArray, first: int | None = None, keep: int = 0) -> NDArray[np.float64]:
        """Sum of the leaves of each row: float64[n].

        Args:
            rows: float32[n, features], finite.
            first: Trees after which all but the best rows are dropped; None drops none.
            keep: Rows that stay; those dropped score -inf.
        """
        roots = self._arrays[0]
        return np.asarray(_scores(*self._arrays, rows, len(roots) if first is None else first, keep))


@compiled()
def _add(roots, feature, threshold, children, leaf, rows, live, total, begin, end):
    for tree in range(begin, end):
        root = roots[tree]
        for r in live:
            node = root
            while node >= 0:
                node = children[node, np.int64(rows[r, feature[node]] > threshold[node])]
            total[r] += leaf[-1 - node]


@compiled()
def _scores(roots, feature, threshold, children, leaf, rows, first, keep):
    n = len(rows)
    total = np.zeros(n)
    live = np.arange(n).astype(np.int32)
    cut = min(first, len(roots))
    _add(roots, feature, threshold, children, leaf, rows, live, total, 0, cut)
    if cut < len(roots):
        if n > keep:
            lowest = total[0]
            for r in range(n):
                lowest = min(lowest, total[r])
            shifted = np.empty(n, dtype=np.float32)
            for r in range(n):
                shifted[r] = total[r] - lowest + 1
            live = top(shifted, n, keep)
            kept = np.zeros(n, dtype=np.bool_)
            for r in live:
                kept[r] = True
            for r in range(n):
                if not kept[r]:
                    total[r] = -np.inf
        _add(roots, feature, threshold, children, leaf, rows, live, total, cut, len(roots))
    return total
