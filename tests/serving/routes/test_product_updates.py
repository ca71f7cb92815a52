"""Products that are changed while the API runs: in every answer within two seconds, without a release."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.release import live_updates
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

Client = TestClient[Litestar]
EFFECTIVE_SECONDS, SHORT_SECONDS = 2.0, 0.4
LISTS = (
    "/v1/recommendations/popular?limit=20",
    "/v1/recommendations/popular?limit=20&in_stock=false",
    "/v1/recommendations/category?category=Home%20%3E%20Lighting&limit=20",
    "/v1/products/p03/similar?limit=20",
    "/v1/products/p01/bought-together?limit=20",
    "/v1/search?q=white%20lantern%200&limit=20",
    "/v1/search?q=p00",
    "/v1/search?sort=price_asc",
    "/v1/search?q=lantern&sort=newest&limit=100",
    "/v1/search/suggest?q=white",
)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes are looked up often, so that tests need not wait for them long."""
    monkeypatch.setattr(live_updates, "POLL_SECONDS", SHORT_SECONDS / 8)


def told(client: Client, *products: dict[str, Any], wait: float = SHORT_SECONDS) -> dict[str, Any]:
    """Update products and wait until that must hold."""
    answer = client.post("/v1/products/batch", json={"products": list(products)})
    assert answer.status_code == 202, answer.text
    time.sleep(wait)
    return dict(answer.json())


def _answers_from(client: Client, version: str) -> bool:
    """Whether a version of the registry answers."""
    return bool(client.get("/health/ready").json()["registry_version"] == version)


def ids(client: Client, url: str) -> list[str]:
    """Products of an answer."""
    answer = client.get(url).json()
    return [one["product_id"] for one in answer.get("items", answer.get("products"))]


