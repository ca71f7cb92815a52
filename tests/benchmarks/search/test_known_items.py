"""Queries made of a product's own words."""

from pathlib import Path

import polars as pl
import pytest

from assets.models.search.lexical.fields import ProductFields
from benchmarks.search.known_items import KINDS, known_items, read_products

PRODUCTS = [
    ProductFields("The Acme red desk lamp of old", brand="Acme Works", description="A lamp for the garden"),
    ProductFields("Mug"),
]


def test_words_come_from_where_the_kind_says() -> None:
    """Of the title in its order, with the brand's first word before or one of the description behind."""
    title = ["acme", "red", "desk", "lamp", "old"]
    for seed in range(30):
        of_name, of_brand, of_text = (known_items(PRODUCTS, [0, 1], kind, seed) for kind in KINDS)
        assert of_name.items == of_brand.items == of_text.items == [0]
        words = of_name.queries[0].split()
        assert 2 <= len(words) <= 4
        assert words == [word for word in title if word in words]
        brand, *rest = of_brand.queries[0].split()
        assert brand == "acme"
        assert 1 <= len(rest) <= 2
        assert set(rest) <= {"red", "desk", "lamp", "old"}
        *rest, last = of_text.queries[0].split()
        assert last == "garden"
        assert 1 <= len(rest) <= 2
        assert set(rest) <= set(title)


def test_a_seed_gives_the_same_queries() -> None:
    """Another seed others."""
    made = [known_items(PRODUCTS * 20, range(40), "name", seed) for seed in (1, 1, 2)]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_reading(tmp_path: Path) -> None:
    """The first row of each number, both descriptions in one; what is missing is named."""
    with pytest.raises(FileNotFoundError, match=r"products\.parquet"):
        read_products(tmp_path)
    rows = {
        "upc": ["1", "1", "2"],
        "name": ["A", "B", "C"],
        "manufacturer": ["M", "M", None],
        "short_description": ["s", "t", None],
        "long_description": ["l", "m", "n"],
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "products.parquet")
    found = read_products(tmp_path)
    assert found.select("title", "brand", "description").rows() == [("A", "M", "s l"), ("C", None, "n")]
    assert found["tags"].to_list() == found["categories"].to_list() == [None, None]
    pl.DataFrame({"upc": ["1"]}).write_parquet(tmp_path / "products.parquet")
    with pytest.raises(ValueError, match="manufacturer"):
        read_products(tmp_path)
