"""Positions and the category tree, by hand."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue, ancestors


def products() -> pl.DataFrame:
    """Four products in no order: two lamps, one uncategorised, one in two categories."""
    return pl.DataFrame(
        {
            "product_id": ["c", "a", "d", "b"],
            "title": ["C", "A", "D", "B"],
            "description": [None, "about A", None, None],
            "brand": [None, None, "Acme", None],
            "categories": [["Home > Lighting > Lamps"], ["Home >Lighting", "Gifts"], None, []],
            "tags": [None, ["x"], None, []],
            "price": [1.5, None, 3.0, 0.0],
            "in_stock": [True, False, True, True],
            "image_url": [None, None, None, None],
            "updated_at": [datetime(2024, 1, 1, tzinfo=UTC)] * 4,
        },
        schema_overrides={"image_url": pl.String},
    )


def test_positions_follow_the_sorted_ids() -> None:
    """Position i is the i-th product_id in order; unknown ids are -1."""
    catalogue = Catalogue.build(products())
    assert catalogue.ids == ["a", "b", "c", "d"]
    assert len(catalogue) == 4
    assert catalogue.positions(["d", "nope", "a"]).tolist() == [3, -1, 0]
    assert catalogue.position("b") == 1
    assert catalogue.position("nope") == -1
    assert catalogue.in_stock.tolist() == [False, True, True, True]
    np.testing.assert_array_equal(catalogue.price, [np.nan, 0.0, 1.5, 3.0])


def test_a_category_holds_what_is_below_it() -> None:
    """Home holds the lamp two levels down; spaces about the separator do not matter."""
    catalogue = Catalogue.build(products())
    assert catalogue.category_names == ["Gifts", "Home", "Home > Lighting", "Home > Lighting > Lamps"]
    assert catalogue.category_members("Home").tolist() == [0, 2]
    assert catalogue.category_members("Home > Lighting > Lamps").tolist() == [2]
    assert catalogue.category_members("Toys").tolist() == []
    assert catalogue.categories_of(0) == ["Gifts", "Home", "Home > Lighting"]
    assert catalogue.categories_of(3) == []
    assert catalogue.category_index("Home") == 1
    assert ancestors(" > A >> B ") == ["A", "A > B"]


def test_round_trip_and_row_order(tmp_path: Path) -> None:
    """Saved, loaded and permuted catalogues answer alike."""
    one, other = Catalogue.build(products()), Catalogue.build(products().reverse())
    one.save(tmp_path)
    for again in (other, Catalogue.load(tmp_path)):
        assert again.frame.equals(one.frame)
        assert again.category_names == one.category_names
        for name in one.category_names:
            assert again.category_members(name).tolist() == one.category_members(name).tolist()


def test_refusals() -> None:
    """Repeated ids, missing columns and foreign positions are refused."""
    with pytest.raises(ValueError, match="'a' stands in several rows"):
        Catalogue.build(pl.concat([products(), products().filter(pl.col("product_id") == "a")]))
    with pytest.raises(ValueError, match="lacks"):
        Catalogue.build(products().drop("price"))
    with pytest.raises(ValueError, match="not in the catalogue"):
        Catalogue.build(products()).categories_of(4)


def test_a_catalogue_without_categories() -> None:
    """No product has a category: the tree is empty, nothing breaks."""
    bare = products().with_columns(pl.lit(None, dtype=pl.List(pl.String)).alias("categories"))
    assert Catalogue.build(bare).category_names == []
    assert len(Catalogue.build(bare.clear())) == 0
