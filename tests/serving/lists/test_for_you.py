"""Lists for users without a session, over HTTP: from the logs, from what was posted since, and for strangers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]
NOW = datetime.now(UTC)


def ask(client: Client, user: str, **more: object) -> dict[str, Any]:
    """The list of a user."""
    answer = client.post("/v1/recommendations/user", json={"user_id": user, "limit": 5, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(answer: dict[str, Any]) -> list[str]:
    """Its products."""
    return [item["product_id"] for item in answer["items"]]


def post(client: Client, user: str, *products: str) -> None:
    """Views of products, a second apart."""
    events = [
        {"event_id": f"{user}-{n}", "kind": "view", "user_id": user, "product_id": product, "ts": str(at)}
        for n, product in enumerate(products)
        for at in [(NOW + timedelta(seconds=n)).isoformat()]
    ]
    assert client.post("/v1/events", json={"events": events}).status_code == 202


def test_a_known_user_gets_what_the_logs_tell(client: Client) -> None:
    """u5 viewed p01, then p02, which they bought: sessions go on to p00, p03 and p04; p02 and p04 are bought once.

    Nobody buys p02 or p04 again, everybody p20.
    """
    answer = ask(client, "u5", limit=40)
    assert (answer["known"], answer["answered_by"]) == (True, "for_you")
    assert ids(answer)[:2] == ["p03", "p00"]
    assert not {"p01", "p02", "p04"} & set(ids(answer))
    assert "p20" in ids(answer)
    first = answer["items"][0]
    assert first["module"] == "for_you"
    assert first["reason"] == "viewed by others after BLUE SPADE 2, which this user looked at"


def test_what_was_bought_twice_by_the_user_may_come_again(client: Client) -> None:
    """Though hardly anybody else does; u1 bought p10 to p12 once, by the next basket alone."""
    assert "p05" in ids(ask(client, "u6", limit=60))
    assert not {"p10", "p11", "p12"} & set(ids(ask(client, "u1", limit=60)))


def test_posted_events_count_at_once(client: Client) -> None:
    """They are newer than the release: the last one leads; and they make a stranger known."""
    assert ask(client, "new")["known"] is False
    post(client, "new", "p10", "p15")
    answer = ask(client, "new")
    assert (answer["known"], answer["answered_by"]) == (True, "for_you")
    assert {"p14", "p16"} <= set(ids(answer)[:3])
    assert not {"p10", "p15"} & set(ids(ask(client, "new", limit=60)))
    post(client, "u5", "p21")
    assert ask(client, "u5")["items"][0]["reason"].startswith("viewed by others after RED LANTERN 21")


def test_a_stranger_gets_what_is_popular_and_is_told(client: Client) -> None:
    """With the reason; in the same order as the popular ones."""
    answer = ask(client, "nobody")
    assert (answer["known"], answer["answered_by"]) == (False, "popularity")
    assert answer["fallbacks_tried"] == [{"module": "for_you", "items": 0, "note": "nothing is on record of this user"}]
    assert ids(answer) == ids(client.get("/v1/recommendations/popular?limit=5").json())


def test_categories_and_segments_are_knowledge_too(client: Client) -> None:
    """u2 is of the north, where p42 sells, and has done nothing."""
    answer = ask(client, "u2")
    assert (answer["known"], answer["answered_by"], ids(answer)[0]) == (True, "segment_popularity", "p42")


def test_filters_exclusions_stock_and_bounds(client: Client) -> None:
    """As in other lists."""
    assert set(ids(ask(client, "u5", limit=60, filters=["category:Garden"]))) <= {f"p{n:02d}" for n in range(2, 60, 3)}
    assert "p03" not in ids(ask(client, "u5", exclude=["p03", "unknown"]))
    assert "p09" in ids(ask(client, "u5", limit=60, in_stock_only=False))
    assert "p09" not in ids(ask(client, "u5", limit=60))
    for wrong in ({}, {"user_id": ""}, {"user_id": None}, {"user_id": "u", "limit": 101}, {"user_id": "u", "x": 1}):
        assert client.post("/v1/recommendations/user", json=wrong).status_code == 400


def test_rules_of_the_shop_hold(ruled_client: Client) -> None:
    """A pin at its place; what is excluded and what was bought is not shown."""
    answer = ask(ruled_client, "u5", limit=30)
    assert answer["items"][1]["product_id"] == "p58"
    assert "p01" not in ids(ask(ruled_client, "u6", limit=60))


def test_a_forgotten_user_is_a_stranger_before_the_next_night(client: Client) -> None:
    """Though the release still holds the history."""
    assert ask(client, "u5")["known"] is True
    client.delete("/v1/users/u5")
    answer = ask(client, "u5")
    assert (answer["known"], answer["answered_by"]) == (False, "popularity")
    assert ids(answer) == ids(ask(client, "nobody"))


def test_a_release_without_modules_answers(bare_client: Client) -> None:
    """Of popularity alone; what was posted is left out."""
    assert ask(bare_client, "u5")["known"] is False
    post(bare_client, "u5", "p00")
    answer = ask(bare_client, "u5")
    assert (answer["known"], answer["items"][0]["product_id"]) == (True, "p01")


def test_a_page_has_a_slot_for_you(client: Client) -> None:
    """No product twice; what was viewed in this session comes after the history."""
    slots = [{"name": "top", "list": "for_you", "limit": 4}, {"name": "more", "list": "popular", "limit": 30}]
    page = client.post("/v1/page", json={"slots": slots, "user_id": "u5"}).json()["slots"]
    assert ids(page["top"]) == ids(ask(client, "u5", limit=4))
    assert not set(ids(page["top"])) & set(ids(page["more"]))
    seen = client.post("/v1/page", json={"slots": slots, "user_id": "u5", "viewed": ["p21"]}).json()["slots"]["top"]
    assert seen["items"][0]["reason"].startswith("viewed by others after RED LANTERN 21")
    stranger = client.post("/v1/page", json={"slots": slots}).json()["slots"]["top"]
    assert stranger["answered_by"] == "popularity"
    assert stranger["fallbacks_tried"][0]["note"] == "nothing is on record of this user"


@pytest.mark.parametrize("user", ["u5", "u6", "u2", "nobody"])
def test_a_batch_gives_the_same_lists(client: Client, user: str) -> None:
    """For users by `for_you`; a visitor without a user gets what is popular."""
    post(client, "u6", "p07", "p08", "p07")
    visitors = [{"user_id": user, "limit": 5}, {"limit": 5}]
    one, nobody = client.post("/v1/recommendations/batch", json={"list": "for_you", "visitors": visitors}).json()[
        "answers"
    ]
    alone = ask(client, user)
    assert one == {key: value for key, value in alone.items() if key != "known"}
    assert nobody["answered_by"] == "popularity"
