"""Lists over HTTP: each module answers, falls back, fills up, and says so."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]


def ids(answer: dict[str, Any]) -> list[str]:
    """Product ids of an answer."""
    return [item["product_id"] for item in answer["items"]]


def modules(answer: dict[str, Any]) -> set[str]:
    """Modules that gave items."""
    return {item["module"] for item in answer["items"]}


def test_a_product(client: Client) -> None:
    """Its row of the catalogue; no price is null."""
    answer = client.get("/v1/products/p00").json()
    assert (answer["title"], answer["price"], answer["currency"]) == ("WHITE LANTERN 0", 1.0, "EUR")
    assert client.get("/v1/products/p59").json()["price"] is None


def test_bought_together_names_its_product_and_fills_up(client: Client) -> None:
    """p09 and p11 share two of p10's three baskets, p08 and p12 one; the other eight places come from the next step."""
    answer = client.get("/v1/products/p10/bought-together?limit=12&in_stock=false").json()
    first = [i["product_id"] for i in answer["items"] if i["module"] == "bought_together"]
    assert (sorted(first[:2]), sorted(first[2:])) == (["p09", "p11"], ["p08", "p12"])
    assert ids(answer)[:4] == first
    assert answer["items"][0]["reason"] == "bought together with WHITE TEAPOT 10"
    assert len(set(ids(answer))) == 12
    assert "p10" not in ids(answer)
    assert answer["answered_by"] == "bought_together"
    assert answer["fallbacks_tried"] == [{"module": "similar", "items": 8, "note": None}]


def test_stock_is_respected_unless_told_otherwise(client: Client) -> None:
    """p09 is out of stock: it shares p10's baskets but is left out by default."""
    assert "p09" not in ids(client.get("/v1/products/p10/bought-together?limit=100").json())
    everything = client.get("/v1/recommendations/popular?limit=100").json()
    assert len(everything["items"]) == 54
    assert len(client.get("/v1/recommendations/popular?limit=100&in_stock=false").json()["items"]) == 60


def test_similar(client: Client) -> None:
    """Full length, never the product itself, with its title in the reason."""
    answer = client.get("/v1/products/p00/similar?limit=20").json()
    assert answer["answered_by"] == "similar"
    assert len(answer["items"]) == 20
    assert "p00" not in ids(answer)
    assert answer["items"][0]["reason"] == "similar to WHITE LANTERN 0"


def test_session(client: Client) -> None:
    """Who viewed p04 and p05 went on to p06; what was viewed is left out and unknown products are ignored."""
    answer = client.post("/v1/recommendations/session", json={"viewed": ["p04", "gone", "p05"], "limit": 30}).json()
    assert answer["answered_by"] == "session"
    assert ids(answer)[0] in {"p03", "p06", "p07"}
    assert not {"p04", "p05"} & set(ids(answer))
    assert answer["items"][0]["reason"] == "viewed in sessions like this one, after PINK SPADE 5"
    assert len(answer["items"]) == 30


def test_session_without_anything_known_is_popularity(client: Client) -> None:
    """Nothing viewed and nobody named: the shop's most popular products, in order."""
    answer = client.post("/v1/recommendations/session", json={"limit": 3}).json()
    assert answer["answered_by"] == "popularity"
    assert ids(answer) == ["p00", "p01", "p02"]
    assert [t["module"] for t in answer["fallbacks_tried"]] == ["session", "similar", "affinity"]
    assert answer["fallbacks_tried"][0]["note"] == "no known product was viewed"


def test_session_knows_the_user(client: Client) -> None:
    """u0 looks at lighting: lanterns are every third product."""
    answer = client.post("/v1/recommendations/session", json={"user_id": "u0", "limit": 3}).json()
    assert answer["answered_by"] == "affinity"
    assert ids(answer) == ["p00", "p03", "p06"]
    assert answer["items"][0]["reason"] == "popular in Home > Lighting, which this user looks at"


def test_category(client: Client) -> None:
    """A named category comes first, then the one above it, then the shop; 18 of 20 lanterns are in stock."""
    answer = client.get("/v1/recommendations/category", params={"category": "Home > Lighting", "limit": 40}).json()
    given = [i["reason"] for i in answer["items"]]
    assert given[:18] == ["popular in Home > Lighting"] * 18
    assert given[18:36] == ["popular in Home"] * 18
    assert given[36:] == ["popular in the shop now"] * 4
    by_user = client.get("/v1/recommendations/category?user_id=u0&limit=1").json()
    assert by_user["answered_by"] == "affinity"
    unknown = client.get("/v1/recommendations/category?user_id=nobody&limit=1").json()
    assert unknown["answered_by"] == "popularity"


