"""The catalogue without a query: sorted, filtered, counted and in pages; and after a search that nothing matches."""

from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.release.snapshot import Snapshot

Client = TestClient[Litestar]


@pytest.fixture(scope="module")
def prices(plain_release: Path) -> dict[str, float]:
    """Price of each product."""
    return {one.product_id: one.price for one in Snapshot.load(plain_release, "1").shown if one.price is not None}


def browse(client: Client, **query: Any) -> dict[str, Any]:  # noqa: ANN401  # any parameter
    """What the search route answers."""
    answer = client.get("/v1/search", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_without_a_query_all_products_are_there_by_popularity(client: Client, prices: dict[str, float]) -> None:
    """Missing, empty and blank alike; nothing was relaxed, and the pages make up the whole."""
    popular = client.get("/v1/recommendations/popular", params={"limit": 10, "in_stock": False}).json()["items"]
    for query in ({}, {"q": ""}, {"q": "  "}):
        answer = browse(client, limit=10, **query)
        assert [item["product_id"] for item in answer["items"]] == [item["product_id"] for item in popular]
        assert answer["answered_by"] == "popularity"
        assert not answer.get("relaxed")
        assert answer["fallbacks_tried"] == []
    pages = [browse(client, limit=20, offset=at)["items"] for at in range(0, answer["total"], 20)]
    ids = [item["product_id"] for page in pages for item in page]
    assert len(ids) == len(set(ids)) == answer["total"]


@pytest.mark.parametrize("query", [{}, {"q": "qqqqxzzz"}])
def test_the_order_asked_for_is_kept(client: Client, prices: dict[str, float], query: dict[str, str]) -> None:
    """Also after a search that nothing matches."""
    for sort, direction in (("price_asc", 1), ("price_desc", -1)):
        items = browse(client, limit=30, sort=sort, **query)["items"]
        shown = [item["price"] for item in items if item["price"] is not None]
        assert shown == sorted(shown, reverse=direction < 0)
    cheapest = browse(client, limit=1, sort="price_asc", **query)["items"][0]
    assert cheapest["price"] == min(prices.values())


def test_filters_and_facets_of_the_whole_catalogue(client: Client) -> None:
    """Counts add up to what is there; a filter that no product keeps is given up, and named."""
    whole = browse(client, facets="category,in_stock")
    stock = {value["value"]: value["count"] for value in whole["facets"]["in_stock"]}
    assert sum(stock.values()) == whole["total"]
    some = browse(client, filters="in_stock:True")
    assert some["total"] == stock["true"]
    assert all(item["in_stock"] for item in some["items"])
    none = browse(client, filters="brand:nobody makes this")
    assert none["relaxed"] == ["left out the filter brand:nobody makes this"]
    assert none["items"]
