"""The search box over HTTP: pages, sort orders, facets, relaxing, hostile input."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.products.catalogue import Catalogue
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from serving.search.requests import SearchRequest
from serving.search.search import search

Client = TestClient[Litestar]


@pytest.fixture(scope="module")
def shop(
    plain_release: Path,
    tmp_path_factory: pytest.TempPathFactory,
    search_client: Any,  # noqa: ANN401
) -> Iterator[Client]:
    """One application for the whole file."""
    with search_client(plain_release, tmp_path_factory.mktemp("search")) as client:
        yield client


def ask(client: Client, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
    """The answer to a search."""
    answer = client.get("/v1/search", params={"q": "lantern", **parameters})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    """Product ids of an answer."""
    return [item["product_id"] for item in answer["items"]]


@pytest.mark.parametrize("query", ["lantern", "white lantern", "zzzz", "p07"])
@pytest.mark.parametrize("sort", ["relevance", "price_asc", "price_desc", "popularity"])
@pytest.mark.parametrize("filters", [[], ["price:1..40"], ["brand:Acme", "category:Home"]])
def test_pages_put_together_are_the_whole_list(shop: Client, query: str, sort: str, filters: list[str]) -> None:
    """No product twice, none left out, whatever the size of the pages; the total is their number."""
    about = {"q": query, "sort": sort, "filters": filters}
    whole = ask(shop, limit=100, **about)
    assert len(ids(whole)) == len(set(ids(whole))) == whole["total"] > 0
    for size in (7, 25):
        pages = [ids(ask(shop, limit=size, offset=at, **about)) for at in range(0, whole["total"] + size, size)]
        assert [product for page in pages for product in page] == ids(whole)
        assert pages[-1] == []


def test_sort_orders(shop: Client) -> None:
    """Prices run up or down, what has none is last; the most popular product is p00; a lantern is every third."""
    up, down = (ask(shop, q="spade", sort=f"price_{way}", limit=100) for way in ("asc", "desc"))
    assert [item["price"] for item in up["items"]] == [*(1.0 + i for i in range(2, 59, 3)), None]
    assert [item["price"] for item in down["items"]] == [*(1.0 + i for i in range(56, 0, -3)), None]
    assert ids(ask(shop, sort="popularity", limit=3)) == ["p00", "p03", "p06"]
    assert ids(ask(shop, sort="newest", limit=3)) == ["p57", "p54", "p51"]
    assert shop.get("/v1/search", params={"q": "lantern", "sort": "cheap"}).status_code == 400


def test_a_release_that_does_not_know_the_day_of_its_products(plain_release: Path) -> None:
    """It cannot sort by it, and says so."""
    snapshot = Snapshot.load(plain_release, "1")
    undated = Catalogue.build(snapshot.release.catalogue.frame.drop("updated_at"))
    snapshot = replace(snapshot, release=replace(snapshot.release, catalogue=undated))
    pools = Workers()
    with pytest.raises(ProblemError, match="sort otherwise"):
        asyncio.run(search(snapshot, pools, SearchRequest("lantern", limit=3, sort="newest")))
    pools.close()


def test_a_facet_counts_what_its_filter_would_find(shop: Client) -> None:
    """Of the 20 lanterns 18 are in stock; an attribute's own filter does not reduce its counts, another's does."""
    free = ask(shop, q="white lantern", facets="brand,category,in_stock,price")
    for name, values in free["facets"].items():
        for value in values:
            kept = ask(shop, q="white lantern", filters=f"{name}:{value['value']}", facets=name)
            assert kept["total"] == value["count"]
            assert kept["facets"][name] == values
    held = ask(shop, facets=["in_stock", "price"], filters="price:1..10")
    assert held["facets"] == {"in_stock": [{"value": "true", "count": 3}, {"value": "false", "count": 1}]}
    assert held["price_range"] == {"low": 1.0, "high": 58.0}
    by_category = ask(shop, facets="category", category="Home > Lighting")
    assert {"value": "Home > Lighting", "count": 20} in by_category["facets"]["category"]
    assert (
        shop.get("/v1/search", params={"q": "lantern", "facets": "size"}).json()["type"] == "/problems/unknown-filter"
    )


def test_ranges_of_prices_are_alternatives(shop: Client) -> None:
    """As many as either range has, whichever is named first; a facet of prices counts without both."""
    low, high = (ask(shop, filters=text)["total"] for text in ("price:1..10", "price:30..40"))
    assert low > 0 < high
    for filters in (["price:1..10", "price:30..40"], ["price:30..40", "price:1..10", "price:5..8"]):
        both = ask(shop, filters=filters, facets="price", limit=50)
        assert both["total"] == low + high
        assert all(1 <= item["price"] <= 10 or 30 <= item["price"] <= 40 for item in both["items"])
        assert both["price_range"] == ask(shop, facets="price")["price_range"]
    left = ask(shop, filters=["price:2..2", "price:57..58", "brand:Acme"], category="Garden")
    assert left["relaxed"][0] == "left out the filter price:2..2 or price:57..58"


def test_what_was_relaxed_is_said(shop: Client) -> None:
    """The filter that fewest products keep goes first, and no other if that is enough; stock never goes."""
    left = ask(shop, filters=["price:57..58", "brand:Acme"], category="Garden")
    assert left["relaxed"] == ["left out the filter price:57..58", "left out the filter category:Garden"]
    assert left["total"] == 20
    one = ask(shop, filters=["price:2..2", "brand:Acme"])
    assert one["relaxed"] == ["left out the filter price:2..2"]
    nothing = ask(shop, q="zzzz", filters="brand:Acme", in_stock="true")
    assert nothing["relaxed"] == ["no product matches 'zzzz': these are popular"]
    assert (nothing["answered_by"], nothing["total"]) == ("popularity", 54)
    assert "relaxed" not in ask(shop)


def test_spelling_is_corrected_or_offered(shop: Client) -> None:
    """A slip is corrected; a doubtful word is offered, and searched for only where nothing else matches."""
    assert ask(shop, q="lantren")["searched_for"] == "lantern"
    beside = ask(shop, q="lantern bleck")
    assert "searched_for" not in beside
    assert beside["did_you_mean"] == "lantern black"
    alone = ask(shop, q="bleck")
    assert (alone["searched_for"], alone["total"]) == ("black", 6)
    assert alone["relaxed"] == ["no product matches 'bleck': this is for 'black'"]


def test_a_page_of_another_release_says_so(shop: Client) -> None:
    """A page of the release that answers is given."""
    first = ask(shop, limit=5)
    assert ids(ask(shop, limit=5, offset=5, release=first["release"]))
    other = shop.get("/v1/search", params={"q": "lantern", "offset": 5, "release": "0123456789ab"})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/release-changed")


HOSTILE = {
    "blank": "   ",
    "long": "lantern " * 1_250,
    "emoji": "💥🏮" * 200,
    "control": "\x01\x1b[2J\x7f",
    "null": "lan\x00tern",
    "sql": "'; DROP TABLE products; --",
    "regex": "(a+)+$" * 50,
    "right to left": "\u202eفانوس أبيض",
    "stop words": "the of and",
    "combining": "a" + "\u0301" * 900,
    "digits": "1/" * 400,
    "percent": "%%%ff%00",
    "brackets": "[" * 1_000,
}


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_hostile_queries_are_answered_or_refused(shop: Client, query: str) -> None:
    """With a 400 that says why or a page of products."""
    answer = shop.get("/v1/search", params={"q": query, "facets": "brand", "limit": 100})
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["invalid"]
    else:
        assert answer.json()["items"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "x" * 1_001},
        {"q": "x", "filters": ["brand:Acme"] * 1_000},
        {"q": "x", "filters": "brand:" + "x" * 400},
        {"q": "x", "filters": "price:1e999..2"},
        {"q": "x", "facets": ["brand"] * 11},
        {"q": "x", "facets": ",".join(["brand"] * 11)},
        {"q": "x", "offset": 995, "limit": 10},
        {"q": "x", "offset": -1},
        {"q": "x", "offset": 10**30},
        {"q": "x", "limit": 0},
        {"q": "x", "ofset": 5},
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_reason(shop: Client, parameters: dict[str, Any]) -> None:
    """Never cut off in silence."""
    answer = shop.get("/v1/search", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_suggestions(shop: Client) -> None:
    """Of a word inside titles in stock, by popularity; a misspelt one as it is completed instead."""
    found = shop.get("/v1/search/suggest", params={"q": "lan"}).json()
    assert found["products"][0] == {"product_id": "p00", "title": "WHITE LANTERN 0"}
    assert len(found["products"]) == 5
    assert (found["queries"], found["categories"], found["brands"]) == ([], [], [])
    assert shop.get("/v1/search/suggest", params={"q": "light"}).json()["categories"] == ["Home > Lighting"]
    assert shop.get("/v1/search/suggest", params={"q": "ACM"}).json()["brands"] == ["Acme"]
    slip = shop.get("/v1/search/suggest", params={"q": "lntern"}).json()
    assert slip["completed"] == "lantern"
    assert slip["products"] == found["products"]
    assert not any(product["product_id"] == "p09" for product in found["products"])


@pytest.mark.parametrize("query", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_completed_or_refused(shop: Client, query: str) -> None:
    """With a 400 that says why or with completions."""
    answer = shop.get("/v1/search/suggest", params={"q": query})
    assert answer.status_code in (200, 400)
    assert set(answer.json()) >= ({"invalid"} if answer.status_code == 400 else {"queries", "products"})


def test_the_deepest_page_is_answered(shop: Client) -> None:
    """Beyond the last product a page is empty."""
    assert ids(ask(shop, offset=900, limit=100)) == []


@pytest.mark.slow
@pytest.mark.parametrize("query", ["lantern", "lamp for the living room", "white teapot or spade"])
def test_pages_with_meaning_are_the_whole_list(full_client: Client, query: str) -> None:
    """As without an encoder; a count beside a filter is what the filter finds; the answer has both kinds of reasons."""
    for sort in ("relevance", "price_desc"):
        whole = ask(full_client, q=query, sort=sort, limit=100, facets="category")
        assert len(set(ids(whole))) == len(ids(whole)) == whole["total"] > 0
        pages = [ids(ask(full_client, q=query, sort=sort, limit=4, offset=at)) for at in range(0, whole["total"], 4)]
        assert [product for page in pages for product in page] == ids(whole)
    for value in whole["facets"]["category"]:
        kept = ask(full_client, q=query, sort=sort, filters=f"category:{value['value']}")
        assert kept["total"] == value["count"]
    nothing = ask(full_client, q="qqqq zzzz", limit=3)
    assert nothing["relaxed"]
    assert ids(nothing)