def test_a_hidden_product_is_in_no_answer_of_two_workers(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    plain_release: Path,
    next_release: Path,
    wait_for: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """p00, the most popular, is in every list before; after two seconds in none, nor of the next release; then back."""
    monkeypatch.undo()
    promote("1", plain_release)
    with ExitStack() as stack:
        clients = [stack.enter_context(TestClient(create_app(settings, source))) for _ in range(2)]
        for client in clients:
            wait_for(partial(_answers_from, client, "1"), "the release")
            assert all("p00" in ids(client, url) for url in LISTS)
        told(clients[0], {"product_id": "p00", "hidden": True}, wait=EFFECTIVE_SECONDS)
        for version in ("1", "2"):
            if version == "2":
                promote("2", next_release)
            for client in clients:
                wait_for(partial(_answers_from, client, version), "the release")
                assert not any("p00" in ids(client, url) for url in LISTS)
                assert "WHITE LANTERN 0" not in client.get("/v1/products/p03/similar").text
                for url in ("/v1/products/p00", "/v1/products/p00/similar"):
                    assert client.get(url).status_code == 404
                viewed = client.post("/v1/recommendations/session", json={"viewed": ["p00", "p03"], "limit": 20})
                decided = client.post("/v1/decisions", json={"user_id": "u1", "viewed": ["p01"], "limit": 20})
                assert "p00" not in viewed.text + decided.text
        told(clients[1], {"product_id": "p00", "hidden": False}, wait=EFFECTIVE_SECONDS)
        for client in clients:
            assert all("p00" in ids(client, url) for url in LISTS)


@pytest.fixture
def kept(client: Client) -> Client:
    """A client whose answers are kept already."""
    for url in LISTS:
        client.get(url)
    return client


def test_stock_price_and_title_show_in_answers_filters_facets_and_order(kept: Client) -> None:
    """p00 at 1.00 becomes 99.50, p01 goes out of stock, p09 comes into it; kept answers and tags notice."""
    tag = kept.get("/v1/products/p00").headers["etag"]
    told(
        kept,
        {"product_id": "p00", "price": 99.5, "title": "IVORY LANTERN"},
        {"product_id": "p01", "in_stock": False},
        {"product_id": "p09", "in_stock": True},
    )
    changed = kept.get("/v1/products/p00", headers={"if-none-match": tag})
    assert (changed.status_code, changed.json()["price"], changed.json()["title"]) == (200, 99.5, "IVORY LANTERN")
    first = kept.get("/v1/recommendations/popular?limit=20").json()["items"]
    assert [one["product_id"] for one in first][:2] == ["p00", "p02"]
    assert first[0]["price"] == 99.5
    assert "p09" in [one["product_id"] for one in first]
    assert "p01" in ids(kept, "/v1/recommendations/popular?in_stock=false&limit=100")
    assert ids(kept, "/v1/search?sort=price_desc&limit=1") == ["p00"]
    assert ids(kept, "/v1/search?sort=price_asc&limit=2") == ["p01", "p02"]
    assert ids(kept, "/v1/search?filters=price:90..100") == ["p00"]
    counted = kept.get("/v1/search?facets=in_stock,price").json()
    assert counted["price_range"] == {"low": 2.0, "high": 99.5}
    assert counted["facets"]["in_stock"] == [{"value": "true", "count": 54}, {"value": "false", "count": 6}]
    assert "p01" not in ids(kept, "/v1/search/suggest?q=red%20teapot%201")


def test_an_unknown_price_is_one(client: Client) -> None:
    """Null takes the price away: no range of prices has the product, and it is last by price."""
    told(client, {"product_id": "p00", "price": None})
    assert client.get("/v1/products/p00").json()["price"] is None
    assert "p00" not in ids(client, "/v1/search?filters=price:..5&limit=100")
    assert ids(client, "/v1/search?sort=price_asc&limit=60")[-2:] == ["p00", "p59"]


def test_the_newest_update_of_each_field_stays(client: Client) -> None:
    """One that is sent again, or late, changes nothing; another field of the same product is left alone."""
    early, late = "2026-05-01T10:00:00Z", "2026-05-01T11:00:00+00:00"
    first = {"product_id": "p00", "price": 7.0, "updated_at": late}
    assert told(client, first, {"product_id": "p00", "price": 5.0, "updated_at": early})["changed"] == 1
    again = client.post("/v1/products/batch", json={"products": [first]}).json()
    older = client.patch("/v1/products/p00", json={"price": 6.0, "in_stock": False, "updated_at": early}).json()
    assert (again["changed"], older["changed"]) == (0, 1)
    time.sleep(SHORT_SECONDS)
    product = client.get("/v1/products/p00").json()
    assert (product["price"], product["in_stock"]) == (7.0, False)


def test_what_the_release_knows_better_is_left_as_it_is(client: Client) -> None:
    """p30 is of January 11 there: a price of January 10 is older, one of January 12 newer."""
    told(
        client,
        {"product_id": "p30", "price": 500, "updated_at": "2026-01-10T00:00:00Z"},
        {"product_id": "p33", "price": 600, "updated_at": "2026-01-14T00:00:00Z"},
    )
    assert client.get("/v1/products/p30").json()["price"] == 31
    assert client.get("/v1/products/p33").json()["price"] == 600


def test_a_new_product_is_found_opened_filtered_sorted_and_counted(client: Client) -> None:
    """By words of its title, beside the release's own; what lacks a title is told and waits for it."""
    blue = {"product_id": "n1", "title": "ZORBLAX LANTERN", "price": 0.5, "brand": "Acme", "tags": ["colour:teal"]}
    answer = told(client, blue | {"categories": ["Home > Lighting"]}, {"product_id": "n2", "price": 3})
    assert answer["without_title"] == ["n2"]
    assert client.get("/v1/products/n1").json()["categories"] == ["Home > Lighting"]
    assert client.get("/v1/products/n2").status_code == 404
    named = client.get("/v1/search?q=zorblax").json()
    assert ([one["product_id"] for one in named["items"]], named["total"]) == (["n1"], 1)
    assert named["answered_by"] == "new_products"
    assert "relaxed" not in named
    assert "searched_for" not in named
    assert ids(client, "/v1/search?q=n1") == ["n1"]
    lanterns = client.get("/v1/search?q=lantern&limit=100&facets=category,price").json()
    assert lanterns["total"] == 21
    assert [one["product_id"] for one in lanterns["items"]].index("n1") == 2
    assert lanterns["facets"]["category"][0] == {"value": "Home", "count": 21}
    assert lanterns["price_range"]["low"] == 0.5
    paged = [ids(client, f"/v1/search?q=lantern&limit=4&offset={offset}") for offset in range(0, 24, 4)]
    assert list(chain.from_iterable(paged)) == [one["product_id"] for one in lanterns["items"]]
    assert ids(client, "/v1/search?sort=price_asc&limit=2") == ["n1", "p00"]
    assert ids(client, "/v1/search?sort=newest&limit=1") == ["n1"]
    assert "n1" not in ids(client, "/v1/search?q=lantern&filters=price:1..&limit=100")
    assert "n1" not in ids(client, "/v1/search?q=lantern&filters=category:Garden&limit=100")
    assert ids(client, "/v1/search/suggest?q=zorb") == ["n1"]
    told(client, {"product_id": "n1", "in_stock": False}, {"product_id": "n2", "title": "ZORBLAX SPADE"})
    assert ids(client, "/v1/search?q=zorblax&in_stock=true") == ["n2"]
    assert ids(client, "/v1/search?q=zorblax") in (["n1", "n2"], ["n2", "n1"])
    told(client, {"product_id": "n2", "hidden": True})
    assert ids(client, "/v1/search?q=zorblax") == ["n1"]


def test_a_filter_that_new_products_alone_keep_is_not_given_up(client: Client) -> None:
    """Browsing a brand that came after the release shows its product, and nothing else."""
    told(client, {"product_id": "n1", "title": "ZORBLAX LANTERN", "brand": "Zorb", "categories": ["Home > Lighting"]})
    for sort in ("relevance", "newest", "price_asc"):
        found = client.get(f"/v1/search?filters=brand:Zorb&sort={sort}&facets=brand").json()
        assert ([one["product_id"] for one in found["items"]], found["total"]) == (["n1"], 1)
        assert "relaxed" not in found
        assert {"value": "Zorb", "count": 1} in found["facets"]["brand"]
    assert client.get("/v1/search?filters=brand:Nobody").json()["relaxed"] == ["left out the filter brand:Nobody"]


def test_a_category_that_a_new_product_alone_has_shows_it(client: Client) -> None:
    """First in its own list, before what is popular above; alone when browsing; whatever the case."""
    path = {"categories": ["Home > Zorblaxes"]}
    told(
        client,
        path | {"product_id": "n1", "title": "ZORBLAX", "price": 5},
        path | {"product_id": "n2", "title": "ZORB", "in_stock": False},
    )
    listed = client.get("/v1/recommendations/category?category=home > zorblaxes&limit=3").json()
    first, *others = listed["items"]
    assert (first["product_id"], first["module"], listed["answered_by"]) == ("n1", "new_products", "new_products")
    assert [one["reason"] for one in others] == ["popular in home"] * 2
    both = ids(client, "/v1/recommendations/category?category=Home > Zorblaxes&limit=2&in_stock=false")
    assert both == ["n1", "n2"]
    dear = ids(client, "/v1/recommendations/category?category=Home > Zorblaxes&limit=2&filters=price:6..")
    assert len(dear) == 2
    assert "n1" not in dear
    found = client.get("/v1/search?category=Home > Zorblaxes&in_stock=true&facets=category").json()
    assert ([one["product_id"] for one in found["items"]], found["total"]) == (["n1"], 1)
    assert "relaxed" not in found
    slots = [{"name": name, "list": "category", "category": "Home > Zorblaxes", "limit": 2} for name in "ab"]
    page = client.post("/v1/page", json={"slots": slots}).json()["slots"]
    shown = [item["product_id"] for name in "ab" for item in page[name]["items"]]
    assert (shown[0], len(set(shown))) == ("n1", 4)
    assert client.get("/v1/recommendations/category?category=Nowhere").status_code == 404
    assert client.get("/v1/search?category=Nowhere").status_code == 404


def test_the_page_of_a_new_product_shows_its_categories(client: Client) -> None:
    """Its lists start from what is popular there; a product that is nowhere is still a 404."""
    told(client, {"product_id": "n1", "title": "ZORBLAX LANTERN", "categories": ["Home > Lighting"]})
    for name in ("similar", "bought-together"):
        listed = client.get(f"/v1/products/n1/{name}?limit=3").json()
        assert {one["reason"] for one in listed["items"]} == {"popular in Home > Lighting"}
        assert client.get(f"/v1/products/nope/{name}").status_code == 404
    slots = [{"name": one, "list": one, "limit": 2} for one in ("similar", "bought_together", "session")]
    page = client.post("/v1/page", json={"product_id": "n1", "slots": slots}).json()["slots"]
    shown = [item["product_id"] for one in page.values() for item in one["items"]]
    assert (len(shown), len(set(shown))) == (6, 6)
    assert {item["reason"] for one in page.values() for item in one["items"]} == {"popular in Home > Lighting"}


def test_the_input_at_fault_is_named_of_one_product_too(client: Client) -> None:
    """The body of PATCH is no list."""
    answer = client.patch("/v1/products/p00", json={}).json()
    assert [one["where"] for one in answer["invalid"]] == ["body"]


def test_rules_hold_for_prices_and_products_of_now(ruled_client: Client) -> None:
    """The rule that lifts what costs 30 and more meets p02 at its new price; p58 is pinned until it is hidden."""
    assert ids(ruled_client, "/v1/recommendations/popular?limit=2")[1] == "p58"
    told(ruled_client, {"product_id": "p58", "hidden": True}, {"product_id": "p02", "price": 80})
    shown = ruled_client.get("/v1/recommendations/popular?limit=20").json()["items"]
    assert "p58" not in [one["product_id"] for one in shown]
    assert [one["rules"] for one in shown if one["product_id"] == "p02"] == [["dear first"]]


@pytest.mark.parametrize(
    "body",
    [
        {"products": []},
        {"products": [{"product_id": "p00"}]},
        {"products": [{"product_id": "p00", "price": -1}]},
        {"products": [{"product_id": "p00", "colour": "red"}]},
        {"products": [{"product_id": "p00", "in_stock": None}]},
        {"products": [{"product_id": "p00", "title": " "}]},
        {"products": [{"product_id": "", "price": 1}]},
        {"products": [{"product_id": "p00", "price": 1, "updated_at": "2026-01-01T00:00:00"}]},
        {
            "products": [
                {"product_id": "p00", "price": 1},
                {"product_id": "p01", "price": 1, "updated_at": "2999-01-01T00:00:00Z"},
            ]
        },
        {"products": [{"product_id": f"x{i}", "price": 1} for i in range(1_001)]},
    ],
)
def test_what_breaks_a_rule_changes_nothing(bare_client: Client, body: dict[str, Any]) -> None:
    """The whole batch is refused."""
    assert bare_client.post("/v1/products/batch", json=body).status_code == 400
    assert (
        bare_client.post("/v1/products/batch", json={"products": [{"product_id": "a", "price": 1}]}).json()["revision"]
        == 1
    )
