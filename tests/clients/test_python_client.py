"""The Python client: every operation of the running API by its method, and shapes that are those of the description."""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Unpack, get_args, get_origin, get_type_hints

import httpx
import msgspec
import pytest
from upshelf_client import AsyncClient, Client, ProblemError, answers, calls, requests
from upshelf_client.calls import Call

from tests.clients.conftest import ADMIN_KEY

METHODS: dict[str, Callable[[Any], Any]] = {
    "recommendations_session": lambda api: api.session(viewed=["p03"], user_id="u1", limit=5),
    "recommendations_basket": lambda api: api.basket(cart=["p10"], user_id="u1", in_stock_only=False),
    "recommendations_batch": lambda api: api.batch([{"user_id": "u1", "limit": 3}, {"viewed": ["p03"]}]),
    "recommendations_category": lambda api: api.category(category="Home > Lighting", user_id=None, exclude=["p00"]),
    "recommendations_popular": lambda api: api.popular(limit=3, filters=["brand:Acme", "price:..50"], in_stock=False),
    "page": lambda api: api.page(slots=[{"name": "a b", "list": "similar"}], product_id="p03"),
    "products": lambda api: api.product("p03"),
    "products_similar": lambda api: api.similar("p03", limit=4),
    "products_bought_together": lambda api: api.bought_together("p03"),
    "search": lambda api: api.search("lantern", facets=["brand", "category", "price"], sort="price_asc"),
    "search_suggest": lambda api: api.suggest("lan"),
    "banners_select": lambda api: api.select_banner("home", user_id="u1", context={"page": "home", "row": 2}),
    "banners_rewards": lambda api: api.reward_banners([{"impression_id": "never", "reward": 1}]),
    "decisions": lambda api: api.decide(user_id="u1", viewed=["p03"], slot="home"),
    "events": lambda api: api.events(
        [{"kind": "click", "user_id": "u1", "product_id": "p03", "ts": datetime.now(UTC), "surface": "similar"}]
    ),
    "targeting_score": lambda api: api.score(["u1", "nobody"]),
    "campaigns": lambda api: api.campaigns(),
    "campaigns_plan": lambda api: api.plan("campaign", lift=0.1, rate=0.02, control_share=0.2),
    "segments": lambda api: api.segments(campaign="campaign"),
    "segments_members": lambda api: api.members("persuadable"),
    "exports": lambda api: api.export("scores", format="ndjson"),
    "roi_simulate": lambda api: api.simulate(budget=50, contact_cost=0.15),
    "reports": lambda api: api.report("uplift"),
    "experiments": lambda api: api.experiments(),
    "release": lambda api: api.release(),
    "recommendations_user": lambda api: api.for_you("u5", limit=3, exclude=["p00"]),
    "users": lambda api: api.forget("u/9"),
    "users_history": lambda api: api.history("u6", limit=5),
    "users_history_product": lambda api: api.take_out("u/9", "p/3"),
    "update_product": lambda api: api.update_product("n/8", price=2.5, updated_at=datetime.now(UTC)),
    "update_products": lambda api: api.update_products([{"product_id": "n8", "price": None, "tags": ["new"]}]),
    "health_live": lambda api: api.live(),
    "health_ready": lambda api: api.ready(),
    "metrics": lambda api: api.metrics(),
}
"""Operation → its method with arguments; `banners_reward` follows a selection, in a test of its own."""


@pytest.fixture(scope="module")
def api(address: str) -> Iterator[Client]:
    """A client that may everything."""
    with Client(address, key=ADMIN_KEY) as client:
        yield client


@pytest.fixture(scope="module")
def description(address: str) -> dict[str, Any]:
    """How the API describes itself."""
    found: dict[str, Any] = httpx.get(f"{address}/schema/openapi.json").json()
    return found


