"""Values by product, by hand."""

import numpy as np
import polars as pl

from assets.models.products.catalogue import Catalogue
from assets.models.products.item_values import ItemValues


def test_pairs_count_once_and_are_sorted() -> None:
    """Item 0 has 1 and 2, item 1 nothing, item 2 has 0."""
    values = ItemValues.of_pairs(np.array([2, 0, 0, 0]), np.array([0, 2, 1, 2]), 3, 3)
    assert [values.of(item).tolist() for item in range(3)] == [[1, 2], [], [0]]


def test_rows_are_pairs_of_place_and_value() -> None:
    """A product that is looked at twice has its values twice."""
    values = ItemValues.of_pairs(np.array([2, 0, 0]), np.array([0, 2, 1]), 3, 3)
    row, value = values.rows(np.array([2, 1, 0, 2], dtype=np.int32))
    assert row.tolist() == [0, 2, 2, 3]
    assert value.tolist() == [0, 1, 2, 0]


def test_categories_are_cut_at_a_level() -> None:
    """Two lamps share the first step and no other; a product without categories has no value."""
    catalogue = Catalogue.build(
        pl.DataFrame(
            {
                "product_id": ["a", "b", "c"],
                "title": ["a", "b", "c"],
                "categories": [["Home > Lamps > Desk"], ["Home>Lamps"], None],
                "price": [1.0, 1.0, 1.0],
                "in_stock": [True, True, True],
            },
            schema_overrides={"categories": pl.List(pl.String)},
        )
    )
    whole, first = ItemValues.of_categories(catalogue), ItemValues.of_categories(catalogue, 1)
    assert whole.n_values == 2
    assert whole.of(0).tolist() != whole.of(1).tolist()
    assert [first.of(item).tolist() for item in range(3)] == [[0], [0], []]
