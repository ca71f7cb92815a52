"""Every 400 names the input at fault and where it stands."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]
SESSION, PAGE = "/v1/recommendations/session", "/v1/page"
TWICE = [{"name": "a", "list": "popular"}, {"name": "a", "list": "popular"}]
LATE = {"event_id": "e", "kind": "visit", "user_id": "u", "ts": "2020-01-01T00:00:00Z"}


def named(client: Client, method: str, path: str, body: object = None) -> list[str]:
    """Where the inputs stand that a 400 names."""
    answer = (
        client.request(method, path, content=body)
        if isinstance(body, bytes)
        else client.request(method, path, json=body)
    )
    assert answer.status_code == 400, answer.text
    assert all(one["rule"] for one in answer.json()["invalid"])
    return [one["where"] for one in answer.json()["invalid"]]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/v1/search?limit=ten", "query: limit"),
        ("/v1/search?limitt=10", "query: limitt"),
        ("/v1/search?sort=colour", "query: sort"),
        ("/v1/search?q=x&filters=nothing", "query: filters"),
        ("/v1/search?q=x&filters=colour%3Ared", "query: filters"),
        ("/v1/search?q=x&facets=colour", "query: facets"),
        ("/v1/search?q=x&facets=a,b,c,d,e,f,g,h,i,j,k", "query: facets"),
        ("/v1/search?q=x&offset=990&limit=100", "query: offset"),
        ("/v1/recommendations/popular?filters=nothing", "query: filters"),
        ("/v1/exports/nothing", "path: what"),
        ("/v1/exports/scores?format=docx", "query: format"),
        ("/v1/products/p%00", "path"),
    ],
)
def test_of_a_query_or_path(client: Client, path: str, where: str) -> None:
    """By the name of the parameter."""
    assert named(client, "GET", path) == [where]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (SESSION, {"viewed": ["p00"], "limt": 3}, "body: limt"),
        (SESSION, {"viewed": [7]}, "body: viewed[0]"),
        (SESSION, {"viewed": ["p00"], "filters": ["nothing"]}, "body: filters"),
        (SESSION, b"{", "body"),
        (SESSION, b"\xff", "body"),
        (SESSION, b'{"viewed": ["\xff"]}', "body"),
        (SESSION, b"[" * 5_000, "body"),
        (SESSION, b"", "body"),
        (PAGE, {}, "body: slots"),
        (PAGE, {"slots": TWICE}, "body: slots"),
        (PAGE, {"slots": [{"name": "a", "list": "popular", "lists": 1}]}, "body: slots[0].lists"),
        (PAGE, {"slots": [{"name": "a", "list": "similar"}]}, "body: product_id"),
        ("/v1/events", {"events": [LATE]}, "body: events[0]"),
        ("/v1/banners/home/reward", {"reward": 1}, "body: impression_id"),
        ("/v1/roi/simulate", {"budget": -1}, "body: budget"),
        ("/v1/campaigns/campaign/plan", {"lift": 0.1, "rate": 1.0}, "body: rate"),
        ("/v1/campaigns/campaign/plan", {"lift": 0.1, "users": 9}, "body"),
    ],
)
def test_of_a_body(client: Client, path: str, body: object, where: str) -> None:
    """By its place in the body; one that is no JSON is at fault as a whole."""
    assert named(client, "POST", path, body) == [where]


def test_a_context_that_is_too_long_is_of_the_body(client: Client) -> None:
    """More characters than are kept."""
    context = {f"k{n}": "x" * 200 for n in range(20)}
    (where,) = named(client, "POST", "/v1/banners/home/select", {"context": context})
    assert where.startswith("body")
