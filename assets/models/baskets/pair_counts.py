"""How often two items are in one group: a basket, or a session.

Belongs here: counting pairs, with a cap on a group's size and with what each group counts. What a count says of two
items is said by the models that ask (`assets.models.baskets.co_purchase`, `assets.models.baskets.substitutes`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.runs import run_starts
from assets.models.ranked import check_positions
from evaluation.arrays import Floats, Ints

__all__ = ["PairCounts", "pair_counts"]

_LEAST = 1e-100


class PairCounts(NamedTuple):
    """Pairs of distinct items that share a group, each in both directions, by (row, column)."""

    row: Ints
    column: Ints
    together: Ints
    """Groups that hold both."""
    weight: Floats
    """What those groups weigh."""
    item_weight: Floats
    """float64[n_items]: what the groups that hold an item weigh."""


def pair_counts(
    group: NDArray[np.integer],
    item: NDArray[np.integer],
    n_items: int,
    *,
    weight: NDArray[np.floating] | None = None,
    max_group: int = 50,
) -> PairCounts:
    """Count pairs of distinct items over groups.

    A group of n items weighs 1 / n, so that each item of a wholesale order of fifty says less of the other
    forty-nine than two items that are bought alone, times the largest ``weight`` of its rows.

    Args:
        group: int[m], any numbers that tell groups apart.
        item: int[m] positions; repeats in a group count once, rows of -1 (unknown) are ignored.
        n_items: Size of the catalogue.
        weight: float[m] ≥ 0, such as a decay by age; 1 by default.
        max_group: Items counted of one group, whose cost is the square of its size; which of them stay is drawn by a
            hash of (group, item).

    Raises:
        ValueError: If an item is beyond the catalogue, lengths differ, or ``max_group`` is below 2.
    """
    from scipy import sparse

    if len(group) != len(item) or (weight is not None and len(weight) != len(item)):
        raise ValueError(f"group, item and weight must have one row each; group has {len(group)}, item {len(item)}.")
    if max_group < 2:
        raise ValueError(f"max_group is {max_group}: a pair needs at least 2.")
    check_positions(item, n_items)
    known = np.asarray(item) >= 0
    names, number = np.unique(np.asarray(group, dtype=np.int64)[known], return_inverse=True)
    of_group = np.zeros(len(names))
    np.maximum.at(of_group, number, 1.0 if weight is None else np.asarray(weight, dtype=np.float64)[known])
    number, items = _capped(names, number.astype(np.int64), np.asarray(item, dtype=np.int64)[known], max_group)
    # Never 0, which sparse products leave out: both must have the same entries.
    of_group = np.maximum(of_group, _LEAST) / np.maximum(np.bincount(number, minlength=len(names)), 1)
    shape = (len(names), n_items)
    ones, shares = (
        sparse.csr_matrix((values, (number, items)), shape=shape)
        for values in (np.ones(len(items), dtype=np.int64), of_group[number])
    )
    count, value = (ones.T @ ones).tocsr(), (ones.T @ shares).tocsr()
    count.sort_indices()
    value.sort_indices()
    row = np.repeat(np.arange(n_items), np.diff(count.indptr))
    apart = row != count.indices
    return PairCounts(
        row[apart],
        count.indices[apart].astype(np.int64),
        count.data[apart].astype(np.int64),
        value.data[apart].astype(np.float64),
        np.bincount(items, weights=of_group[number], minlength=n_items).astype(np.float64),
    )


def _capped(names: Ints, number: Ints, item: Ints, max_group: int) -> tuple[Ints, Ints]:
    """Distinct (group, item) rows by group, at most ``max_group`` items in each."""
    order = np.lexsort((item, number))
    number, item = number[order], item[order]
    first = run_starts(number, item)
    number, item = number[first], item[first]
    size = np.bincount(number, minlength=len(names))
    if not len(size) or int(size.max()) <= max_group:
        return number, item
    order = np.lexsort((item, _mixed(names[number], item), number))
    number, item = number[order], item[order]
    kept = np.arange(len(number)) - np.repeat(np.cumsum(size) - size, size) < max_group
    return number[kept], item[kept]


def _mixed(group: Ints, item: Ints) -> NDArray[np.uint64]:
    """A hash of (group, item) by splitmix64's finaliser: a draw that depends on nothing but the row."""
    h = group.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + item.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        h = (h ^ (h >> np.uint64(shift))) * np.uint64(factor)
    return h ^ (h >> np.uint64(31))
