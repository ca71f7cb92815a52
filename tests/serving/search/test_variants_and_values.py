"""One of each product's variants in search and lists, and clean values in facets and filters, over HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.search.typed_shop import typed_shop

Client = TestClient[Litestar]
KINDS = ("Linen summer", "Cotton polo", "Denim work", "Silk evening")
SHIRTS: list[dict[str, Any]] = [
    {
        "title": f"{kind} shirt {colour} {size}",
        "brand": "Acme",
        "categories": ["Clothes > Shirts"],
        "price": 20.0 + 9 * k + 3 * c + s,
        "tags": [f"colour:{colour}", f"size:{size}"],
        "in_stock": (k, colour) != (0, "red"),
    }
    for k, kind in enumerate(KINDS)
    for c, colour in enumerate(("red", "blue", "green"))
    for s, size in enumerate("SML")
]
OTHERS: list[dict[str, Any]] = [
    {"title": "Model one", "tags": ["group:g1", "weight:1 kg"]},
    {"title": "Something else", "tags": ["group: g1", "weight:2 kg"]},
    {"title": "Third thing", "tags": ["weight:2.5 kg", "length:10 cm"]},
    {"title": "Caf&eacute; <b>Table</b>  &amp; chairs", "brand": " Tom &amp; Co ", "tags": ["finish:Matt "]},
    {"title": "Bistro&nbsp;bench", "brand": "Tom & Co", "tags": ["finish:matt", "length:2 m"]},
    {
        "title": "Bistro stool",
        "brand": "tom & co",
        "tags": ["finish:MATT", "finish:matt"],
        "categories": ["home > bar"],
    },
    {"title": "A < B puzzle", "brand": "Tom & Co", "categories": ["Home  &gt; Bar"]},
    {"title": "Counter unit", "categories": ["Home > Bar"]},
    {"title": "Elvive shampoo", "brand": "L’Oréal", "tags": ["line:Élvive"]},
    {"title": "Perfect cream", "brand": "L'Oréal", "tags": ["line:Elvive"]},
    {"title": "Cheap cream", "brand": "L'Oreal"},
]
ROWS = [*SHIRTS, *OTHERS]
LISTS = (
    "/v1/recommendations/popular",
    "/v1/recommendations/category?category=Clothes%20%3E%20Shirts",
    "/v1/products/p028/similar",
    "/v1/products/p028/bought-together",
    "/v1/search",
    "/v1/search?q=shirt",
    "/v1/search?q=shirt&sort=price_asc",
    "/v1/search?sort=newest",
)


@pytest.fixture(scope="module")
def shop(search_client: Callable[[Path, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """36 variants of four shirts, and others."""
    folder = tmp_path_factory.mktemp("variants")
    with search_client(typed_shop(folder / "release", ROWS, languages=["en"]), folder) as client:
        yield client


def ask(client: Client, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401  # any parameter
    """What a route answers."""
    answer = client.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def kind(item: dict[str, Any]) -> str:
    """What a product is but for its colour and size."""
    return str(item["title"]).split(" shirt ", maxsplit=1)[0]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("in_stock", ["true", "false"])
def test_no_list_shows_two_variants(shop: Client, path: str, in_stock: str) -> None:
    """As many different products as there are; of each what is in stock."""
    path = f"{path}{'&' if '?' in path else '?'}in_stock={in_stock}&limit=20"
    items = ask(shop, path)["items"]
    kinds = [kind(item) for item in items]
    assert len(kinds) == len(set(kinds))
    assert not {"Model one", "Something else"} <= set(kinds)
    assert len(set(kinds) & set(KINDS)) == (3 if "p028" in path else 4)
    assert all(item["in_stock"] for item in items)


def test_the_others_are_beside_it(shop: Client) -> None:
    """With their number; those that the filters leave out are not counted."""
    (item,) = ask(shop, "/v1/search", q="denim", limit=5)["items"]
    assert item["variants"] == 8
    assert sorted([item["product_id"], *item["variant_ids"]]) == [f"p{i:03d}" for i in range(18, 27)]
    (item,) = ask(shop, "/v1/search", q="denim", filters="colour:blue")["items"]
    assert sorted([item["product_id"], *item["variant_ids"]]) == ["p021", "p022", "p023"]
    linen = next(i for i in ask(shop, "/v1/recommendations/popular")["items"] if kind(i) == "Linen summer")
    assert linen["variants"] == 5
    assert "variants" not in ask(shop, "/v1/search", q="third thing")["items"][0]


@pytest.mark.parametrize(
    ("query", "filters", "expected"),
    [
        ("red denim shirt", [], "Denim work shirt red"),
        ("green linen shirt", [], "Linen summer shirt green"),
        ("red linen shirt", [], "Linen summer shirt red"),
        ("linen shirt", [], "Linen summer shirt blue"),
        ("silk", ["colour:green", "size:L"], "Silk evening shirt green L"),
        ("p035", [], "Silk evening shirt green L"),
        ("silk", ["price:51..52"], "Silk evening shirt blue M"),
    ],
)
def test_the_variant_that_is_meant_is_shown(shop: Client, query: str, filters: list[str], expected: str) -> None:
    """What was searched for first, whether it is in stock or not; else what is in stock and keeps the filters."""
    assert ask(shop, "/v1/search", q=query, filters=filters)["items"][0]["title"].startswith(expected)


def test_counts_are_of_products(shop: Client) -> None:
    """In the total and beside each value; a filter leaves as many as was said."""
    answer = ask(shop, "/v1/search", q="shirt", facets="colour,size")
    assert answer["total"] == 4
    assert answer["facets"]["colour"] == [{"value": c, "count": 4} for c in ("blue", "green", "red")]
    assert ask(shop, "/v1/search", q="shirt", filters="size:M")["total"] == 4


def test_pages_neither_repeat_nor_skip(shop: Client) -> None:
    """Of the whole catalogue, two places at a time."""
    total = ask(shop, "/v1/search")["total"]
    assert total == 4 + 1 + 9
    kinds = [kind(i) for at in range(0, total, 2) for i in ask(shop, "/v1/search", limit=2, offset=at)["items"]]
    assert len(kinds) == len(set(kinds)) == total


def test_sorted_by_price_each_product_by_the_variant_that_is_first(shop: Client) -> None:
    """The cheapest or the dearest in stock."""
    for sort, prices in (("price_asc", [23.0, 29.0, 38.0, 47.0]), ("price_desc", [55.0, 46.0, 37.0, 28.0])):
        assert [i["price"] for i in ask(shop, "/v1/search", q="shirt", sort=sort)["items"]] == prices


def test_no_two_variants_on_one_page(shop: Client) -> None:
    """Not in two lists either."""
    slots = [{"name": name, "list": "popular", "limit": 3} for name in ("a", "b", "c")]
    answer = shop.post("/v1/page", json={"slots": slots}).json()["slots"]
    kinds = [kind(item) for slot in answer.values() for item in slot["items"]]
    assert len(kinds) == len(set(kinds)) == 9


def test_values_are_decoded(shop: Client) -> None:
    """In titles, and found so."""
    for query, title in (("cafe", "Café Table & chairs"), ("bench", "Bistro bench"), ("puzzle", "A < B puzzle")):
        assert ask(shop, "/v1/search", q=query)["items"][0]["title"] == title
    assert ask(shop, "/v1/search/suggest", q="caf")["products"][0]["title"] == "Café Table & chairs"
    assert ask(shop, "/v1/search/suggest", q="tom")["brands"] == ["Tom & Co"]


def test_one_spelling_of_each_value(shop: Client) -> None:
    """The most frequent one, with all that it counts; any spelling filters."""
    facets = ask(shop, "/v1/search", facets="brand,finish,category")["facets"]
    assert facets["brand"][:2] == [{"value": "Acme", "count": 4}, {"value": "Tom & Co", "count": 4}]
    assert facets["finish"] == [{"value": "matt", "count": 3}]
    assert {"value": "Home > Bar", "count": 3} in facets["category"]
    for text in ("brand:TOM &  co", "finish:Matt", "category:HOME > bar", "category:Home>Bar"):
        assert ask(shop, "/v1/search", filters=text)["total"] == (4 if "brand" in text else 3)
    assert len(ask(shop, "/v1/recommendations/category", category="home > BAR")["items"]) > 0


def test_a_filter_may_do_without_accents_and_apostrophes(shop: Client) -> None:
    """Where the value as it stands is none; all that may be meant then are. What is shown and counted stays."""
    for text, titles in (
        ("brand:loreal", {"Elvive shampoo", "Perfect cream", "Cheap cream"}),
        ("brand:LORÉAL", {"Elvive shampoo", "Perfect cream", "Cheap cream"}),
        ("brand:l'oréal", {"Elvive shampoo", "Perfect cream"}),
        ("brand:L'Oreal", {"Cheap cream"}),
        ("line:ELVIVE", {"Perfect cream"}),
        ("category:Hóme > bar", {"Bistro stool", "A < B puzzle", "Counter unit"}),
    ):
        assert {item["title"] for item in ask(shop, "/v1/search", filters=text)["items"]} == titles
    facet = [{"value": value, "count": count} for value, count in (("L'Oréal", 2), ("L'Oreal", 1))]
    assert ask(shop, "/v1/search", filters="brand:loreal", facets="brand")["facets"]["brand"][-2:] == facet
    popular = ask(shop, "/v1/recommendations/popular", filters="brand:loreal")["items"]
    assert len(popular) == 3


def test_numbers_are_ranges(shop: Client) -> None:
    """As filters and as facets; open at either end."""
    for text, titles in (
        ("weight:2..3", {"Something else", "Third thing"}),
        ("weight:..1", {"Model one"}),
        ("weight:2.1..", {"Third thing"}),
        ("weight:2 kg", {"Something else"}),
    ):
        assert {item["title"] for item in ask(shop, "/v1/search", filters=text)["items"]} == titles
    answer = ask(shop, "/v1/search", facets="weight,price")
    assert answer["ranges"]["weight"] == {"low": 1.0, "high": 2.5}
    assert answer["price_range"] == {"low": 10.0, "high": 55.0}


@pytest.mark.parametrize(
    ("parameter", "text", "says"),
    [
        ("filters", "colour:1..2", "no range holds them"),
        ("filters", "length:1..20", "no range holds them"),
        ("filters", "title:shirt", "cannot be filtered by"),
        ("filters", "description:x", "cannot be filtered by"),
        ("facets", "title", "cannot be filtered by"),
        ("filters", "wieght:1..2", "no product of the catalogue has the attribute 'wieght'"),
        ("filters", "brand", "not of the form attribute:value"),
        ("filters", "price:cheap", "not a range of prices"),
        ("filters", "price:9..1", "not a range of prices"),
        ("filters", "in_stock:maybe", "neither in_stock:true nor in_stock:false"),
    ],
)
def test_what_cannot_be_filtered_is_refused_with_the_reason(shop: Client, parameter: str, text: str, says: str) -> None:
    """And nothing is given up in silence."""
    answer = shop.get("/v1/search", params={parameter: text})
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
