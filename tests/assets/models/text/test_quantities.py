"""Sizes as shops and shoppers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.models.text.analysis import Analyser
from assets.models.text.quantities import normal_quantities, other_amounts

terms = Analyser(["en"]).terms


@pytest.mark.parametrize(
    ("shop", "shopper"),
    [
        ("4 in. x 8 ft.", "4\"x8'"),
        ("3-1/2 in.", "3 1/2 inch"),
        ("2½ in.", '2 1/2"'),
        ("5 Gal.", "5gallons"),
        ("24 in. W x 36 in. H", "24x36"),
        ("1,000 sq. ft.", "1000sqft"),
        (".50 in.", "0.5 inches"),
        ("2 in. x 4 in. x 8 ft.", "2 by 4 by 8"),
        ("½ in.", "half inch"),
        ("1/2 in.", "0.5 inch"),
        ("3/4 in.", "three quarter inch"),
        ("1.5 in.", "1-1/2 in."),
    ],
)
def test_forms_that_meet(shop: str, shopper: str) -> None:
    """A title's size and a shopper's give the same terms."""
    assert terms(shop) == terms(shopper)


def test_what_is_no_quantity_stays() -> None:
    """Model numbers, words that are also units, and possessives."""
    assert terms("DCD771C2 5g router gallon jug 85123A men's") == [
        "dcd771c2",
        "5g",
        "router",
        "gallon",
        "jug",
        "85123a",
        "men",
    ]


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    """Never fails, and adds no characters but spaces."""
    assert len(normal_quantities(text.lower())) <= 2 * len(text.lower()) + 2


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("bottle 0.5 l", [("0.5 l", ["500 ml", "50 cl", "5 dl"])]),
        ("1 1/2 litres", [("1 1/2 litres", ["1500 ml", "150 cl", "15 dl"])]),
        ("50cm shelf", [("50cm", ["500 mm", "0.5 m"])]),
        ("1 kg, 250 g", [("1 kg", ["1000 g"]), ("250 g", ["0.25 kg"])]),
        ("1/3 l", [("1/3 l", [])]),
        ("ab-500 ml dcd771g 4.5.6 cm x500 ml 5 g-clamp 1/0 l 2 ft 24 in", []),
    ],
)
def test_amounts_in_other_units(text: str, amounts: list[tuple[str, list[str]]]) -> None:
    """Metric ones within their dimension, to three decimals; no part of a name, a version or a product number."""
    assert list(other_amounts(text)) == amounts
