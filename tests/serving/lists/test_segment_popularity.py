"""Popularity by segment over HTTP: u2 is of the north, where p42 sells."""

from litestar import Litestar
from litestar.testing import TestClient


def test_a_user_of_a_segment(client: TestClient[Litestar]) -> None:
    """The north's list, and the answer says so."""
    answer = client.get("/v1/recommendations/popular?user_id=u2&limit=3").json()
    assert answer["answered_by"] == "segment_popularity"
    assert answer["items"][0]["product_id"] == "p42"
    assert answer["items"][0]["reason"] == "popular among users of north"
    assert len(answer["items"]) == 3


def test_everybody_else_has_the_shops(client: TestClient[Litestar]) -> None:
    """A stranger, and nobody in particular."""
    for asked in ("?limit=2", "?limit=2&user_id=stranger"):
        answer = client.get(f"/v1/recommendations/popular{asked}").json()
        assert answer["answered_by"] == "popularity"
        assert [item["product_id"] for item in answer["items"]] == ["p00", "p01"]
