"""Two campaigns in one shop end to end: one has too few responses, and the other is planned, released, answered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from resources.model_store import ModelStore, Unavailable
from serving.settings import ServingSettings
from tests.integration.advertising.campaigns_shop import LAST, Trial, World, write_shop
from tests.integration.home import Pipeline
from tests.serving.conftest import FolderSource, answering

pytestmark = pytest.mark.slow

USERS, BUDGET = 4_000, 200.0


@pytest.fixture(scope="module")
def world() -> World:
    """The users."""
    return World.of(USERS, seed=5)


@pytest.fixture(scope="module")
def nightly(
    make_pipeline: Callable[..., Pipeline], tmp_path_factory: pytest.TempPathFactory, world: World
) -> tuple[Pipeline, list[dict[str, Any]]]:
    """All days, then the models as of the last: mail helps the young, and hardly anyone has had a voucher."""
    trials = {
        "mail": Trial(np.arange(USERS), np.where(world.age < 40, 0.3, 0.0), "contact_cost = 0.5"),
        "voucher": Trial(np.arange(40), np.zeros(USERS), "incentive = 2.0"),
    }
    joint = f"[targeting]\nbudget = {BUDGET}\nmax_contacts = 1\ncontact_days = 1"
    pipeline = make_pipeline(write_shop(tmp_path_factory.mktemp("shop"), world, trials, head=joint))
    return pipeline, pipeline.run(f"tables:2026-01-01:{LAST}", f"models:{LAST}")


def test_each_campaign_has_assets_of_its_own(nightly: tuple[Pipeline, list[dict[str, Any]]]) -> None:
    """All succeed, and nothing goes by the name of a single campaign."""
    made = set(nightly[1][1]["materialised"])
    assert {f"{asset}__{name}" for asset in ("uplift_model", "targeting_plan") for name in ("mail", "voucher")} <= made
    assert not made & {"uplift_model", "segments", "targeting_plan"}


def test_what_one_lacks_is_said_and_stops_neither_the_other_nor_the_release(
    nightly: tuple[Pipeline, list[dict[str, Any]]],
) -> None:
    """The reason is in the model store and in the manifest; the release is promoted."""
    pipeline, (_, models) = nightly
    assert models["checks"]["release.gate"]["passed"]
    store = ModelStore(pipeline.home / "models")
    with pytest.raises(Unavailable) as reason:
        store.require("uplift_model__voucher", LAST)
    release = pipeline.champion()
    assert release.manifest.unavailable["uplift_model__voucher"] == str(reason.value)
    assert {"segments__mail", "roi_simulation__mail"} <= set(release.manifest.modules)
    assert release.manifest.campaigns == ("mail", "voucher")


def test_the_frame_has_the_rows_of_each(nightly: tuple[Pipeline, list[dict[str, Any]]]) -> None:
    """Features are computed once; the model of mail is fitted on its own exposures."""
    frame = nightly[0].lake.read("ad_frame")
    assert dict(frame["campaign_id"].value_counts().iter_rows()) == {"mail": USERS, "voucher": 40}
    assert set(nightly[0].lake.read("uplift_scores")["campaign"]) == {"mail"}


def test_the_plan_of_the_one_contacts_those_whom_it_helps(
    nightly: tuple[Pipeline, list[dict[str, Any]]], world: World
) -> None:
    """The young, at 10 · .3 − .5 each."""
    folder = nightly[0].model("targeting_plan__mail", LAST)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    young = float((world.age < 40).mean()) * USERS
    assert 0.8 * young < plan["contacts"]["treatment"] < 1.3 * young


def contacts(pipeline: Pipeline) -> pl.DataFrame:
    """Those of the joint plan."""
    return pl.read_ipc(pipeline.model("joint_plan", LAST) / "contacts.arrow")


def test_the_joint_plan_spends_its_budget_on_those_campaigns_that_there_are(
    nightly: tuple[Pipeline, list[dict[str, Any]]],
) -> None:
    """400 contacts at .5, all of mail; its cut-off is the one that decisions keep to."""
    plan = json.loads((nightly[0].model("joint_plan", LAST) / "joint_plan.json").read_text(encoding="utf-8"))
    assert contacts(nightly[0])["campaign"].to_list() == ["mail"] * 400
    assert list(plan["missing"]) == ["voucher"]
    prices = nightly[0].champion().manifest.economics["campaigns"]
    assert prices["mail"]["cutoff"] == pytest.approx(plan["cutoff"], abs=1e-6)
    assert plan["cutoff"] > 0
    assert prices["voucher"]["cutoff"] == 0


def reports(pipeline: Pipeline) -> dict[str, Any]:
    """What the release says of each campaign, by id."""
    path: Path = pipeline.release_folder(LAST) / "reports" / "campaigns" / "campaigns.json"
    return {of["id"]: of for of in json.loads(path.read_text(encoding="utf-8"))}


def test_the_release_tells_of_each_campaign(nightly: tuple[Pipeline, list[dict[str, Any]]]) -> None:
    """State and verdict in words."""
    of = reports(nightly[0])
    assert of["mail"]["state"] == of["voucher"]["state"] == "measured"
    assert of["mail"]["valid"]
    assert of["mail"]["missing"] is None
    assert of["voucher"]["missing"] is not None


def test_the_api_answers_for_each_campaign(
    nightly: tuple[Pipeline, list[dict[str, Any]]], world: World, tmp_path: Path
) -> None:
    """Listed with its state; a decision without a name is for mail with the young, and says why not for the voucher."""
    (tmp_path / "source").mkdir()
    source = FolderSource(tmp_path / "source")
    source.promote("1", nightly[0].release_folder(LAST))
    settings = ServingSettings(
        cache=tmp_path / "cache", store_url=f"sqlite:///{tmp_path / 'store.db'}", rate_per_second=0
    )
    with answering(settings, source) as client:
        listed = {of["id"]: of for of in client.get("/v1/campaigns").json()["campaigns"]}
        assert {name: of["state"] for name, of in listed.items()} == {"mail": "measured", "voucher": "measured"}
        young, old = contacts(nightly[0])["user_id"][0], world.ids[int(np.argmax(world.age > 70))]
        score = client.post("/v1/targeting/score", json={"user_ids": [young], "campaign": "mail"}).json()
        assert score["users"][0]["lower"] > 0
        missing = client.post("/v1/targeting/score", json={"user_ids": [young], "campaign": "voucher"})
        assert (missing.status_code, listed["voucher"]["missing"] in missing.json()["detail"]) == (404, True)
        assert client.get("/v1/segments").status_code == 400
        assert client.get("/v1/exports/plan", params={"campaign": "mail"}).text.count("\n") > 500
        assert client.get("/v1/exports/plan").text.count("\n") == 401
        simulated = client.post("/v1/roi/simulate", json={"campaign": "mail"}).json()
        assert simulated["campaign"] == "mail"
        yes, no = (client.post("/v1/decisions", json={"user_id": user}).json() for user in (young, old))
    assert (yes["advertise"], yes["campaign"], no["advertise"], no["campaign"]) == (True, "mail", False, None)
    assert any(line.startswith("voucher: ") for line in yes["why"])
