"""What shoppers type and merchandisers complain about, over HTTP: a small shop of everything, and the first answer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.search.typed_shop import typed_shop

Client = TestClient[Litestar]
ROWS: list[dict[str, Any]] = [
    {"title": "iPhone 15 Pro 256 GB black", "brand": "Apple", "price": 999.0},
    {"title": "iPhone 15 case clear", "brand": "Spigen", "price": 19.0},
    {"title": "USB-C charging cable 2 m", "brand": "Anker", "price": 12.0},
    {"title": "Women's running shoes", "brand": "Nike", "price": 89.0, "tags": ["size:38"]},
    {"title": "Men's running shoes", "brand": "Nike", "price": 99.0, "tags": ["size:43"]},
    {"title": "Grey wool jumper", "brand": "Muji", "price": 49.0},
    {"title": "T-shirt white cotton", "brand": "Muji", "price": 15.0},
    {"title": "Coffee machine with milk frother", "brand": "De'Longhi", "price": 299.0},
    {"title": "Coffee beans 1 kg", "brand": "Lavazza", "price": 17.0},
    {"title": "LED bulb E27 60W warm white", "brand": "Philips", "price": 4.0},
    {"title": "LED bulb E14 40W", "brand": "Philips", "price": 3.5},
    {"title": "Gift card", "price": 50.0},
    {"title": "Dog food chicken 3 kg", "brand": "Royal Canin", "price": 22.0},
    {"title": "Sugar-free gum", "brand": "Extra", "price": 1.0},
    {"title": "The philosopher's stone", "brand": "Bloomsbury", "tags": ["isbn:978-0-7475-3269-9"]},
    {"title": "Bath towel 70 x 140 cm", "brand": "Möve", "price": 20.0},
    {"title": "Hand towel 50x100", "brand": "Möve", "price": 10.0},
    {"title": "TV 55 inch OLED", "brand": "LG", "price": 1299.0},
    {"title": "Wifi router", "brand": "TP-Link", "price": 59.0},
]


@pytest.fixture(scope="module")
def shop(search_client: Callable[[Path, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Words alone, in English."""
    folder = tmp_path_factory.mktemp("complaints")
    with search_client(typed_shop(folder / "release", ROWS, languages=["en"]), folder) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("iphone15 pro", "iPhone 15 Pro"),
        ("i phone 15 pro", "iPhone 15 Pro"),
        ("iphone 15 pro 256gb", "iPhone 15 Pro"),
        ("usbc cable", "USB-C"),
        ("tee shirt", "T-shirt"),
        ("gray jumper", "Grey wool jumper"),
        ("womens shoes", "Women's"),
        ("running shoe men", "Men's"),
        ("shoes size 43", "Men's"),
        ("delonghi", "Coffee machine"),
        ("de longhi machine", "Coffee machine"),
        ("e27 bulb", "LED bulb E27"),
        ("60 watt bulb", "LED bulb E27"),
        ("philips led -e27", "LED bulb E14"),
        ("9780747532699", "The philosopher's stone"),
        ("140x70 towel", "Bath towel"),
        ('55" tv', "TV 55"),
        ("wi fi router", "Wifi router"),
        ("tplink", "Wifi router"),
        ("sugarfree gum", "Sugar-free gum"),
        ("giftcard", "Gift card"),
        ("coffee without milk", "Coffee beans"),
        ("3000 g dog food", "Dog food"),
    ],
)
def test_what_is_meant_comes_first(shop: Client, query: str, first: str) -> None:
    """As typed: nothing is given up, and no other spelling is offered."""
    answer = shop.get("/v1/search", params={"q": query}).json()
    assert answer["items"][0]["title"].startswith(first)
    assert not {"relaxed", "searched_for", "did_you_mean"} & answer.keys()


@pytest.mark.parametrize(
    ("typed", "kind", "found"),
    [
        ("delo", "brands", "De'Longhi"),
        ("de'lo", "brands", "De'Longhi"),
        ("de lo", "brands", "De'Longhi"),
        ("mov", "brands", "Möve"),
        ("womens r", "products", "Women's running shoes"),
        ("iphone15", "products", "iPhone 15 Pro 256 GB black"),
    ],
)
def test_what_is_begun_is_completed(shop: Client, typed: str, kind: str, found: str) -> None:
    """Without the apostrophe, the accent and the space that shoppers leave out."""
    suggested = shop.get("/v1/search/suggest", params={"q": typed}).json()[kind]
    assert found in [one if isinstance(one, str) else one["title"] for one in suggested]
