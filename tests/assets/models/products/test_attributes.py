"""Filters and counts over a catalogue of four products, by hand."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from assets.models.products.attributes import Condition, ProductAttributes, UnknownAttributeError
from assets.models.products.catalogue import Catalogue


@pytest.fixture(scope="module", params=["built", "loaded"])
def attributes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ProductAttributes:
    """Two brands, three categories, a named tag, a plain one, and one named like a column."""
    catalogue = Catalogue.build(
        pl.DataFrame(
            {
                "product_id": ["a", "b", "c", "d"],
                "title": ["A", "B", "C", "D"],
                "description": [None] * 4,
                "brand": ["Acme", "Bolt", "Acme", None],
                "categories": [["Home > Lamps"], ["Home"], ["Garden", "Home > Lamps"], None],
                "tags": [["colour:red", "new"], ["colour: blue"], None, ["brand:x"]],
                "price": [10.0, 20.0, None, 30.0],
                "in_stock": [True, True, False, True],
                "image_url": [None] * 4,
                "updated_at": [datetime(2026, 1, 1, tzinfo=UTC)] * 4,
            },
            schema_overrides={
                "description": pl.String,
                "image_url": pl.String,
                "categories": pl.List(pl.String),
                "tags": pl.List(pl.String),
            },
        )
    )
    built, folder = ProductAttributes.build(catalogue), tmp_path_factory.mktemp("attributes")
    built.save(folder)
    return built if request.param == "built" else ProductAttributes.load(folder, catalogue)


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        ([], None),
        (["brand:Acme"], [0, 2]),
        (["brand:Acme", "brand:Bolt"], [0, 1, 2]),
        (["brand:Acme", "in_stock:true"], [0]),
        (["category:Home"], [0, 1, 2]),
        (["category: Home>Lamps "], [0, 2]),
        (["colour:red", "colour:blue"], [0, 1]),
        (["tag:new"], [0]),
        (["tag:brand:x"], [3]),
        (["price:10..20"], [0, 1]),
        (["price:..15"], [0]),
        (["price:15.."], [1, 3]),
        (["price:20"], [1]),
        (["price:..12", "price:25..40"], [0, 3]),
        (["price:25..40", "price:..12"], [0, 3]),
        (["price:10..20", "price:15..30", "price:20"], [0, 1, 3]),
        (["price:..12", "price:25..40", "brand:Acme"], [0]),
        (["price:40..50", "price:1..2"], []),
        (["brand:Unheard of"], []),
        (["brand: aCME "], [0, 2]),
        (["in_stock:True"], [0, 1, 3]),
        (["in_stock:FALSE"], [2]),
        (["category:home  >  LAMPS"], [0, 2]),
    ],
)
def test_which_products_keep_the_conditions(
    attributes: ProductAttributes, texts: list[str], kept: list[int] | None
) -> None:
    """Values of one attribute are alternatives, attributes add up, a category holds those below it."""
    mask = attributes.mask(Condition.parse_all(texts))
    assert (None if mask is None else np.flatnonzero(mask).tolist()) == kept


@pytest.mark.parametrize("text", ["brand", "brand:", ":x", "price:a..b", "price:20..10", "price:nan..", ""])
def test_a_filter_that_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    """Without a value, an attribute, or an order in its range."""
    with pytest.raises(UnknownAttributeError, match="such as"):
        Condition.parse(text)


def test_stock_is_true_or_false() -> None:
    """Anything else would be kept by no product."""
    with pytest.raises(UnknownAttributeError, match="neither in_stock:true nor in_stock:false"):
        Condition.parse("in_stock:yes")


def test_a_value_has_one_spelling() -> None:
    """That of most products; blanks at its ends are none of it."""
    rows = [
        ("a", "Acme"),
        ("b", "ACME"),
        ("c", " Acme  "),
        ("d", "acme"),
        ("e", "  "),
        ("f", "New  York"),
        ("g", "New York"),
    ]
    catalogue = Catalogue.build(
        pl.DataFrame(
            [
                {"product_id": key, "title": key, "brand": brand, "categories": None, "tags": None, "price": 1.0}
                for key, brand in rows
            ],
            schema_overrides={"categories": pl.List(pl.String), "tags": pl.List(pl.String)},
        ).with_columns(in_stock=pl.lit(True))
    )
    built = ProductAttributes.build(catalogue)
    assert built.counts("brand", None, 10) == [("Acme", 4), ("New York", 2)]
    mask = built.mask(Condition.parse_all(["brand:ACME "]))
    assert mask is not None
    assert np.flatnonzero(mask).tolist() == [0, 1, 2, 3]


def test_an_attribute_that_no_product_has_is_refused_and_the_others_are_named(attributes: ProductAttributes) -> None:
    """Never ignored."""
    with pytest.raises(UnknownAttributeError, match=r"'size'; there are brand, category, colour, in_stock, price, tag"):
        attributes.mask(Condition.parse_all(["size:XL"]))


def test_counts_of_values_are_of_the_allowed_products_most_frequent_first(attributes: ProductAttributes) -> None:
    """Values that no allowed product has are left out; ties are in the order of the alphabet."""
    assert attributes.counts("brand", None, 10) == [("Acme", 2), ("Bolt", 1)]
    assert attributes.counts("category", np.array([True, True, False, True]), 10) == [("Home", 2), ("Home > Lamps", 1)]
    assert attributes.counts("category", None, 1) == [("Home", 3)]
    assert attributes.number_range("price", np.array([True, False, True, True])) == (10.0, 30.0)
    assert attributes.number_range("price", np.array([False, False, True, False])) is None