def operation_of(description: dict[str, Any], call: Call[Any]) -> str:
    """The operation that a call asks for, by its method and address."""
    for path, operations in description["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        if re.fullmatch(pattern, call.path) and call.method.lower() in operations:
            return str(operations[call.method.lower()]["operationId"])
    pytest.fail(f"no operation is {call.method} {call.path}")


@pytest.mark.parametrize("operation", METHODS)
def test_every_method_asks_for_its_operation_and_reads_the_answer(
    api: Client, description: dict[str, Any], operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the running API; each call is seen as it is made."""
    seen: list[Call[Any]] = []
    opened = api._opened

    def watched(call: Call[Any], *, stream: bool) -> httpx.Response:
        seen.append(call)
        return opened(call, stream=stream)

    monkeypatch.setattr(api, "_opened", watched)
    answer = METHODS[operation](api)
    if operation == "exports":
        assert len(b"".join(answer).splitlines()) == 40
    elif inspect.isgenerator(answer):
        found = list(answer)
        assert len(found) == 30
        assert all(isinstance(member, answers.Member) for member in found)
    elif operation in ("health_live", "metrics"):
        assert answer
    else:
        assert isinstance(answer, seen[0].answer)
    assert [operation_of(description, call) for call in seen] == [operation]


def test_every_operation_has_a_method_of_both_clients(description: dict[str, Any]) -> None:
    """None of the description is left out, and what one client can the other can, with the same arguments."""
    operations = {o["operationId"] for path in description["paths"].values() for o in path.values()}
    assert operations == {*METHODS, "banners_reward"}
    assert set(signatures(Client)) == set(signatures(AsyncClient)) > {"reward_banner", "members", "forget"}
    for name, of in signatures(Client).items():
        asynchronous = signatures(AsyncClient)[name]
        assert of.parameters == asynchronous.parameters, name
        streamed = {"members": answers.Member, "export": bytes}.get(name)
        if streamed is None:
            assert of.return_annotation == asynchronous.return_annotation, name
        else:
            assert of.return_annotation == Iterator[streamed], name  # type: ignore[valid-type]
            assert asynchronous.return_annotation == AsyncIterator[streamed], name  # type: ignore[valid-type]


def signatures(of: type) -> dict[str, inspect.Signature]:
    """Methods of a client that ask for something."""
    known = {name for name, _ in inspect.getmembers(calls, inspect.isfunction) if not name.startswith("_")}
    return {name: inspect.signature(made) for name, made in inspect.getmembers(of, inspect.isfunction) if name in known}


def test_what_lists_say(api: Client) -> None:
    """The rank, the reason and the release of a list are those of the API."""
    answer = api.popular(limit=2)
    assert [item.product_id for item in answer.items] == ["p00", "p01"]
    assert answer.items[0].price == 1.0
    assert answer.release == api.release().release
    found = api.search("lantern", facets=["brand"], limit=5)
    assert found.total >= len(found.items) == 5
    assert found.facets["brand"][0].value == "Acme"


def test_what_is_known_of_users(api: Client) -> None:
    """Whether a user is known, what is on record, and the same list by the batch."""
    assert [api.for_you(user).known for user in ("u6", "nobody")] == [True, False]
    (bought,) = api.history("u6").items
    assert (bought.product_id, bought.kind, bought.times, bought.source) == ("p05", "purchase", 2, "release")
    (list_of,) = api.batch([{"user_id": "u6", "limit": 3}], list_name="for_you").answers
    assert list_of.items == api.for_you("u6", limit=3).items


def test_a_banner_is_rewarded_once(api: Client, description: dict[str, Any]) -> None:
    """The second reward changes nothing."""
    banner = api.select_banner("home")
    assert 0 < banner.propensity <= 1
    assert api.reward_banner("home", banner.impression_id, 1).reward == 1.0
    assert api.reward_banner("home", banner.impression_id, 0).reward == 1.0
    call = calls.reward_banner("home", banner.impression_id, 1)
    assert operation_of(description, call) == "banners_reward"
    again = api.reward_banners([{"impression_id": banner.impression_id, "reward": 0.5}])
    assert (again.new, again.rewards[0].outcome, again.rewards[0].reward) == (0, "repeated", 1.0)


def test_events_count_once_by_their_id(api: Client) -> None:
    """Those without one get one each; those with one are known again."""
    clicks: list[requests.Event] = [{"kind": "click", "user_id": "u2", "product_id": "p03"}] * 2
    assert api.events(clicks) == answers.EventsAnswer(received=2, new=2)
    named: list[requests.Event] = [{**clicks[0], "event_id": "e-1"}]
    assert [api.events(named).new for _ in range(2)] == [1, 0]


def test_names_with_slashes_are_one_part_of_an_address(api: Client) -> None:
    """A product that does not exist is named whole."""
    assert calls.product("a/b c?").path == "/v1/products/a%2Fb%20c%3F"
    assert api.forget("a/b").events == 0


def test_the_asynchronous_client_answers_alike(api: Client, address: str) -> None:
    """Side by side, members one by one, and left early."""

    async def asked() -> tuple[Any, Any, list[str]]:
        async with AsyncClient(address, key=ADMIN_KEY) as client:
            both = await asyncio.gather(client.popular(limit=3), client.search("lantern"))
            members = [member.user_id async for member in client.members("persuadable")]
            return *both, members

    popular, found, members = asyncio.run(asked())
    assert popular == api.popular(limit=3)
    assert found == api.search("lantern")
    assert members == [member.user_id for member in api.members("persuadable")]


BODIES = {
    "SessionRequest": requests.SessionRequest,
    "BasketRequest": requests.BasketRequest,
    "PageRequest": requests.PageRequest,
    "PageSlot": requests.PageSlot,
    "BannerRequest": requests.BannerRequest,
    "RewardRequest": requests.RewardRequest,
    "RoiRequest": requests.RoiRequest,
    "PlanRequest": requests.PlanRequest,
    "DecisionRequest": requests.DecisionRequest,
    "EventIn": requests.Event,
    "ProductFields": requests.ProductFields,
    "ProductPatch": requests.ProductUpdate,
}
"""Schema of a body → its type here."""


def shape(schema: Any) -> Any:  # noqa: ANN401  # JSON
    """A schema without bounds and texts: what it may hold."""
    if isinstance(schema, list):
        return sorted((shape(part) for part in schema), key=str)
    if not isinstance(schema, dict):
        return schema
    if set(schema) <= {"title", "description"}:
        return "anything"
    parts = [part for name in ("anyOf", "oneOf") for part in schema.get(name, [])]
    if parts:
        return {"any": shape(parts)}
    kept = {name: shape(schema[name]) for name in ("items", "enum") if name in schema}
    if isinstance(schema.get("additionalProperties"), dict):
        kept["of"] = shape(schema["additionalProperties"])
    if "$ref" in schema:
        kept["ref"] = schema["$ref"].rpartition("/")[2]
    if "properties" in schema:
        kept["properties"] = {name: shape(of) for name, of in schema["properties"].items()}
        kept["required"] = sorted(schema.get("required", []))
    return {**kept, **({"type": shape(schema["type"])} if "type" in schema and "enum" not in schema else {})}


def test_answers_are_those_of_the_description(description: dict[str, Any]) -> None:
    """Each struct has the fields, kinds and needs of its schema; a line of members has no schema."""
    structs = [getattr(answers, name) for name in answers.__all__ if name != "Member"]
    _, ours = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    theirs = description["components"]["schemas"]
    for name, schema in ours.items():
        assert shape(schema) == shape(theirs[name]), name
    problems = {"Invalid", "Problem"}
    assert set(theirs) - set(ours) - problems == {
        *BODIES,
        "BatchRequest",
        "RewardBatch",
        "UserRequest",
        "RewardRequest",
        "ScoreRequest",
        "ProductBatch",
        "EventBatch",
    }


def test_bodies_are_those_of_the_description(description: dict[str, Any]) -> None:
    """Each typed dictionary has the fields, kinds and needs of its schema; an event's id may be left to the client."""
    _, ours = msgspec.json.schema_components(list(BODIES.values()), ref_template="#/components/schemas/{name}")
    for name, of in BODIES.items():
        theirs = shape(description["components"]["schemas"][name])
        if name == "EventIn":
            theirs["required"].remove("event_id")
        assert shape(ours[of.__name__]) == theirs, name


def test_queries_are_those_of_the_description(description: dict[str, Any]) -> None:
    """Each method's keyword arguments are the parameters of its operation, of the same names."""
    by_query = {
        "search": requests.SearchQuery,
        "popular": requests.ListQuery,
        "similar": requests.ListQuery,
        "bought_together": requests.ListQuery,
        "category": requests.CategoryQuery,
        "export": requests.ExportQuery,
    }
    operations = {o["operationId"]: o for path in description["paths"].values() for o in path.values()}
    for name, query in by_query.items():
        hints = get_type_hints(getattr(Client, name))
        kind = next(of for of in hints.values() if get_origin(of) is Unpack)
        assert get_args(kind) == (query,)
        operation = next(o for i, o in operations.items() if i.endswith((name, f"{name}s")))
        named = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        assert set(query.__annotations__) == named - {"q"}, name


def test_a_write_under_a_key_is_done_once(address: str) -> None:
    """By both clients, each write with the same key twice; under another key another banner is drawn."""
    with Client(address, key=ADMIN_KEY) as api:
        drawn = [api.select_banner("home", user_id="u1", idempotency_key=key) for key in ("py-1", "py-1", "py-2")]
        assert drawn[0] == drawn[1]
        assert drawn[0].impression_id != drawn[2].impression_id
        with pytest.raises(ProblemError, match="422 idempotency-key-reused"):
            api.reward_banner("home", drawn[0].impression_id, 1.0, idempotency_key="py-1")
        assert api.decide(user_id="u1", slot="home", idempotency_key="py-3") == api.decide(
            user_id="u1", slot="home", idempotency_key="py-3"
        )
        event: requests.Event = {"event_id": "py-e", "kind": "visit", "session_id": "s"}
        assert [api.events([event], idempotency_key=key).new for key in ("py-4", "py-4", "py-5")] == [1, 1, 0]

    async def again() -> answers.BannerOut:
        async with AsyncClient(address, key=ADMIN_KEY) as client:
            return await client.select_banner("home", user_id="u1", idempotency_key="py-1")

    assert asyncio.run(again()) == drawn[0]
