"""A product's fields and their names, by hand."""

import polars as pl
import pytest

from assets.models.products.texts import FIELDS, MAX_CHARACTERS, product_texts
from assets.models.search.lexical.fields import FieldWeights, ProductFields, product_fields
from resources.shop import SEARCH_FIELDS

SCHEMA = {
    "title": pl.String,
    "brand": pl.String,
    "categories": pl.List(pl.String),
    "tags": pl.List(pl.String),
    "description": pl.String,
}
PRODUCTS = pl.DataFrame(
    [
        ["RED DESK LAMP", "Acme", ["Home > Lighting > Lamps", "Gifts", None], ["desk", "ACME"], "<p>Bright.</p>"],
        ["Mug", None, None, [], " "],
        ["Lamp", "...", [], ["lamp", "Acme."], None],
    ],
    schema=SCHEMA,
    orient="row",
)


def test_by_hand() -> None:
    """Leaf categories only; what is said twice stays where it came first; nulls and blanks are empty."""
    assert product_fields(PRODUCTS) == [
        ProductFields("Red desk lamp", "Acme", "Lamps. Gifts", "desk", "Bright"),
        ProductFields("Mug"),
        ProductFields("Lamp", "", "", "Acme", ""),
    ]
    assert product_fields(PRODUCTS.clear()) == []


def test_the_vectors_text_says_all_of_it() -> None:
    """One text of the same parts; a brand that is no more than dots leaves its mark, as hashes of texts demand."""
    assert product_texts(PRODUCTS).to_list() == [
        "Red desk lamp. Acme. Lamps. Gifts. desk. Bright",
        "Mug",
        "Lamp. . Acme",
    ]


def test_length_is_bounded() -> None:
    """Each field is: many tags do not push the description out."""
    frame = pl.DataFrame(
        [["T", None, None, [f"t{i}" for i in range(3_000)], "x " * 9_000]], schema=SCHEMA, orient="row"
    )
    (found,) = product_fields(frame)
    assert [len(text) for text in found] == [1, 0, 0, MAX_CHARACTERS, MAX_CHARACTERS]


def test_missing_column() -> None:
    """The missing column is named."""
    with pytest.raises(ValueError, match="brand"):
        product_fields(pl.DataFrame({"title": ["a"]}))


def test_names_agree() -> None:
    """Of the columns, the fields, their weights, and the keys of shop.toml."""
    assert FIELDS == ProductFields._fields == FieldWeights._fields == SEARCH_FIELDS
