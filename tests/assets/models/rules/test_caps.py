"""Counting what an answer holds."""

import numpy as np

from assets.models.products.item_values import ItemValues
from assets.models.rules.caps import Cap, CapCounts

BRANDS = ItemValues.of_pairs(np.array([0, 1, 2, 3]), np.array([0, 0, 0, 1]), 5, 2)
"""Items 0 to 2 of one brand, 3 of another, 4 of none."""


def test_a_full_value_takes_no_more() -> None:
    """Two of the first brand fill it; the other and the product without a brand still fit."""
    counts = CapCounts([Cap("brands", 2, BRANDS)])
    fit = counts.among(np.array([2, 3, 4], dtype=np.int32))
    assert not counts.add(0)
    assert fit().tolist() == [True, True, True]
    assert counts.add(1)
    assert fit().tolist() == [False, True, True]
    assert not counts.fits(2)
    assert counts.fits(4)


def test_every_cap_must_have_room() -> None:
    """The stricter one decides."""
    counts = CapCounts([Cap("loose", 9, BRANDS), Cap("strict", 1, BRANDS)])
    assert counts.add(3)
    assert not counts.fits(3)
    assert counts.fits(0)
