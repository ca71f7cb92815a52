"""Pairs by hand, and against counting one group after another."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.baskets.pair_counts import pair_counts


def test_by_hand() -> None:
    """Groups {0, 1} of weight 1 and {0, 1, 2} of weight 1/2: items of the second count a third of a half."""
    found = pair_counts(
        np.array([7, 7, 7, 9, 9, 9, 9]),
        np.array([1, 0, 0, 0, 1, 2, -1]),
        4,
        weight=np.array([1, 1, 1, 0.5, 0.5, 0.5, 0.5]),
    )
    pairs = {
        (r, c): (n, w)
        for r, c, n, w in zip(found.row, found.column, found.together, found.weight.round(9), strict=True)
    }
    both, other = (2, round(1 / 2 + 1 / 6, 9)), (1, round(1 / 6, 9))
    assert pairs == {(0, 1): both, (1, 0): both, (0, 2): other, (2, 0): other, (1, 2): other, (2, 1): other}
    np.testing.assert_allclose(found.item_weight, [2 / 3, 2 / 3, 1 / 6, 0])


@given(st.dictionaries(st.integers(-5, 30), st.lists(st.integers(-1, 8), max_size=6), max_size=25), st.integers(0, 99))
def test_against_counting(groups: dict[int, list[int]], seed: int) -> None:
    """The same counts as a loop, by (row, column), for any order of rows; weights of age 0 to for ever stay."""
    pairs = [(g, i) for g, items in groups.items() for i in items]
    table = np.random.default_rng(seed).permutation(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    weight = np.where(table[:, 0] % 3 == 0, 0.0, 1.0)
    found = pair_counts(table[:, 0], table[:, 1], 9, weight=weight)
    counted = Counter(p for items in groups.values() for p in permutations({i for i in items if i >= 0}, 2))
    keys = list(zip(found.row.tolist(), found.column.tolist(), strict=True))
    assert dict(zip(keys, found.together.tolist(), strict=True)) == counted
    assert keys == sorted(keys)
    assert (found.weight > 0).all()
    assert (found.weight <= found.together / 2 + 1e-12).all()


def test_refusals() -> None:
    """Unequal lengths, foreign items and a cap of one are refused."""
    one = np.zeros(1, dtype=np.int64)
    with pytest.raises(ValueError, match="one row each"):
        pair_counts(one, one, 1, weight=np.ones(2))
    with pytest.raises(ValueError, match="look the ids up"):
        pair_counts(one, one + 1, 1)
    with pytest.raises(ValueError, match="a pair needs"):
        pair_counts(one, one, 1, max_group=1)
