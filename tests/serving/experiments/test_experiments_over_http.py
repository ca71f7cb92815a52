"""Experiments over HTTP: lists of the challenger, arms told, and each unit on record once."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from assets.models.manifest import REPORTS
from resources.shop import Change, Experiment
from resources.store import Store
from resources.store.assignments import read_assignments
from resources.store.store_tables import ASSIGNMENTS
from serving.experiments.drawing import CHALLENGER, CHAMPION, drawn_arm
from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, answering
from tests.serving.releases import build_release, describe

Client = TestClient[Litestar]
HOLDOUT = Experiment(change=Change(personalisation=False))
BY_SESSION = Experiment(change=Change(without=frozenset({"session"})), unit="session", metric="clicks")
TODAY = datetime.now(UTC).date()
RULES = [{"kind": "pin", "name": "ours", "product": "p58", "place": 1}]


def unit_of(name: str, experiment: Experiment, arm: str) -> str:
    """The first of u3, u4, … that gets the arm; the release knows them not."""
    return next(u for n in range(3, 999) if (d := drawn_arm(name, experiment, u := f"u{n}")) and d.arm == arm)


@pytest.fixture
def client_of(tmp_path: Path, settings: ServingSettings, source: FolderSource) -> Any:  # noqa: ANN401
    """A client of an application whose release declares these experiments."""

    @contextmanager
    def made(experiments: Mapping[str, Experiment]) -> Iterator[Client]:
        source.promote("1", build_release(tmp_path / "release", experiments=experiments, rules=RULES))
        with answering(settings, source) as client:
            yield client

    return made


def session(client: Client, **wanted: object) -> Response:
    """After p20."""
    return client.post("/v1/recommendations/session", json={"viewed": ["p20"], **wanted})


def on_record(settings: ServingSettings, name: str) -> pl.DataFrame:
    """Arms of an experiment."""
    return read_assignments(Store(settings.store_url), name, datetime.now(UTC) + timedelta(minutes=1))


def test_holdout_is_answered_by_popularity(client_of: Any, settings: ServingSettings) -> None:  # noqa: ANN401
    """Every list that follows a visitor; the champion's are as ever, and each is on record once with its chance."""
    users = {arm: unit_of("holdout", HOLDOUT, arm) for arm in (CHAMPION, CHALLENGER)}
    with client_of({"holdout": HOLDOUT}) as client:
        for arm, first in ((CHAMPION, "session"), (CHALLENGER, "popularity")):
            for _ in range(2):
                found = session(client, user_id=users[arm])
                assert found.headers["x-experiments"] == f"holdout={arm}"
                assert found.json()["answered_by"] == first
        held = users[CHALLENGER]
        basket = client.post("/v1/recommendations/basket", json={"cart": ["p20"], "user_id": held}).json()
        assert basket["answered_by"] == "popularity"
        slots = [{"name": "a", "list": "session"}, {"name": "b", "list": "popular"}]
        page = client.post("/v1/page", json={"slots": slots, "viewed": ["p20"], "user_id": held})
        assert {slot["answered_by"] for slot in page.json()["slots"].values()} == {"popularity"}
        assert page.headers["x-experiments"] == "holdout=challenger"
        visitors = [{"viewed": ["p20"], "user_id": user} for user in users.values()]
        batch = client.post("/v1/recommendations/batch", json={"visitors": visitors}).json()["answers"]
        assert [one["answered_by"] for one in batch] == ["session", "popularity"]
        # A named category is a place of the shop, not of the visitor.
        named = client.get("/v1/recommendations/category", params={"category": "Garden", "user_id": held}).json()
        assert named["answered_by"] == "category"
    found = on_record(settings, "holdout")
    assert dict(found.select("arm", "unit").rows()) == users
    assert found["probability"].to_list() == [0.5, 0.5]


def test_experiments_are_listed_with_their_figures(
    tmp_path: Path, settings: ServingSettings, source: FolderSource
) -> None:
    """Two, of which one has ended and has no figures yet; arms add up to 1. Without any the list is empty."""
    over = msgspec.structs.replace(BY_SESSION, ends=TODAY - timedelta(days=1), challenger_share=0.2, share=0.5)
    release = build_release(tmp_path / "release", experiments={"over": over, "holdout": HOLDOUT})
    figures = {"holdout": {"assigned": {"champion": 3, "challenger": 4}}, "gone": {"assigned": {}}}
    folder = release / REPORTS / "live_experiments"
    folder.mkdir(parents=True)
    (folder / "live_experiments.json").write_text(json.dumps(figures), encoding="utf-8")
    describe(release, "2026-01-30")
    source.promote("1", release)
    with answering(settings, source) as client:
        answer = client.get("/v1/experiments").json()
        assert (answer["as_of"], answer["release"]) == ("2026-01-30", client.get("/v1/release").json()["release"])
    assert answer["experiments"] == [
        {
            "id": "holdout",
            "running": True,
            "starts": None,
            "ends": None,
            "unit": "user",
            "metric": "conversion",
            "share": 1.0,
            "arms": {"champion": 0.5, "challenger": 0.5},
            "change": {"personalisation": False, "rules": True, "without": []},
            "figures": figures["holdout"],
        },
        {
            "id": "over",
            "running": False,
            "starts": None,
            "ends": str(TODAY - timedelta(days=1)),
            "unit": "session",
            "metric": "clicks",
            "share": 0.5,
            "arms": {"champion": 0.8, "challenger": 0.2},
            "change": {"personalisation": True, "rules": True, "without": ["session"]},
            "figures": None,
        },
    ]


