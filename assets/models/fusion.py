"""Reciprocal rank fusion: one ranking from several whose scores cannot be compared.

Belongs here: the fusion rule. Which rankings to fuse, and how long, is the caller's choice.
"""

from collections.abc import Sequence

import numpy as np

from assets.models.ranked import Ranked, empty, top_k

__all__ = ["RANK_OFFSET", "fuse"]

RANK_OFFSET = 60
"""k₀ of the paper: how little the very first ranks stand out."""


def fuse(rankings: Sequence[Ranked], k: int) -> Ranked:
    """Score = Σ 1 / (60 + rank), rank from 1, over the rankings that hold the item (Cormack et al., SIGIR 2009).

    Args:
        rankings: Any number, each best first; empty ones count for nothing.
        k: At least 1.

    Returns:
        At most ``k`` items; scores in (0, number of rankings / 61].

    Raises:
        ValueError: If ``k`` is below 1.
    """
    if not rankings:
        return empty()
    items = np.concatenate([r.items for r in rankings])
    parts = [1 / (RANK_OFFSET + 1 + np.arange(len(r.items))) for r in rankings]
    known, row = np.unique(items, return_inverse=True)
    total = np.bincount(row, weights=np.concatenate(parts), minlength=len(known)).astype(np.float64)
    return top_k(known, total, k)
