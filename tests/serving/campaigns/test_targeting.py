"""Scores, segments, ROI and decisions over HTTP, by hand-computed users."""

import io
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.uplift.uplift_scores import UpliftScores
from serving.campaigns.segments import members
from serving.release.snapshot import Snapshot

Client = TestClient[Litestar]


def test_scores_in_the_order_asked(client: Client) -> None:
    """u0 earns 0.5·20·0.2−1 = 1; u35 loses 0.5·20·0.1+1 = 2; the third is not known."""
    users = client.post("/v1/targeting/score", json={"user_ids": ["u35", "nobody", "u0"]}).json()["users"]
    assert [u["user_id"] for u in users] == ["u35", "nobody", "u0"]
    assert [u["known"] for u in users] == [True, False, True]
    assert users[0]["expected_net_value"] == pytest.approx(-2.0)
    assert users[2]["expected_net_value"] == pytest.approx(1.0)
    assert users[2]["segment"] == "persuadable"
    assert (users[2]["lower"], users[2]["upper"]) == (pytest.approx(0.15), pytest.approx(0.25))
    assert users[1]["uplift"] is None


def test_segments(client: Client) -> None:
    """30 persuadables of 40 users."""
    first, second = client.get("/v1/segments").json()["segments"]
    assert (first["name"], first["users"], first["share"]) == ("persuadable", 30, 0.75)
    assert first["mean_uplift"] == pytest.approx(0.2)
    assert (second["name"], second["users"]) == ("sleeping_dog", 10)
    assert second["top_features"] == []
    assert client.get("/v1/segments").json()["responders"] == []


def test_members_are_streamed_as_lines(client: Client) -> None:
    """Ten users, one line each, with their interval."""
    answer = client.get("/v1/segments/sleeping_dog/members")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {line["user_id"] for line in lines} == {f"u{i}" for i in range(30, 40)}
    assert lines[0]["lower"] == pytest.approx(-0.15)
    assert client.get("/v1/segments/nobody/members").json()["type"] == "/problems/unknown-segment"


def test_a_segment_that_is_empty_today_has_no_members(client: Client) -> None:
    """Nobody is a sure thing: an empty list, and in CSV the header alone."""
    answers = [client.get("/v1/segments/sure_thing/members", params={"format": of}) for of in ("ndjson", "csv")]
    assert [answer.status_code for answer in answers] == [200, 200]
    header = "user_id,uplift,lower,upper,p_control,p_treated,expected_net_value,best_arm\n"
    assert [answer.text for answer in answers] == ["", header]


