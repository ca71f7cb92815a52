"""Exact look-ups by id, SKU and model number, by hand."""

import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers

ROWS = [
    ("85123A", "DEWALT DCD-771C2 drill", ["sku: AB 12-9"]),
    ("b-2", "Hose 10ft 3/4in 100W", ["new"]),
    ("c3", "Drill bit for dcd771c2", None),
    *((f"x{i:02d}", "Bulb E27LED", None) for i in range(11)),
]


@pytest.fixture(scope="module", params=["built", "loaded"])
def numbers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ProductNumbers:
    """Four kinds of products; e27led is in too many titles to name one."""
    frame = pl.DataFrame(
        [{"product_id": i, "title": t, "tags": tags, "categories": None, "price": 1.0, "in_stock": True}
         for i, t, tags in ROWS],
        schema_overrides={"tags": pl.List(pl.String), "categories": pl.List(pl.String)},
    )  # fmt: skip
    catalogue = Catalogue.build(frame)
    built, folder = ProductNumbers.build(catalogue), tmp_path_factory.mktemp("numbers")
    built.save(folder)
    return built if request.param == "built" else ProductNumbers.load(folder, catalogue)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("85123a", [0]),
        (" 85123-A ", [0]),
        ("B2", [1]),
        ("ab129", [0]),
        ("AB-12 9", [0]),
        ("DCD771C2", [0, 2]),
        ("dcd 771 c2", [0, 2]),
        ("10ft", []),
        ("100w", []),
        ("e27led", []),
        ("", []),
        ("---", []),
        ("x" * 10_000, []),
        ("drill", []),
    ],
)
def test_numbers_are_found_however_they_are_written(numbers: ProductNumbers, query: str, found: list[int]) -> None:
    """Case, dashes and spaces do not matter; sizes and what many products share name none."""
    assert numbers.find(query).tolist() == found
