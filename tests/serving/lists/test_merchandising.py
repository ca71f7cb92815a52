"""Rules that hold for a time, for a segment of users or for queries, over HTTP."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.release import Release
from tests.serving.releases import build_release

Client = TestClient[Litestar]
RULES: list[dict[str, Any]] = [
    {"kind": "pin", "name": "over", "product": "p50", "until": "2026-01-01"},
    {"kind": "pin", "name": "not yet", "product": "p51", "from": "2099-01-01"},
    {"kind": "pin", "name": "now", "product": "p42", "from": "2026-01-01", "until": "2099-01-01", "lists": ["popular"]},
    {"kind": "pin", "name": "for them", "product": "p31", "segments": ["persuadable"], "lists": ["popular"]},
    {"kind": "exclude", "name": "not in the north", "products": ["p01"], "segments": ["north"]},
    {"kind": "pin", "name": "lamp of the month", "product": "p58", "place": 2, "queries": ["Lantern", "lamp*"]},
    {"kind": "exclude", "name": "no p00 here", "products": ["p00"], "queries": ["lantern"]},
    {"kind": "boost", "name": "teal", "products": ["p49"], "by": 5.0, "queries": ["*teapot*"]},
    {"kind": "only", "name": "dear ones", "where": ["price:40.."], "queries": ["fine spade"]},
    {"kind": "banner", "name": "week", "text": "Lantern week: 20 % off", "queries": ["lantern*"]},
    {"kind": "banner", "name": "behind the first", "text": "never", "queries": ["lanterns"]},
    {"kind": "banner", "name": "kitchen", "text": "Mind the step", "category": "Home > Kitchen", "lists": ["search"]},
    {"kind": "redirect", "name": "help", "to": "/help/returns", "queries": ["returns", "* return *", "return policy"]},
    {"kind": "redirect", "name": "gone", "to": "/old", "queries": ["spade"], "until": "2026-01-01"},
]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, search_client: Callable[[Path, Path], AbstractContextManager[Client]]
) -> Any:  # noqa: ANN401  # a generator of clients
    """A client of a shop with these rules."""
    release = build_release(tmp_path_factory.mktemp("merchandised") / "release", rules=RULES)
    with search_client(release, tmp_path_factory.mktemp("serving")) as client:
        yield client


def ids(client: Client, path: str, **asked: object) -> list[str]:
    """Products of a list, in order."""
    return [item["product_id"] for item in client.get(path, params=asked).json()["items"]]  # type: ignore[arg-type]


POPULAR = "/v1/recommendations/popular"


def test_a_rule_holds_for_its_time(shop: Client) -> None:
    """What is over and what has not begun is as if it were not declared."""
    assert ids(shop, POPULAR, limit=3) == ["p42", "p00", "p01"]
    assert "redirect" not in shop.get("/v1/search", params={"q": "spade"}).json()


def test_a_rule_holds_for_its_segment(shop: Client) -> None:
    """u1 is persuadable, u2 besides of the north; u35 is a sleeping dog and nobody is a stranger."""
    assert ids(shop, POPULAR, limit=3, user_id="u1") == ["p42", "p31", "p00"]
    assert ids(shop, POPULAR, limit=3, user_id="u35") == ["p42", "p00", "p01"]
    assert ids(shop, POPULAR, limit=3, user_id="stranger") == ["p42", "p00", "p01"]
    assert "p01" not in ids(shop, POPULAR, limit=60, user_id="u2")
    assert "p01" not in ids(shop, "/v1/search", q="teapot", limit=60, user_id="u2")
    assert "p01" in ids(shop, "/v1/search", q="teapot", limit=60, user_id="u1")
    # Asked again, when the answers are kept.
    assert ids(shop, POPULAR, limit=3, user_id="u1") == ["p42", "p31", "p00"]
    assert ids(shop, POPULAR, limit=3) == ["p42", "p00", "p01"]


def test_a_product_is_pinned_to_a_query(shop: Client) -> None:
    """p58 is a spade: it is shown at its place, counted and paged, though it does not match; other queries lack it."""
    answer = shop.get("/v1/search", params={"q": "LANTERN ", "limit": 5}).json()
    assert [item["product_id"] for item in answer["items"]][1] == "p58"
    assert answer["items"][1]["rules"] == ["lamp of the month"]
    assert answer["total"] == 20
    pages = [ids(shop, "/v1/search", q="lantern", limit=7, offset=offset) for offset in (0, 7, 14)]
    assert sorted(product for page in pages for product in page) == sorted(
        [*(f"p{n:02d}" for n in range(3, 60, 3)), "p58"]
    )
    assert "p58" not in ids(shop, "/v1/search", q="green lantern", limit=60)
    assert "p58" not in ids(shop, "/v1/search", q="lantern", limit=60, filters="price:..30")


def test_a_product_is_hidden_and_boosted_for_a_query(shop: Client) -> None:
    """p00 is a lantern; p49 a teapot; fine spades cost 40 at least."""
    assert "p00" not in ids(shop, "/v1/search", q="lantern", limit=60)
    assert "p00" in ids(shop, "/v1/search", q="lanterns", limit=60)
    assert ids(shop, "/v1/search", q="red teapots")[0] != ids(shop, "/v1/search", q="teapot")[0] == "p49"
    assert min(i["price"] for i in shop.get("/v1/search", params={"q": "Fine Spade"}).json()["items"]) >= 40


def test_a_corrected_query_keeps_its_rules(shop: Client) -> None:
    """What search takes a slip for is what the rule is about."""
    answer = shop.get("/v1/search", params={"q": "lantrn"}).json()
    assert answer["searched_for"] == "lantern"
    assert answer["banner"] == "Lantern week: 20 % off"
    assert answer["items"][1]["product_id"] == "p58"


@pytest.mark.parametrize(
    ("asked", "banner", "redirect"),
    [
        ({"q": "Lanterns"}, "Lantern week: 20 % off", None),
        ({"q": "spade"}, None, None),
        ({"q": "Return policy"}, None, "/help/returns"),
        ({"q": "can i return this"}, None, "/help/returns"),
        ({"q": "returned goods"}, None, None),
        ({"category": "Home > Kitchen"}, "Mind the step", None),
        ({}, None, None),
    ],
)
def test_what_the_shop_says_of_a_search(
    shop: Client, asked: dict[str, str], banner: str | None, redirect: str | None
) -> None:
    """The first banner declared; an address beside the products."""
    answer = shop.get("/v1/search", params=asked).json()
    assert (answer.get("banner"), answer.get("redirect")) == (banner, redirect)
    assert answer["items"]


def test_no_answer_is_kept_beyond_the_moment_a_rule_ends_or_begins(
    tmp_path: Path, search_client: Callable[[Path, Path], AbstractContextManager[Client]]
) -> None:
    """A list that was asked for over and over is another one from that instant on, and its tag does not hold."""
    moment = datetime.now(UTC) + timedelta(seconds=4)
    rules = [
        {"kind": "pin", "name": "first", "product": "p40", "until": moment.isoformat()},
        {"kind": "pin", "name": "then", "product": "p50", "from": moment.isoformat()},
    ]
    with search_client(build_release(tmp_path / "release", rules=rules), tmp_path) as client:
        tag = '"none"'
        while datetime.now(UTC) < moment - timedelta(milliseconds=300):
            before = client.get(POPULAR, params={"limit": 2})
            if datetime.now(UTC) < moment:
                assert before.json()["items"][0]["product_id"] == "p40"
                tag = before.headers["etag"]
            time.sleep(0.05)
        time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
        after = client.get(POPULAR, params={"limit": 2}, headers={"if-none-match": tag})
        assert after.status_code == 200
        assert [item["product_id"] for item in after.json()["items"]] == ["p50", "p00"]


def test_an_unknown_segment_is_noted(tmp_path: Path) -> None:
    """The rule holds, for nobody."""
    rules = [{"kind": "bought", "name": "far", "segments": ["nort", "north", "sure_thing"]}]
    notes = Release.load(build_release(tmp_path / "release", rules=rules)).rules.notes
    assert notes == ("rule 'far': there is no segment 'nort'",)
