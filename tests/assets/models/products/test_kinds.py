"""Kinds by hand."""

import numpy as np
import polars as pl

from assets.models.products.catalogue import Catalogue
from assets.models.products.kinds import ProductKinds

PATHS = [
    ["Home > Light > Lamps"],
    ["Home >Light > Bulbs", None],
    ["Home > Rugs"],
    ["Home"],
    None,
    ["Garden > Trees", "Home > Rugs > Wool"],
]


def kinds() -> ProductKinds:
    """Of six products."""
    frame = pl.DataFrame(
        {
            "product_id": [f"p{i}" for i in range(6)],
            "title": ["thing"] * 6,
            "categories": PATHS,
            "price": [1.0] * 6,
            "in_stock": [True] * 6,
        }
    )
    return ProductKinds(Catalogue.build(frame))


def test_by_hand() -> None:
    """The second step decides, or the last of a shorter path; one category in common is enough; none fits all."""
    told = np.array([kinds().same(np.array([i]), np.arange(6)) for i in range(6)])
    alike = {(0, 1), (2, 5)} | {(4, i) for i in range(6)}
    expected = [[i == j or (i, j) in alike or (j, i) in alike for j in range(6)] for i in range(6)]
    assert told.tolist() == expected


def test_pairs_and_nothing() -> None:
    """Rows are compared one by one; no row gives none."""
    assert kinds().same(np.array([0, 0, 5]), np.array([1, 2, 2])).tolist() == [True, False, True]
    assert kinds().same(np.array([0]), np.array([], dtype=np.int32)).tolist() == []
