"""A release with a shop's own rules, over HTTP: every list keeps to them, and so it does to the request's wishes."""

from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.manifest import ReleaseError
from serving.release.snapshot import Snapshot
from tests.serving.releases import build_release

Client = TestClient[Litestar]
LISTS = {
    "similar": ("GET", "/v1/products/p20/similar"),
    "bought_together": ("GET", "/v1/products/p20/bought-together"),
    "category": ("GET", "/v1/recommendations/category"),
    "popular": ("GET", "/v1/recommendations/popular"),
    "session": ("POST", "/v1/recommendations/session"),
    "decisions": ("POST", "/v1/decisions"),
}


def ask(client: Client, surface: str, **wanted: object) -> Response:
    """The answer of a list, or its list of products where a decision holds it."""
    method, path = LISTS[surface]
    if method == "GET":
        return client.get(path, params=wanted)
    return client.post(path, json={"viewed": ["p20"], **wanted})


def items(client: Client, surface: str, **wanted: object) -> list[dict[str, Any]]:
    """Items of a list."""
    answer = ask(client, surface, **wanted).json()
    found: list[dict[str, Any]] = answer.get("products", answer)["items"]
    return found


def ids(found: list[dict[str, Any]]) -> list[str]:
    """Product ids."""
    return [item["product_id"] for item in found]


@pytest.mark.parametrize("surface", LISTS)
def test_every_list_keeps_to_the_rules(ruled_client: Client, surface: str) -> None:
    """p01 is never shown, nor what u0 bought; p58 is second wherever it may be, and says why."""
    found = items(ruled_client, surface, limit=30, user_id="u0")
    assert not {"p00", "p01", "p03"} & set(ids(found))
    if surface == "similar":
        # From half to twice the price of p20, 21: p58 costs 59.
        assert "p58" not in ids(found)
        assert all(10.5 <= item["price"] <= 42 for item in found)
    else:
        assert {k: found[1][k] for k in ("product_id", "module", "reason", "rules")} == {
            "product_id": "p58",
            "module": "rules",
            "reason": "put at place 2 by the shop",
            "rules": ["our favourite"],
        }
    assert {"p00", "p03"} <= set(ids(items(ruled_client, "popular", limit=30)))


def test_a_cap_holds_through_all_fallbacks(ruled_client: Client) -> None:
    """Two of each of three categories and no more, though ten are asked for; p58 is one of the spades."""
    for surface in ("session", "decisions"):
        kinds = [int(product_id[1:]) % 3 for product_id in ids(items(ruled_client, surface, limit=10))]
        assert sorted(kinds) == [0, 0, 1, 1, 2, 2]


def test_a_boost_is_told_with_the_products_it_moves(ruled_client: Client) -> None:
    """Popularity falls evenly from p00 to p58, 1/58 a product: +.2 brings p30, 28/58, and p31 between p18 and p20."""
    found = items(ruled_client, "popular", limit=40)
    moved = [item["product_id"] for item in found if item.get("rules") == ["dear first"]]
    assert moved == sorted(moved)
    assert moved[0] == "p30"  # p29 is out of stock
    assert ids(found)[17:21] == ["p18", "p30", "p31", "p20"]
    assert all("rules" not in item for item in found if item["price"] < 30)


def test_a_rule_of_one_category_holds_for_its_requests_alone(ruled_client: Client) -> None:
    """In lighting nothing below 10: all the lanterns from p12 on come first, and p00 to p08 are not there at all."""
    lighting = items(ruled_client, "category", category="Home > Lighting", limit=50)
    assert all(item["price"] > 10 for item in lighting)
    kitchen = items(ruled_client, "category", category="Home > Kitchen", limit=50)
    assert any(item["price"] <= 10 for item in kitchen)


@pytest.mark.parametrize("surface", LISTS)
def test_filters_and_exclusions_hold_for_every_list(client: Client, surface: str) -> None:
    """Twenty-one products cost 10 to 30, two of them sold out; p20 is looked at where a list starts from it."""
    found = items(client, surface, limit=30, filters=["price:10..30", "brand:Acme"], exclude=["p15", "p16", "gone"])
    expected = {f"p{n:02d}" for n in range(9, 30) if n % 10 != 9} - {"p15", "p16"}
    assert set(ids(found)) == expected - ({"p20"} if surface not in ("category", "popular") else set())
    assert all("rules" not in item for item in found)


@pytest.mark.parametrize("surface", LISTS)
def test_ranges_of_prices_are_alternatives(client: Client, surface: str) -> None:
    """The same products as either range has, in every list."""
    low, high, both = (
        set(ids(items(client, surface, limit=50, filters=filters)))
        for filters in (["price:10..15"], ["price:25..30"], ["price:10..15", "price:25..30"])
    )
    assert low
    assert high
    assert both == low | high


@pytest.mark.parametrize("surface", LISTS)
def test_a_filter_that_cannot_be_applied_is_refused(client: Client, surface: str) -> None:
    """Never ignored, whatever the list."""
    for text in ("size:XL", "price:10..1", "brand"):
        refused = ask(client, surface, filters=[text])
        assert refused.status_code == 400
        assert refused.json()["type"] == "/problems/unknown-filter"


def test_a_release_whose_rule_cannot_be_applied_is_refused(tmp_path: Path) -> None:
    """With the rule, what there is, and the remedy."""
    rules = [{"kind": "only", "name": "large ones", "where": ["size:XL"]}]
    with pytest.raises(ReleaseError, match=r"rule 'large ones': .*'size'; there are brand, category.* Mend or remove"):
        Snapshot.load(build_release(tmp_path / "release", rules=rules), "1")


def test_what_was_bought_must_be_known(tmp_path: Path) -> None:
    """A rule that a shop without orders cannot keep is refused, not ignored."""
    rules = [{"kind": "bought", "name": "not again"}]
    with pytest.raises(ReleaseError, match="needs each user's purchases: the shop has no data for next_basket"):
        Snapshot.load(build_release(tmp_path / "release", rules=rules, without=("next_basket",)), "1")


def test_search_leaves_out_what_was_bought(ruled_client: Client) -> None:
    """u0 bought p03; a guest, who has bought nothing that is known, finds it."""
    found = {
        user: ids(ruled_client.get("/v1/search", params={"q": "p03", **named}).json()["items"])
        for user, named in (("u0", {"user_id": "u0"}), ("guest", {}))
    }
    assert "p03" not in found["u0"]
    assert found["guest"][0] == "p03"


def test_what_is_excluded_is_not_suggested(ruled_client: Client) -> None:
    """p01 is a red teapot, p31 another one."""
    suggested = ruled_client.get("/v1/search/suggest", params={"q": "red teapot"}).json()["products"]
    assert [one["product_id"] for one in suggested] == ["p31"]
