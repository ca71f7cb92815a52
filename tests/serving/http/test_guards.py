"""What holds for every route: keys, rates, sizes, problem documents, description."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.settings import ROOT
from serving import requests
from serving.app import create_app, routes
from serving.banners import rewards
from serving.campaigns import choice, decisions, events, roi, segments, targeting, trial_plans
from serving.experiments import declared
from serving.http.examples import ANSWERS, REQUESTS
from serving.http.problems import Problem
from serving.lists import answers, batch, page, product_updates
from serving.release.reload import ReleaseSource
from serving.routes import release, reports, users
from serving.search import answers as search_answers
from serving.search import suggest
from serving.settings import KeyScope, ServingSettings

Client = TestClient[Litestar]
Answering = Callable[..., Any]
Promote = Callable[[str, Path], None]


def keyed(settings: ServingSettings, **scopes: KeyScope) -> ServingSettings:
    """Settings with one key for each ``key=scope``."""
    return replace(settings, keys=tuple((s, hashlib.sha256(k.encode()).digest()) for k, s in scopes.items()))


def test_keys_open_their_scope_alone(
    settings: ServingSettings, source: ReleaseSource, promote: Promote, plain_release: Path, answering: Answering
) -> None:
    """A storefront key may search, not score; a campaigns key the other way round; an admin key may both."""
    promote("1", plain_release)
    keys = keyed(settings, shopkey="storefront", adkey="campaigns", rootkey="admin", shopkey2="storefront")
    asked = {"search": "/v1/search?q=x", "segments": "/v1/segments", "metrics": "/metrics", "release": "/v1/release"}
    want = {
        "shopkey": (200, 403, 403, 200),
        "shopkey2": (200, 403, 403, 200),
        "adkey": (403, 200, 403, 200),
        "rootkey": (200, 200, 200, 200),
        "wrong": (401, 401, 401, 401),
        "": (401, 401, 401, 401),
    }
    with answering(keys, source) as client:
        for key, statuses in want.items():
            for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}):
                got = tuple(client.get(path, headers=headers).status_code for path in asked.values())
                assert got == statuses, key
        assert client.get("/v1/segments").headers["www-authenticate"] == "Bearer"
        assert client.get("/health/ready").json()["mode"] == "keys"


def test_without_keys_everything_is_open_and_says_so(client: Client) -> None:
    """Development mode."""
    assert client.get("/v1/segments").status_code == 200
    assert client.get("/health/ready").json()["mode"] == "development"


def test_a_caller_that_asks_too_often_is_told_when_to_come_back(
    settings: ServingSettings, source: ReleaseSource, promote: Promote, plain_release: Path, answering: Answering
) -> None:
    """Burst 3 at one a minute: the fourth is refused; another key has its own bucket; health stays open."""
    promote("1", plain_release)
    limited = replace(keyed(settings, a="storefront", b="storefront"), rate_per_second=1 / 60, burst=3)
    with answering(limited, source) as client:
        path = "/v1/recommendations/popular"
        got = [client.get(path, headers={"x-api-key": "a"}) for _ in range(4)]
        assert [r.status_code for r in got] == [200, 200, 200, 429]
        assert 1 <= int(got[3].headers["retry-after"]) <= 60
        assert got[3].json()["type"] == "/problems/too-many-requests"
        assert client.get(path, headers={"x-api-key": "b"}).status_code == 200
        assert client.get("/health/live").status_code == 200


BAD: list[tuple[str, str, Any, int]] = [
    ("GET", "/v1/nothing", None, 404),
    ("GET", "/v1/products/gone", None, 404),
    ("GET", "/v1/products/gone/similar", None, 404),
    ("GET", "/v1/products/gone/bought-together", None, 404),
    ("GET", "/v1/recommendations/category?category=Nowhere", None, 404),
    ("DELETE", "/v1/search?q=x", None, 405),
    ("GET", "/v1/search?limit=many", None, 400),
    ("GET", "/v1/search/suggest?q=", None, 400),
    ("GET", "/v1/search?q=x&limit=0", None, 400),
    ("GET", "/v1/search?q=x&limit=101", None, 400),
    ("GET", "/v1/search?q=x&limit=ten", None, 400),
    ("GET", "/v1/search?q=x&limitt=10", None, 400),
    ("GET", "/v1/search?q=x&snapshot=1", None, 400),
    ("GET", "/v1/search?q=" + "x" * 1001, None, 400),
    ("POST", "/v1/recommendations/session", {"viewed": ["p00"], "limt": 3}, 400),
    ("POST", "/v1/recommendations/session", {"viewed": ["p00"] * 201}, 400),
    ("POST", "/v1/recommendations/session", {"viewed": [7]}, 400),
    ("POST", "/v1/targeting/score", {"user_ids": []}, 400),
    ("POST", "/v1/targeting/score", {"user_ids": ["u"] * 1001}, 400),
    ("POST", "/v1/roi/simulate", {"margin": 1.5}, 400),
    ("POST", "/v1/banners/home/reward", {"impression_id": "x", "reward": 2}, 400),
    ("POST", "/v1/decisions", {"slot": "attic", "user_id": "u0"}, 404),
    ("POST", "/v1/events", {"events": []}, 400),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD, ids=lambda v: str(v)[:40])
def test_bad_requests_end_in_problem_documents(
    client: Client, method: str, path: str, body: object, status: int
) -> None:
    """Status, media type, a type of ours, a detail, the path and the request's id."""
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.status == status
    assert problem.type.startswith("/problems/")
    assert problem.detail
    assert problem.instance == path.split("?", maxsplit=1)[0]