def test_a_release_without_experiments_lists_none(client: Client) -> None:
    """An empty list, and not an error."""
    assert client.get("/v1/experiments").json()["experiments"] == []


def test_nobody_is_placed_without_the_unit(client_of: Any, settings: ServingSettings) -> None:  # noqa: ANN401
    """A visitor without a user_id is in no experiment of users."""
    with client_of({"holdout": HOLDOUT}) as client:
        found = session(client, session_id="s1")
        assert "x-experiments" not in found.headers
        assert found.json()["answered_by"] == "session"
        assert "x-experiments" not in client.get("/v1/recommendations/popular").headers
    assert on_record(settings, "holdout").is_empty()


def test_a_module_left_out_and_two_experiments_at_once(client_of: Any) -> None:  # noqa: ANN401
    """A session's challenger passes over the session model alone; the user's arm is its own."""
    name = "no-sessions"
    held, user = unit_of(name, BY_SESSION, CHALLENGER), unit_of("holdout", HOLDOUT, CHAMPION)
    with client_of({name: BY_SESSION, "holdout": HOLDOUT}) as client:
        found = session(client, session_id=held, user_id=user)
        assert found.headers["x-experiments"] == "holdout=champion; no-sessions=challenger"
        assert found.json()["answered_by"] == "similar"


def test_without_rules(client_of: Any) -> None:  # noqa: ANN401
    """The challenger's list is not led by what the shop has pinned; nor is a kept answer given to another arm."""
    one = Experiment(change=Change(rules=False))
    with client_of({"rules": one}) as client:
        for arm, first in ((CHAMPION, "p58"), (CHALLENGER, "p00")):
            for _ in range(2):
                asked = {"user_id": unit_of("rules", one, arm)}
                found = client.get("/v1/recommendations/popular", params=asked)
                assert found.json()["items"][0]["product_id"] == first
                assert found.headers["x-experiments"] == f"rules={arm}"


@pytest.mark.parametrize(
    "over", [{"starts": TODAY + timedelta(days=2)}, {"ends": TODAY - timedelta(days=2)}, {"share": 1e-9}]
)
def test_outside_its_days_or_share_it_changes_nothing(client_of: Any, over: dict[str, Any]) -> None:  # noqa: ANN401
    """Nor is it told."""
    with client_of({"holdout": Experiment(change=HOLDOUT.change, **over)}) as client:
        found = session(client, user_id=unit_of("holdout", HOLDOUT, CHALLENGER))
        assert found.json()["answered_by"] == "session"
        assert "x-experiments" not in found.headers


def test_what_is_not_on_record_is_not_changed(client_of: Any, settings: ServingSettings) -> None:  # noqa: ANN401
    """While arms cannot be kept, lists are as ever; those on record stay where they are."""
    held = unit_of("holdout", HOLDOUT, CHALLENGER)
    with client_of({"holdout": HOLDOUT}) as client:
        engine = Store(settings.store_url).engine
        ASSIGNMENTS.drop(engine)
        found = session(client, user_id=held)
        assert (found.status_code, found.json()["answered_by"]) == (200, "session")
        assert "x-experiments" not in found.headers
        ASSIGNMENTS.create(engine)
        assert session(client, user_id=held).json()["answered_by"] == "popularity"
        ASSIGNMENTS.drop(engine)
        assert session(client, user_id=held).json()["answered_by"] == "popularity"


def test_a_forgotten_user_is_in_no_arm(client_of: Any, settings: ServingSettings) -> None:  # noqa: ANN401
    """Before being asked for the first time."""
    held = unit_of("holdout", HOLDOUT, CHALLENGER)
    with client_of({"holdout": HOLDOUT}) as client:
        assert client.delete(f"/v1/users/{held}").status_code == 202
        assert session(client, user_id=held).json()["answered_by"] == "session"
    assert on_record(settings, "holdout").is_empty()
