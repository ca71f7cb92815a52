"""Vectors filed in cells by their nearest centre (an inverted file; Jégou et al., TPAMI 2011).

Belongs here: the filing. A graph index walks in Python's hands; cells are walked by the compiled query, which reads
a few of them from end to end and gives the same items on every machine.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from evaluation.arrays import Floats32, Ints, Ints32

__all__ = ["VectorCells"]

ROUNDS = 6
SAMPLE = 40_000
"""Vectors that the centres are learnt from."""


@dataclass(frozen=True, slots=True)
class VectorCells:
    """Cell ``c`` holds ``items[starts[c] : starts[c + 1]]``."""

    centres: Floats32
    """float32[c, d] unit rows."""
    starts: Ints
    items: Ints32

    @classmethod
    def build(cls, vectors: Floats32, seed: int) -> Self:
        """File the rows that are not 0, about √(4n) cells, by spherical k-means.

        Args:
            vectors: float32[n, d] unit rows or rows of 0, which are left out.
            seed: Of the first centres.
        """
        known = np.flatnonzero(vectors.any(axis=1))
        rng = np.random.default_rng(seed)
        count = max(min(int(2 * np.sqrt(len(known))), len(known)), 1)
        if not len(known):
            return cls(np.zeros((1, vectors.shape[1]), np.float32), np.zeros(2, np.int64), np.empty(0, np.int32))
        sample = vectors[np.sort(rng.choice(known, min(SAMPLE, len(known)), replace=False))]
        centres = sample[np.sort(rng.choice(len(sample), count, replace=False))].copy()
        for _ in range(ROUNDS):
            cell = _nearest_centre(sample, centres)
            order = np.argsort(cell, kind="stable")
            filled, first = np.unique(cell[order], return_index=True)
            sums = np.add.reduceat(sample[order], first, axis=0)
            length = np.linalg.norm(sums, axis=1, keepdims=True)
            # An empty cell keeps its centre.
            centres[filled] = np.where(length > 0, sums / np.maximum(length, 1e-9), centres[filled])
        cell = _nearest_centre(vectors[known], centres)
        order = np.argsort(cell, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(cell, minlength=count)))).astype(np.int64)
        return cls(centres, starts, known[order].astype(np.int32))


def _nearest_centre(rows: Floats32, centres: Floats32) -> Ints:
    """Number of the centre with the highest product with each row; rows in blocks, so that the products fit."""
    blocks = [np.argmax(rows[i : i + 8192] @ centres.T, axis=1) for i in range(0, len(rows), 8192)]
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.int64)
