"""The list beside a cart, over HTTP. u1 has bought p10, p11 and p12; each product goes with its neighbours."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]


def test_the_cart_and_the_past(client: Client) -> None:
    """p21 goes with the cart; p11 was bought before; what is in the cart is left out, unknown products are ignored."""
    body = {"cart": ["p20", "gone", "p12"], "user_id": "u1", "limit": 20, "in_stock_only": False}
    answer = client.post("/v1/recommendations/basket", json=body).json()
    reasons = {i["product_id"]: i["reason"] for i in answer["items"] if i["module"] == "next_basket"}
    assert answer["answered_by"] == "next_basket"
    assert reasons["p21"] == "goes with what is in the cart"
    assert reasons["p11"] == "this customer has bought it before"
    found = [i["product_id"] for i in answer["items"]]
    assert len(set(found)) == len(found) == 20
    assert not {"p20", "p12"} & set(found)


def test_the_past_alone(client: Client) -> None:
    """With an empty cart: what was bought, and what goes with it."""
    answer = client.post("/v1/recommendations/basket", json={"user_id": "u1", "limit": 5}).json()
    first = [i["product_id"] for i in answer["items"] if i["module"] == "next_basket"]
    assert {"p10", "p11", "p12"} & set(first)
    assert answer["items"][0]["reason"] in {"this customer has bought it before", "goes with what this customer buys"}


@pytest.mark.parametrize("body", [{}, {"user_id": "stranger"}, {"cart": ["gone"]}])
def test_nobody_with_nothing_gets_what_is_popular(client: Client, body: dict[str, object]) -> None:
    """Neither a customer nor a cart."""
    answer = client.post("/v1/recommendations/basket", json=body | {"limit": 2}).json()
    assert answer["answered_by"] == "popularity"
    assert [i["product_id"] for i in answer["items"]] == ["p00", "p01"]
    assert answer["fallbacks_tried"][0]["note"] == "neither this customer nor the cart tells what comes next"


def test_a_release_without_the_module_says_so(bare_client: Client) -> None:
    """Catalogue and popularity alone still fill the list."""
    answer = bare_client.post("/v1/recommendations/basket", json={"cart": ["p03"], "user_id": "u1", "limit": 9}).json()
    assert len(answer["items"]) == 9
    assert answer["fallbacks_tried"][0]["note"] == "the shop has no data for next_basket"