@pytest.mark.parametrize(
    ("query", "accept"), [("?format=csv", "application/x-ndjson"), ("", "text/csv"), ("", "text/html, text/csv;q=0.9")]
)
def test_members_as_csv(client: Client, query: str, accept: str) -> None:
    """A header and ten rows, by the query or by Accept; the query goes first, and nothing else is known."""
    answer = client.get(f"/v1/segments/sleeping_dog/members{query}", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("text/csv")
    table = pl.read_csv(io.StringIO(answer.text))
    assert table.columns[:4] == ["user_id", "uplift", "lower", "upper"]
    assert set(table["user_id"]) == {f"u{i}" for i in range(30, 40)}
    assert table["upper"].to_list() == pytest.approx([-0.05] * 10)
    plain = client.get("/v1/segments/sleeping_dog/members?format=ndjson", headers={"accept": "text/csv"})
    assert plain.headers["content-type"].startswith("application/x-ndjson")
    assert client.get("/v1/segments/sleeping_dog/members?format=xml").status_code == 400


def test_members_come_in_pages(client: Client) -> None:
    """Thirteen pages of up to three: every member once, in one order; behind the last one there is none."""
    path = "/v1/segments/persuadable/members"
    whole = client.get(path)
    assert whole.headers["x-total"] == "30"
    paged = "".join(client.get(path, params={"offset": at, "limit": 3}).text for at in range(0, 39, 3))
    assert paged == whole.text
    assert len({json.loads(line)["user_id"] for line in paged.splitlines()}) == 30
    assert client.get(path, params={"offset": 10**9}).text == ""
    assert client.get(path, params={"limit": 0}).status_code == 400


def test_a_page_may_end_anywhere_in_a_chunk(plain_release: Path) -> None:
    """Of 50 members scanned 7 at a time, every page is that part of the whole."""
    scores = Snapshot.load(plain_release, "1").release.segments
    assert scores is not None
    whole = pl.concat(scores.members("persuadable", 7))["user_id"].to_list()
    for offset in range(0, 32, 3):
        for limit in (1, 6, 7, 8, 40):
            found = list(scores.members("persuadable", 7, offset=offset, limit=limit))
            users = [user for page in found for user in page["user_id"]]
            assert users == whole[offset : offset + limit]


def test_members_are_valued_as_scores_are(arm_client: Client) -> None:
    """Net value and best arm of each are what the score of the user says; so are both probabilities."""
    lines = [
        json.loads(line)
        for segment in ("persuadable", "sleeping_dog")
        for line in arm_client.get(f"/v1/segments/{segment}/members").text.splitlines()
    ]
    asked = {"user_ids": [line["user_id"] for line in lines]}
    scored = arm_client.post("/v1/targeting/score", json=asked).json()["users"]
    assert {line["best_arm"] for line in lines} == {"mail", "voucher"}
    for line, user in zip(lines, scored, strict=True):
        assert {name: user[name] for name in line} == pytest.approx(line)


def test_members_come_in_chunks(plain_release: Path) -> None:
    """25 000 members are three chunks of at most 10 000 lines: never all in memory at once."""
    snapshot, n = Snapshot.load(plain_release, "1"), 25_000
    figures = dict.fromkeys(("uplift", "lower", "upper", "p_control", "p_treated"), [0.1] * n)
    many = UpliftScores.build(
        pl.DataFrame({"user_id": [f"m{i}" for i in range(n)], "segment": ["persuadable"] * n, **figures})
    )
    large = replace(snapshot, release=replace(snapshot.release, segments=many))
    sizes = [chunk.count(b"\n") for chunk in members(large, "persuadable")]
    assert sizes == [10_000, 10_000, 5_000]
    with_header = [chunk.count(b"\n") for chunk in members(large, "persuadable", "csv")]
    assert with_header == [1, 10_000, 10_000, 5_000]


def test_a_spreadsheet_runs_no_exported_id(plain_release: Path) -> None:
    """An id like a formula gets an apostrophe in CSV; another stays as it is."""
    snapshot = Snapshot.load(plain_release, "1")
    figures = dict.fromkeys(("uplift", "lower", "upper", "p_control", "p_treated"), [0.1] * 2)
    scores = pl.DataFrame({"user_id": ["=1+1", "a=b"], "segment": ["persuadable"] * 2, **figures})
    exposed = replace(snapshot, release=replace(snapshot.release, segments=UpliftScores.build(scores)))
    exported = pl.read_csv(io.BytesIO(b"".join(members(exposed, "persuadable", "csv"))))
    assert sorted(exported["user_id"]) == ["'=1+1", "a=b"]


def test_roi_by_hand(client: Client) -> None:
    """Of 1000 users 500 are receptive: contacting them costs 500 and earns 0.5·20·500 = 5000 before costs."""
    answer = client.post("/v1/roi/simulate", json={"population": 1000}).json()
    results = {s["strategy"]: s for s in answer["strategies"]}
    assert results["uplift"]["contacts"] == pytest.approx(500)
    assert results["uplift"]["profit"]["value"] == pytest.approx(4500)
    assert results["everyone"]["profit"]["value"] == pytest.approx(4000)
    assert results["none"]["roi"] is None
    assert answer["best"] in ("uplift", "uplift_under_budget")
    assert answer["margin"] == 0.5


def test_roi_under_a_budget(client: Client) -> None:
    """100 at 2 a contact buys 50 contacts, which earn 0.25·20·50 − 100 = 150."""
    prices = {"population": 1000, "budget": 100, "margin": 0.25, "contact_cost": 2}
    results = {s["strategy"]: s for s in client.post("/v1/roi/simulate", json=prices).json()["strategies"]}
    assert results["uplift_under_budget"]["contacts"] == pytest.approx(50)
    assert results["uplift_under_budget"]["profit"]["value"] == pytest.approx(150)


@pytest.mark.parametrize(
    ("method", "path", "body", "module"),
    [
        ("POST", "/v1/targeting/score", {"user_ids": ["u0"]}, "segments"),
        ("GET", "/v1/segments", None, "segments"),
        ("GET", "/v1/segments/persuadable/members", None, "segments"),
        ("POST", "/v1/roi/simulate", {}, "roi_simulation"),
    ],
)
def test_without_the_module_the_reason_is_given(
    bare_client: Client, method: str, path: str, body: object, module: str
) -> None:
    """404 with the release's reason: nothing can stand in for a score."""
    answer = bare_client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/module-unavailable")
    assert f"the shop has no data for {module}" in answer.json()["detail"]


def test_a_persuadable_is_advertised_to(client: Client) -> None:
    """With a banner on record, products of the session, and the reason in words."""
    answer = client.post("/v1/decisions", json={"user_id": "u0", "viewed": ["p04"], "slot": "home"}).json()
    assert answer["advertise"] is True
    assert "persuadable" in answer["why"][0]
    assert "from 30.00% to 50.00%" in answer["why"][0]
    assert "+1.000 EUR" in answer["why"][0]
    assert answer["banner"]["slot"] == "home"
    reward = {"impression_id": answer["banner"]["impression_id"], "reward": 1}
    assert client.post("/v1/banners/home/reward", json=reward).status_code == 200
    assert answer["products"]["answered_by"] == "session"
    assert len(answer["products"]["items"]) == 5


def test_a_price_decides(client: Client) -> None:
    """u0's contact earns 2 before its cost: at a cost of 2.5 it does not pay."""
    dear = client.post("/v1/decisions", json={"user_id": "u0", "contact_cost": 2.5, "slot": "home"}).json()
    assert dear["advertise"] is False
    assert dear["user"]["expected_net_value"] == pytest.approx(-0.5)
    assert dear["banner"] is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"user_id": "u35"}, "sleeping dog"),
        ({"user_id": "nobody"}, "has no score"),
        ({}, "no user was named"),
    ],
)
def test_others_are_not_advertised_to(client: Client, body: dict[str, str], words: str) -> None:
    """A sleeping dog, an unknown user, no user: products all the same."""
    answer = client.post("/v1/decisions", json=body).json()
    assert answer["advertise"] is False
    assert words in answer["why"][0]
    assert len(answer["products"]["items"]) == 5


def test_a_decision_without_uplift_states_the_fallback(bare_client: Client) -> None:
    """No scores: not advertised to, popular products, and what is missing is named."""
    answer = bare_client.post("/v1/decisions", json={"user_id": "u0", "slot": "home"}).json()
    assert answer["advertise"] is False
    assert "uplift: the shop has no data for segments" in answer["fallbacks"]
    assert answer["products"]["answered_by"] == "popularity"


def test_a_shop_without_products_is_served_too(campaign_client: Client) -> None:
    """Scores, ROI and decisions as ever; lists are empty and say so."""
    answer = campaign_client.post("/v1/decisions", json={"user_id": "u0"}).json()
    assert (answer["advertise"], answer["products"]["items"]) == (True, [])
    assert campaign_client.post("/v1/roi/simulate", json={}).status_code == 200
    popular = campaign_client.get("/v1/recommendations/popular").json()
    assert (popular["items"], popular["answered_by"]) == ([], "none")
    assert campaign_client.get("/v1/search?q=x").json()["items"] == []
    assert campaign_client.get("/v1/release").json()["products"] == 0
