"""What is sold out stays findable, and stands behind what matches as well and can be bought, over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.search.typed_shop import typed_shop

Client = TestClient[Litestar]
# The first products are the most popular.
ROWS: list[dict[str, Any]] = [
    {"title": "Garden lantern of glass", "in_stock": False, "price": 5.0, "categories": ["Garden"]},
    {"title": "Garden lantern of steel", "price": 5.0, "categories": ["Garden"]},
    {"title": "Green garden lantern of steel wire", "price": 7.0, "categories": ["Garden"]},
    {"title": "Red kettle", "in_stock": False, "tags": ["sku:RK-100"]},
    {"title": "Red kettle with a long spout"},
    {"title": "Blue kettle for the stove"},
    {"title": "Travel kettle"},
    {"title": "Folding umbrella stand", "in_stock": False},
    {"title": "Umbrella stand"},
    *({"title": f"Folding kettle descaler number {n}"} for n in range(6)),
]


@pytest.fixture(scope="module", params=[False, True], ids=["words", "words and meaning"])
def shop(
    request: pytest.FixtureRequest,
    search_client: Callable[[Path, Path], Any],
    tmp_path_factory: pytest.TempPathFactory,
    encoder: Path,
) -> Iterator[Client]:
    """A shop in which the most popular of equal matches is sold out."""
    folder = tmp_path_factory.mktemp("sold-out")
    release = typed_shop(folder / "release", ROWS, languages=["en"], encoder=encoder if request.param else None)
    with search_client(release, folder) as client:
        yield client


def titles(client: Client, path: str, **parameters: Any) -> list[str]:  # noqa: ANN401  # any parameter
    """Titles of a list."""
    answer = client.get(path, params={"limit": 20, **parameters})
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


def test_of_equal_matches_those_in_stock_stand_first(shop: Client) -> None:
    """However popular the other is; it is still there."""
    found = titles(shop, "/v1/search", q="garden lantern")
    assert found[:3] == [ROWS[1]["title"], ROWS[2]["title"], ROWS[0]["title"]]


def test_what_is_named_stays_first(shop: Client) -> None:
    """By its title or its number."""
    assert titles(shop, "/v1/search", q="red kettle")[:2] == ["Red kettle", "Red kettle with a long spout"]
    assert titles(shop, "/v1/search", q="Red Kettle!")[0] == "Red kettle"
    assert titles(shop, "/v1/search", q="RK-100")[0] == "Red kettle"


def test_a_better_match_stays_before_what_lacks_a_word(shop: Client) -> None:
    """Being sold out weighs less than a word of the query."""
    assert titles(shop, "/v1/search", q="stand umbrella folding")[:2] == ["Folding umbrella stand", "Umbrella stand"]


def test_lists_by_popularity_show_what_is_in_stock_first(shop: Client) -> None:
    """Where the request wants what is sold out as well: in the shop, in a category, and when browsing."""
    category = titles(shop, "/v1/recommendations/category", category="Garden", in_stock=False)
    assert category[:3] == [ROWS[1]["title"], ROWS[2]["title"], ROWS[0]["title"]]
    stocked = [row["title"] for row in ROWS if row.get("in_stock", True)]
    sold_out = [row["title"] for row in ROWS if not row.get("in_stock", True)]
    assert titles(shop, "/v1/recommendations/popular", in_stock=False) == [*stocked, *sold_out]
    assert titles(shop, "/v1/search") == [*stocked, *sold_out]


def test_an_order_that_was_asked_for_is_kept(shop: Client) -> None:
    """By price the cheaper one is first, sold out or not; of one price those in stock."""
    found = titles(shop, "/v1/search", q="garden lantern", sort="price_asc")
    assert found == [ROWS[1]["title"], ROWS[0]["title"], ROWS[2]["title"]]
