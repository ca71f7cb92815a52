"""Reciprocal rank fusion: one ranking from several whose scores cannot be compared.

Belongs here: the fusion rule. Which rankings to fuse, and how long, is the caller's choice.
"""

from collections.abc import Sequence

import numpy as np

from assets.models.ranked import Ranked, empty, top_k

__all__ = ["RANK_OFFSET", "fuse"]

RANK_OFFSET = 60
"""k₀ of the paper: how little the very first ranks stand out."""


def fuse(rankings: Sequence[Ranked], k: int, weights: Sequence[float] | None = None) -> Ranked:
    """Score = Σ weight / (60 + rank), rank from 1, over the rankings that hold the item (Cormack et al., SIGIR 2009).

    Args:
        rankings: Any number, each best first; empty ones count for nothing.
        k: At least 1.
        weights: One positive number a ranking; None weighs all alike.

    Returns:
        At most ``k`` items; scores in (0, Σ weights / 61].

    Raises:
        ValueError: If the weights do not match the rankings or one is not above 0.
    """
    shares = [1.0] * len(rankings) if weights is None else list(weights)
    if len(shares) != len(rankings) or not all(w > 0 for w in shares):
        raise ValueError(f"weights {shares} for {len(rankings)} rankings: give one number above 0 for each.")
    if not rankings:
        return empty()
    items = np.concatenate([r.items for r in rankings])
    parts = [w / (RANK_OFFSET + 1 + np.arange(len(r.items))) for w, r in zip(shares, rankings, strict=True)]
    known, row = np.unique(items, return_inverse=True)
    total = np.bincount(row, weights=np.concatenate(parts), minlength=len(known)).astype(np.float64)
    return top_k(known, total, k)