def test_bodies_that_are_no_json_or_too_large(client: Client) -> None:
    """400 and 413."""
    assert client.post("/v1/events", content=b"{").status_code == 400
    answer = client.post("/v1/events", content=b" " * 1_000_001)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_a_failure_inside_shows_nothing_of_it(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    plain_release: Path,
    answering: Answering,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A store that has lost its tables: 500 without the reason, which stands in the log under the request's id."""
    import sqlalchemy as sa

    promote("1", plain_release)
    with answering(settings, source) as client:
        engine = sa.create_engine(settings.store_url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE feedback_events"))
        engine.dispose()
        event = {"event_id": "e", "kind": "visit", "user_id": "u"}
        answer = client.post("/v1/events", json={"events": [event]}, headers={"x-request-id": "my-id"})
    assert (answer.status_code, answer.json()["request_id"]) == (500, "my-id")
    assert answer.headers["x-request-id"] == "my-id"
    assert "feedback_events" not in answer.text
    assert "Traceback" not in answer.text
    assert any("my-id" in record.getMessage() for record in caplog.records)


def test_metrics_count_by_route_and_module(client: Client) -> None:
    """Routes by their template, so that products make no labels."""
    for product in ("p00", "p01"):
        client.get(f"/v1/products/{product}/similar")
    text = client.get("/metrics").text
    labels = 'method="GET",route="/v1/products/{product_id}/similar",status="200"'
    assert f"upshelf_requests_total{{{labels}}} 2.0" in text
    assert 'upshelf_answers_total{list="similar",module="similar"} 2.0' in text
    assert "upshelf_reloads_total 1.0" in text


def test_the_description_lists_every_route_and_its_page_needs_nothing_else(client: Client) -> None:
    """openapi.json has each route with its problems; the page loads nothing from elsewhere."""
    described = client.get("/schema/openapi.json").json()
    paths = {route.path for group in routes(is_development=True) for route in group.routes}
    assert {p.replace(":str", "") for p in paths} == set(described["paths"])
    session = described["paths"]["/v1/recommendations/session"]["post"]
    body = session["requestBody"]["content"]["application/json"]["schema"]
    assert body["examples"] == [REQUESTS["SessionRequest"]]
    shown = session["responses"]["200"]["content"]["application/json"]["examples"]
    assert next(iter(shown.values()))["value"] == ANSWERS["ListAnswer"]
    assert "application/problem+json" in session["responses"]["400"]["content"]
    page = client.get("/schema").text
    assert "/v1/decisions" in page
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(|src=", page)


def test_the_guide_names_routes_that_exist() -> None:
    """Every address of docs/call-the-api.md belongs to a route, and every /v1 route stands there."""
    guide = (ROOT / "docs" / "call-the-api.md").read_text()
    named = set(re.findall(r"localhost:8000(/[^\s'\"?>`]+)", guide))
    patterns = {
        path: re.compile(re.sub(r"\{\w+:str\}", "[^/]+", path))
        for path in (route.path for group in routes(is_development=True) for route in group.routes)
    }
    assert all(any(pattern.fullmatch(address) for pattern in patterns.values()) for address in named)
    unnamed = [p for p, pattern in patterns.items() if not any(map(pattern.fullmatch, named))]
    assert sorted(unnamed) == ["/health/live", "/metrics"]


@pytest.mark.parametrize("name", sorted({*ANSWERS, *REQUESTS}))
def test_examples_are_real(name: str) -> None:
    """Each decodes with the type it is an example of, and leaves out no field."""
    places = (
        answers,
        choice,
        decisions,
        events,
        requests,
        roi,
        search_answers,
        segments,
        suggest,
        targeting,
        trial_plans,
        batch,
        declared,
        page,
        product_updates,
        release,
        reports,
        rewards,
        users,
    )
    found = next(getattr(place, name) for place in places if hasattr(place, name))
    value = {**ANSWERS, **REQUESTS}[name]
    decoded = msgspec.json.decode(msgspec.json.encode(value), type=found)
    if name in ANSWERS and name != "ScoreAnswer":
        assert msgspec.to_builtins(decoded) == value


def test_create_app_twice(settings: ServingSettings, source: ReleaseSource) -> None:
    """Two applications in one process do not share metrics."""
    first, second = create_app(settings, source), create_app(settings, source)
    assert first is not second


def test_no_field_of_a_request_has_the_name_of_a_dependency(client: Client) -> None:
    """Litestar would take a wrong value of it for a fault of the server's own."""
    structs = [of for of in vars(requests).values() if isinstance(of, type) and issubclass(of, msgspec.Struct)]
    fields = {name for struct in structs for name in struct.__struct_fields__}
    handlers = [handler for route in client.app.routes for handler in getattr(route, "route_handlers", [])]
    injected = {name for handler in handlers for name in handler.resolve_dependencies()}
    assert injected >= {"api", "snapshot", "list_request", "search_request"}
    assert not fields & injected


@pytest.mark.parametrize(
    ("limit", "status"),
    [("5", 200), ("5.0", 200), ("5e0", 200), ("5.5", 400), ("0.0", 400), ('"5"', 400), ("1e300", 400), ("true", 400)],
)
def test_a_whole_number_may_be_written_with_a_fraction_of_nothing(client: Client, limit: str, status: int) -> None:
    """As JSON Schema has it: 5.0 is an integer, 5.5 is none."""
    asked = f'{{"viewed": ["p04"], "limit": {limit}}}'
    answer = client.post("/v1/recommendations/session", content=asked, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert status == 400 or len(answer.json()["items"]) == 5


@pytest.mark.parametrize("context", [[None, None], [], "text", 3, {"a": [1]}, {"a": None}, {"a": {"b": 1}}, None])
def test_a_context_of_the_wrong_shape_is_named(client: Client, context: object) -> None:
    """400 that names the field, whatever stands in its place."""
    answer = client.post("/v1/banners/home/select", json={"context": context})
    assert answer.status_code == 400
    assert answer.json()["invalid"][0]["where"].startswith("body: context")


def test_an_input_at_fault_is_named_by_where_it_stands(client: Client) -> None:
    """In words of HTTP, not of the framework."""
    invalid = client.get("/v1/recommendations/popular?limit=500").json()["invalid"]
    assert [one["where"] for one in invalid] == ["query: limit"]
