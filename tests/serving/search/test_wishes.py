"""What queries ask for besides words: prices, and what products must not have; over HTTP on a small shop."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.search.wishes import price_wish, unwanted_words
from tests.serving.search.typed_shop import typed_shop

Client = TestClient[Litestar]
PRICED: dict[str, float | None] = {
    "Table lamp": 25,
    "Floor lamp of oak": 65,
    "Reading lamp": None,
    "Ceiling lamp with remote": 1299.5,
    "Lamp 50 bulbs string": 80,
    "Coffee beans": 13,
    "Decaf coffee beans": 8,
    "Coffee grinder": 49,
    "Oat milk, lactose-free": 2,
    "Whole milk": 1,
    "Milk with lactose": 3,
    "Travel mug with lid": 12,
    "Travel mug without lid": 9,
    "Shelf board 50 cm": 60,
}
ROWS: list[dict[str, Any]] = [{"title": title, "price": price} for title, price in PRICED.items()]


@pytest.fixture(scope="module")
def shop(search_client: Callable[[Path, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a shop of these products."""
    folder = tmp_path_factory.mktemp("wishes")
    with search_client(typed_shop(folder / "release", ROWS), folder) as client:
        yield client


def found(shop: Client, query: str, **asked: object) -> list[str]:
    """Titles, in order."""
    answer = shop.get("/v1/search", params={"q": query, "limit": 20, **asked}).json()  # type: ignore[dict-item]
    return [item["title"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("lamp under 50 euro", {"Table lamp"}),
        ("lamps below €50", {"Table lamp"}),
        ("lamp under 50", {"Table lamp"}),
        ("lamp between 30 and 70", {"Floor lamp of oak"}),
        ("lamp 20-70 €", {"Table lamp", "Floor lamp of oak"}),
        ("Lamp bis 30 Euro", {"Table lamp"}),
        ("lamp over 1.000 €", {"Ceiling lamp with remote"}),
        ("under 3 euro", {"Oat milk, lactose-free", "Whole milk", "Milk with lactose"}),
        ("coffee no decaf", {"Coffee beans", "Coffee grinder"}),
        ("coffee without decaf", {"Coffee beans", "Coffee grinder"}),
        ("milk without lactose", {"Oat milk, lactose-free", "Whole milk"}),
        ("travel mug without lid", {"Travel mug without lid"}),
        ("coffee beans no decaf under 20 euro", {"Coffee beans"}),
    ],
)
def test_what_is_asked_for_is_kept(shop: Client, query: str, titles: set[str]) -> None:
    """A product without a price is none under 50 euro; what says that it lacks something is what is wanted."""
    assert set(found(shop, query)) == titles


def test_what_was_understood_is_told(shop: Client) -> None:
    """As a filter, in every sort order, and not of a price that nothing has: that is given up and told."""
    answer = shop.get("/v1/search", params={"q": "lamp under 70 euro", "sort": "price_desc", "facets": "price"}).json()
    assert [item["price"] for item in answer["items"]] == [65, 25]
    assert (answer["total"], answer["understood"]) == (2, ["price:..70"])
    assert answer["price_range"]["high"] == 1299.5
    assert "searched_for" not in answer
    dear = shop.get("/v1/search", params={"q": "lamp under 5 euro"}).json()
    assert dear["relaxed"] == ["left out the filter price:..5"]
    assert "understood" not in dear
    assert dear["items"][0]["title"] == "Table lamp"


def test_sizes_and_exact_queries_are_no_prices(shop: Client) -> None:
    """A number with another unit, one in quotation marks, and an exact search stay words."""
    assert found(shop, "shelf under 50 cm")[0] == "Shelf board 50 cm"
    for query, asked in (('lamp "under 50"', {}), ("lamp under 50 euro", {"exact": "true"})):
        assert "understood" not in shop.get("/v1/search", params={"q": query, **asked}).json()


@pytest.mark.parametrize(
    ("query", "currency", "wish"),
    [
        ("tv over 1.299,50 €", "EUR", ("tv", 1299.5, None)),
        ("tv max 1,000 €", "EUR", ("tv", None, 1000.0)),
        ("from 10 to 20 euro lamp", "EUR", ("lamp", 10.0, 20.0)),
        ("drill less than $99.90", "USD", ("drill", None, 99.9)),
        ("iphone 15 under 800 eur", "EUR", ("iphone 15", None, 800.0)),
        ("drill under 100 dollars", "EUR", None),
        ("cream over 50", "EUR", None),
        ("toys under 3 years", "EUR", None),
        ("under bed storage", "EUR", None),
        ("2-3 seater sofa", "EUR", None),
        ("50 euro gift card", "EUR", None),
        ("tv between 900 and 700 euro", "EUR", None),
    ],
)
def test_prices_of_queries(query: str, currency: str, wish: tuple[str, float | None, float | None] | None) -> None:
    """Of the shop's currency alone; ages, sizes and names of products are none."""
    read = price_wish(query, currency)
    assert (None if read is None else tuple(read)) == wish


def test_unwanted_words() -> None:
    """A word behind one that says without; numbers are none."""
    assert unwanted_words("kaffee ohne koffein") == ("kaffee koffein", ("koffein",))
    assert unwanted_words("Mug without a lid") == ("Mug lid", ("lid",))
    assert unwanted_words("chanel no 5") == ("chanel no 5", ())