def test_search_by_words(client: Client) -> None:
    """Without an encoder words answer, and the answer says why meaning did not."""
    answer = client.get("/v1/search?q=teapot&limit=20").json()
    assert answer["answered_by"] == "lexical"
    assert all("TEAPOT" in item["title"] for item in answer["items"])
    assert answer["items"][0]["reason"] == "matches words of 'teapot'"
    assert answer["fallbacks_tried"][0] == {
        "module": "hybrid",
        "items": 0,
        "note": "the shop has no data for encoder",
    }


def test_a_misspelt_search_is_corrected_and_says_so(client: Client) -> None:
    """A swap of letters finds the same; an answer to a query that was right does not speak of it."""
    right, wrong = (client.get("/v1/search", params={"q": q, "limit": 5}).json() for q in ("teapot", "taepot"))
    assert wrong["searched_for"] == "teapot"
    assert "searched_for" not in right
    assert [i["product_id"] for i in wrong["items"]] == [i["product_id"] for i in right["items"]]


def test_search_by_product_number(client: Client) -> None:
    """The product with that number, however it is written, and nothing to fill the page."""
    for query in ("p07", "P-07"):
        answer = client.get("/v1/search", params={"q": query, "limit": 5}).json()
        assert (answer["answered_by"], ids(answer), answer["total"]) == ("product_id", ["p07"], 1)


def test_search_in_a_category_and_in_stock(client: Client) -> None:
    """A filter holds for every step, popularity too: 18 lanterns are in stock."""
    answer = client.get(
        "/v1/search", params={"q": "lantern", "category": "Home > Lighting", "in_stock": "true", "limit": 100}
    ).json()
    assert len(answer["items"]) == 18
    assert all("LANTERN" in item["title"] for item in answer["items"])
    assert client.get("/v1/search", params={"q": "x", "category": "Nowhere"}).status_code == 404


def test_search_that_matches_nothing_is_popularity(client: Client) -> None:
    """No product holds the word: what is popular, and so it says."""
    answer = client.get("/v1/search?q=zzzzqqq&limit=2").json()
    assert (answer["answered_by"], ids(answer)) == ("popularity", ["p00", "p01"])


def test_every_list_of_a_bare_release_is_popularity(bare_client: Client) -> None:
    """With catalogue and popularity alone every list is full, and names what is missing."""
    answers = [
        bare_client.get("/v1/products/p03/similar?limit=54").json(),
        bare_client.get("/v1/products/p03/bought-together?limit=54").json(),
        bare_client.post("/v1/recommendations/session", json={"viewed": ["p03"], "limit": 54}).json(),
        bare_client.get("/v1/search?q=lantern&limit=54").json(),
    ]
    assert [len(a["items"]) for a in answers] == [53, 53, 53, 54]
    assert all(modules(a) <= {"category", "popularity"} for a in answers)
    assert answers[1]["fallbacks_tried"][0]["note"] == "the shop has no data for co_purchase"


@pytest.mark.slow
def test_search_by_meaning(full_client: Client) -> None:
    """With the encoder a word that no product holds still finds its kind: 'lamp' finds lanterns."""
    answer = full_client.get("/v1/search?q=lamp for the living room&limit=5").json()
    assert answer["answered_by"] == "hybrid"
    assert all("LANTERN" in item["title"] for item in answer["items"])
    assert answer["items"][0]["reason"] == "is close in meaning to 'lamp for the living room'"
    again = full_client.get("/v1/search?q= Lamp  for the living room&limit=5").json()
    assert ids(again) == ids(answer)
    words = full_client.get("/v1/search?q=white teapot&limit=3").json()
    assert words["items"][0]["reason"] == "matches words of 'white teapot'"


def test_search_keeps_to_filters_and_refuses_unknown_ones(client: Client) -> None:
    """Prices run from 1.0 upwards by product; a filter that cannot be read or applied is never ignored."""
    found = client.get("/v1/search", params={"q": "lantern", "filters": ["price:1..10", "in_stock:true"], "limit": 60})
    prices = [item["price"] for item in found.json()["items"]]
    assert prices
    assert all(price is not None and 1 <= price <= 10 for price in prices)
    for text in ("size:XL", "price:10..1", "brand"):
        refused = client.get("/v1/search", params={"q": "lantern", "filters": text})
        assert refused.status_code == 400
        assert refused.json()["type"] == "/problems/unknown-filter"
