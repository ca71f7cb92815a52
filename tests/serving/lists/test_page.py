"""Whole pages and many visitors in one call."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]


def ids(answer: dict[str, Any]) -> list[str]:
    """Product ids of an answer."""
    return [item["product_id"] for item in answer["items"]]


def page(client: Client, *slots: dict[str, Any], **about: object) -> Any:  # noqa: ANN401  # JSON
    """The answer's slots."""
    answer = client.post("/v1/page", json={"slots": list(slots), **about})
    assert answer.status_code == 200, answer.text
    return answer.json()["slots"]


def test_no_product_is_shown_twice(client: Client) -> None:
    """Nor the page's own, nor what is in the cart; each list is full."""
    kinds = ("bought_together", "similar", "session", "basket", "category", "popular")
    slots = [{"name": f"the {kind}", "list": kind, "limit": 7} for kind in kinds]
    shown = page(client, *slots, product_id="p10", viewed=["p04"], cart=["p11"], user_id="u1")
    assert list(shown) == [slot["name"] for slot in slots]
    every = [product for answer in shown.values() for product in ids(answer)]
    assert len(every) == len(set(every)) == 7 * len(kinds)
    assert not {"p10", "p11"} & set(every)


@pytest.mark.parametrize(
    ("slot", "about", "url", "body"),
    [
        ({"list": "similar"}, {"product_id": "p10"}, "/v1/products/p10/similar", None),
        ({"list": "bought_together"}, {"product_id": "p10"}, "/v1/products/p10/bought-together", None),
        ({"list": "session"}, {"viewed": ["p04", "p05"]}, "/v1/recommendations/session", {"viewed": ["p04", "p05"]}),
        ({"list": "category"}, {"user_id": "u1"}, "/v1/recommendations/category?user_id=u1", None),
        ({"list": "category", "category": "Garden"}, {}, "/v1/recommendations/category?category=Garden", None),
        ({"list": "popular"}, {}, "/v1/recommendations/popular", None),
    ],
)
def test_the_first_slot_is_the_list_itself(
    client: Client, slot: dict[str, Any], about: dict[str, Any], url: str, body: dict[str, Any] | None
) -> None:
    """The same products with the same reasons as on its own route."""
    alone = (client.get(url) if body is None else client.post(url, json=body)).json()
    assert page(client, {"name": "a", **slot}, **about)["a"] == alone


def test_filters_and_exclusions_hold_for_every_slot(client: Client) -> None:
    """Of a page in one category and without some products."""
    slots = [{"name": name, "list": name} for name in ("popular", "session")]
    shown = page(client, *slots, filters=["category:Garden"], exclude=["p02", "p05"])
    every = {int(product[1:]) for answer in shown.values() for product in ids(answer)}
    assert len(every) > 10
    assert all(product % 3 == 2 for product in every)
    assert not {2, 5} & every


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"slots": [{"name": "a", "list": "similar"}]}, 400, "name the product_id"),
        ({"slots": [{"name": "a", "list": "popular"}] * 2}, 400, "two slots are named 'a'"),
        ({"slots": [{"name": "a", "list": "similar"}], "product_id": "none"}, 404, "none"),
        ({"slots": [{"name": "a", "list": "category", "category": "None"}]}, 404, "None"),
        ({"slots": []}, 400, "slots"),
        ({"slots": [{"name": "a", "list": "newest"}]}, 400, "newest"),
    ],
)
def test_what_is_asked_wrongly_is_named(client: Client, body: dict[str, Any], status: int, words: str) -> None:
    """As on the lists' own routes."""
    answer = client.post("/v1/page", json=body)
    assert answer.status_code == status
    assert words in answer.text


def test_a_batch_answers_each_as_if_alone(client: Client) -> None:
    """In their order."""
    visitors: list[dict[str, Any]] = [{"viewed": ["p04"], "limit": 3}, {"user_id": "u1"}, {"viewed": ["none"]}]
    answer = client.post("/v1/recommendations/batch", json={"visitors": visitors}).json()
    alone = [client.post("/v1/recommendations/session", json=one).json() for one in visitors]
    assert answer == {"answers": alone, "release": alone[0]["release"]}


def test_each_of_a_batch_has_its_own_bounds(client: Client) -> None:
    """A wrong one is named, and none is answered."""
    answer = client.post("/v1/recommendations/batch", json={"visitors": [{"viewed": ["p04"]}, {"limit": 0}]})
    assert answer.status_code == 400
    assert client.post("/v1/recommendations/batch", json={"visitors": [{}] * 101}).status_code == 400
