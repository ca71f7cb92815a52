"""The one shape in which every model answers: items with scores, best first.

Belongs here: the answer type, the deterministic top-k cut and the checks that every query method shares. How
scores come about belongs to the models.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.arrays import Bools, Floats32, Ints32

__all__ = [
    "Bools",
    "Floats32",
    "Ints32",
    "Ranked",
    "check_mask",
    "check_positions",
    "empty",
    "first_by",
    "top_k",
]


class Ranked(NamedTuple):
    """Items best first: sorted by (-score, item), each item once, never padded.

    Attributes:
        items: int32[k], positions in the release's catalogue.
        scores: float32[k], in the unit that the answering model states.
    """

    items: Ints32
    scores: Floats32

    def take(self, k: int) -> "Ranked":
        """The first ``k`` items (all of them when there are fewer)."""
        return Ranked(self.items[:k], self.scores[:k])


def empty() -> Ranked:
    """An answer without items."""
    return Ranked(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))


def top_k(items: NDArray[np.integer], scores: NDArray[np.floating], k: int) -> Ranked:
    """The ``k`` best of distinct ``items`` by (-score, item): ties go to the lower item, whatever the row order.

    Args:
        items: int[n], distinct.
        scores: float[n], finite; compared as float32, the precision that is given out.
        k: How many to return, at least 1.

    Raises:
        ValueError: If ``k`` is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least 1 item.")
    chosen, values = items.astype(np.int32), scores.astype(np.float32)
    if len(chosen) > k:
        # Every tie with the k-th score stays in until the sort, so that the cut does not depend on row order.
        kth = np.partition(values, len(values) - k)[len(values) - k]
        keep = values >= kth
        chosen, values = chosen[keep], values[keep]
    order = np.lexsort((chosen, -values))[:k]
    return Ranked(chosen[order], values[order])


def first_by(keys: Sequence[NDArray[np.floating]], k: int) -> NDArray[np.intp]:
    """The first ``k`` rows by ``keys[0]``, of equal ones by ``keys[1]`` and so on, at last by row: as a sort of all.

    Only the rows of the answer are sorted, and each further key is looked at for those rows alone that the keys before
    it cannot tell from the ``k``-th.

    Args:
        keys: At least one float[n], without NaN; the lowest first.
        k: At least 1.

    Returns:
        min(k, n) rows.

    Raises:
        ValueError: If ``k`` is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least 1 row.")
    tied, chosen, room = np.arange(len(keys[0])), list[NDArray[np.intp]](), k
    for key in keys:
        if len(tied) <= room:
            break
        values = key if len(tied) == len(key) else key[tied]
        kth = np.partition(values, room - 1)[room - 1]
        chosen.append(tied[values < kth])
        room -= len(chosen[-1])
        tied = tied[values == kth]
    rows = np.concatenate([*chosen, tied[:room]])
    return rows[np.lexsort((rows, *(key[rows] for key in reversed(keys))))]


def check_mask(allowed: Bools | None, n_items: int) -> None:
    """Refuse a mask that does not hold one boolean per item.

    Raises:
        ValueError: If ``allowed`` is not bool[n_items].
    """
    if allowed is not None and (allowed.dtype != np.bool_ or allowed.shape != (n_items,)):
        raise ValueError(
            f"allowed is {allowed.dtype}{list(allowed.shape)}, but the model knows {n_items} items: "
            f"pass bool[{n_items}] made from the same release's catalogue."
        )


def check_positions(item: NDArray[np.integer], n_items: int) -> None:
    """Refuse items beyond the catalogue; -1 (unknown) is fine.

    Raises:
        ValueError: If an item is below -1 or at least ``n_items``.
    """
    if len(item) and (int(item.min()) < -1 or int(item.max()) >= n_items):
        raise ValueError(
            f"item holds {int(item.min())} to {int(item.max())}, but positions run from 0 to {n_items - 1} "
            "(-1 for unknown): look the ids up in the catalogue that the model is fitted for."
        )
