"""Which titles are variants of one product, by hand."""

import polars as pl
import pytest

from assets.models.search.similar.variants import variant_groups

SAME = [
    ("Oak shelf 30 cm", "Oak shelf 60cm"),
    ("Alarm clock bakelike RED", "ALARM CLOCK BAKELIKE GREEN"),
    ("T-shirt Rocket, size XL", "Rocket t-shirt S"),
    ("Coffee beans 1/2 lb", "Coffee beans 2 lb"),
]
APART = [
    ("Red wine", "White wine"),
    ("Number candle 3", "Number candle 4"),
    ("Oak shelf", "Pine shelf"),
    ("Red", "Blue"),
    ("!!", "??"),
]


def groups(titles: tuple[str, ...], brands: list[str | None], paths: list[list[str] | None]) -> list[int]:
    """Groups of products."""
    types = {"title": pl.String, "brand": pl.String, "categories": pl.List(pl.String)}
    return variant_groups(pl.DataFrame({"title": titles, "brand": brands, "categories": paths}, schema=types)).tolist()


@pytest.mark.parametrize(("titles", "same"), [*((t, True) for t in SAME), *((t, False) for t in APART)])
def test_titles(titles: tuple[str, str], same: bool) -> None:
    """Colours, sizes and measures make variants; numbers without a unit and other words make products."""
    assert groups(titles, [None, None], [None, None]) == ([0, 0] if same else [0, 1])


def test_brand_and_category_tell_apart() -> None:
    """Equal titles of two brands, or in two categories, are two products; a frame without both has titles alone."""
    titles = ("Oak shelf", "Oak shelf", "Oak shelf")
    assert groups(titles, ["A", "B", "A"], [None, None, None]) == [0, 1, 0]
    assert groups(titles, [None] * 3, [["X"], ["X"], ["Y"]]) == [0, 0, 2]
    assert variant_groups(pl.DataFrame({"title": titles})).tolist() == [0, 0, 0]
