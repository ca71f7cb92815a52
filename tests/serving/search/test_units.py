"""An amount is found in whichever unit a shop writes it, over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.search.typed_shop import typed_shop

Client = TestClient[Litestar]
ROWS: list[dict[str, Any]] = [
    *({"title": f"Water bottle {size}"} for size in ("500 ml", "0.5 l", "1 l", "750 ml")),
    *({"title": f"Wheat flour {size}"} for size in ("1000 g", "1 kg", "500 g")),
    *({"title": f"Wall shelf {size}"} for size in ("50 cm", "500 mm", "60 cm")),
    {"title": "Red tape", "brand": "3M"},
    {"title": "Long ruler 300 cm"},
    {"title": "Kettle element 500ML-B", "tags": ["sku:AB-500"]},
]


@pytest.fixture(scope="module")
def shop(search_client: Callable[[Path, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Words alone: every size is a product of its own."""
    folder = tmp_path_factory.mktemp("units")
    rows = [row | {"tags": [*row.get("tags", []), f"group:g{n}"]} for n, row in enumerate(ROWS)]
    with search_client(typed_shop(folder / "release", rows, languages=["en"]), folder) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "first", "second", "not_found"),
    [
        ("water bottle 0.5 l", "Water bottle 0.5 l", "Water bottle 500 ml", None),
        ("water bottle 1/2 l", "Water bottle 0.5 l", "Water bottle 500 ml", None),
        ("water bottle 500ml", "Water bottle 500 ml", "Water bottle 0.5 l", None),
        ("1kg flour", "Wheat flour 1 kg", "Wheat flour 1000 g", None),
        ("flour 1000 grams", "Wheat flour 1000 g", "Wheat flour 1 kg", None),
        ("shelf 50 cm", "Wall shelf 50 cm", "Wall shelf 500 mm", None),
        ("shelf 500 mm", "Wall shelf 500 mm", "Wall shelf 50 cm", None),
        ("3m tape", "Red tape", None, "Long ruler 300 cm"),
        ("AB-500", "Kettle element 500ML-B", None, "Water bottle 0.5 l"),
    ],
)
def test_units_meet(shop: Client, query: str, first: str, second: str | None, not_found: str | None) -> None:
    """The unit that was typed is first; names and product numbers are no amounts."""
    answer = shop.get("/v1/search", params={"q": query, "limit": 20, "sort": "relevance"})
    found = [item["title"] for item in answer.json()["items"]]
    assert found[0] == first
    if second is not None:
        assert found[1] == second
    if not_found is not None:
        assert found.count(not_found) == 0
