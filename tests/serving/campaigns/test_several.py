"""Several campaigns over HTTP: each is named where it must be, and a decision without a name takes the best."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, answering
from tests.serving.releases import describe
from tests.serving.several_campaigns import write_campaigns

Client = TestClient[Litestar]
IDS = "mail, push, voucher"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Three campaigns, of which one has no scores."""
    folder = tmp_path_factory.mktemp("several")
    write_campaigns(folder / "release")
    (folder / "source").mkdir()
    source = FolderSource(folder / "source")
    source.promote("1", folder / "release")
    settings = ServingSettings(
        cache=folder / "cache", store_url=f"sqlite:///{folder / 'store.db'}", poll_seconds=0.05, rate_per_second=0
    )
    with answering(settings, source) as client:
        yield client


def test_the_campaigns_are_listed(shop: Client) -> None:
    """Sorted by id, with what the release says of each; one that it does not describe is there all the same."""
    listed = shop.get("/v1/campaigns").json()["campaigns"]
    assert [(of["id"], of["state"], of["valid"]) for of in listed] == [
        ("mail", "running", True),
        ("push", "draft", False),
        ("voucher", None, True),
    ]
    assert listed[0]["arms"] == ["letter"]
    assert listed[1]["missing"] == "too few responses"


def test_scores_are_of_the_campaign_that_is_named(shop: Client) -> None:
    """The same user, two effects."""
    for campaign, uplift in (("mail", 0.2), ("voucher", 0.4)):
        answer = shop.post("/v1/targeting/score", json={"user_ids": ["u0"], "campaign": campaign}).json()
        assert (answer["campaign"], answer["users"][0]["uplift"]) == (campaign, pytest.approx(uplift))


def test_segments_members_and_reports_are_of_the_campaign_that_is_named(shop: Client) -> None:
    """Mail has sleeping dogs, vouchers have none."""
    of = {name: shop.get("/v1/segments", params={"campaign": name}).json() for name in ("mail", "voucher")}
    assert {name: answer["campaign"] for name, answer in of.items()} == {"mail": "mail", "voucher": "voucher"}
    assert {one["name"]: one["users"] for one in of["mail"]["segments"]}["sleeping_dog"] == 10
    members = shop.get("/v1/segments/sleeping_dog/members", params={"campaign": "mail"})
    assert (members.headers["x-campaign"], members.headers["x-total"]) == ("mail", "10")
    assert shop.get("/v1/segments/sleeping_dog/members", params={"campaign": "voucher"}).headers["x-total"] == "0"
    report = shop.get("/v1/reports/plan", params={"campaign": "voucher"}).json()
    assert report["report"]["verdict"] == "Contacts u0."


def test_an_export_is_of_the_campaign_that_is_named(shop: Client) -> None:
    """Its file is named by it."""
    plan = shop.get("/v1/exports/plan", params={"campaign": "voucher", "format": "ndjson"})
    assert plan.text.count("\n") == 1
    assert '"voucher-plan-2026-01-30.ndjson"' in plan.headers["content-disposition"]
    assert shop.get("/v1/exports/plan", params={"campaign": "mail"}).status_code == 404


def test_the_plan_of_all_campaigns_together_needs_no_name(shop: Client) -> None:
    """A row a contact, which names its campaign."""
    plan = shop.get("/v1/exports/plan")
    assert plan.text.splitlines() == ["user_id,campaign,segment", "u0,voucher,persuadable", "u1,mail,persuadable"]
    assert '"plan-2026-01-30.csv"' in plan.headers["content-disposition"]
    assert shop.get("/v1/reports/joint_plan").json()["report"]["verdict"].startswith("mail 1 contacts")


def test_strategies_are_simulated_on_the_holdout_of_the_campaign(shop: Client) -> None:
    """The one without a holdout says why."""
    answer = shop.post("/v1/roi/simulate", json={"campaign": "mail"})
    assert answer.json()["campaign"] == "mail"
    lacking = shop.post("/v1/roi/simulate", json={"campaign": "voucher"})
    assert (lacking.status_code, "no holdout" in lacking.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/targeting/score", {"user_ids": ["u0"]}),
        ("POST", "/v1/roi/simulate", {}),
        ("GET", "/v1/segments", None),
        ("GET", "/v1/segments/persuadable/members", None),
        ("GET", "/v1/exports/scores", None),
        ("GET", "/v1/reports/plan", None),
    ],
)
def test_a_campaign_that_is_not_named_or_not_there_is_an_error(
    shop: Client, method: str, path: str, body: dict[str, object] | None
) -> None:
    """Both name the ids that there are."""

    def ask(campaign: str | None) -> tuple[int, str, str]:
        named = {} if campaign is None else {"campaign": campaign}
        at = {"params": named} if body is None else {"json": {**body, **named}}
        answer = shop.request(method, path, **at)
        return answer.status_code, answer.json()["type"].rpartition("/")[2].rpartition(":")[2], answer.json()["detail"]

    status, kind, detail = ask(None)
    assert (status, kind) == (400, "campaign-needed")
    assert detail.endswith(f"name one as campaign, of {IDS}.")
    status, kind, detail = ask("letters")
    assert (status, kind) == (404, "unknown-campaign")
    assert detail == f"There is no campaign 'letters'; there are {IDS}."


def test_a_decision_takes_the_campaign_that_is_worth_most(shop: Client) -> None:
    """With u0 a voucher is worth 10·.4 − 1 − .5 = 2.5 and mail 1, with u1 a voucher loses."""
    first = shop.post("/v1/decisions", json={"user_id": "u0"}).json()
    assert (first["advertise"], first["campaign"]) == (True, "voucher")
    assert first["user"]["expected_net_value"] == pytest.approx(3.0)
    assert first["why"][0] == "Advertise for voucher: of 3 campaigns 2 would pay, and it is worth most."
    assert [line.partition(":")[0] for line in first["why"][1:4]] == ["voucher", "mail", "push"]
    assert "push: uplift: too few responses" in first["fallbacks"]
    second = shop.post("/v1/decisions", json={"user_id": "u1"}).json()
    assert (second["advertise"], second["campaign"]) == (True, "mail")


def test_where_no_campaign_pays_none_is_named(shop: Client) -> None:
    """A sleeping dog of mail, to whom a voucher costs more than it earns."""
    answer = shop.post("/v1/decisions", json={"user_id": "u35"}).json()
    assert (answer["advertise"], answer["campaign"], answer["user"]) == (False, None, None)
    assert answer["why"][0] == "Do not advertise: none of 3 campaigns is worth a contact with this user."
    assert any("puts this user off" in line for line in answer["why"])
    nobody = shop.post("/v1/decisions", json={}).json()
    assert (nobody["advertise"], nobody["campaign"]) == (False, None)


def test_a_decision_is_about_the_campaign_that_is_named(shop: Client) -> None:
    """Also where another one would earn more."""
    answer = shop.post("/v1/decisions", json={"user_id": "u0", "campaign": "mail"}).json()
    assert (answer["campaign"], answer["user"]["expected_net_value"]) == ("mail", pytest.approx(1.0))
    assert shop.post("/v1/decisions", json={"user_id": "u0", "campaign": "letters"}).status_code == 404


def test_the_one_campaign_of_a_shop_need_not_be_named(campaign_client: Client) -> None:
    """It is called `campaign`; no other is known."""
    answer = campaign_client.get("/v1/segments").json()
    assert answer["campaign"] == "campaign"
    assert campaign_client.get("/v1/segments", params={"campaign": "campaign"}).json() == answer
    assert campaign_client.get("/v1/segments", params={"campaign": "mail"}).status_code == 404
    (only,) = campaign_client.get("/v1/campaigns").json()["campaigns"]
    assert (only["id"], only["valid"]) == ("campaign", True)
    assert campaign_client.post("/v1/decisions", json={"user_id": "u0"}).json()["campaign"] == "campaign"


def test_nobody_is_contacted_for_a_closed_campaign(
    settings: ServingSettings, source: FolderSource, campaign_release: Path, tmp_path: Path
) -> None:
    """The decision says so."""
    folder = Path(shutil.copytree(campaign_release, tmp_path / "closed"))
    describe(folder, "2026-01-30", closed=True)
    source.promote("1", folder)
    with answering(settings, source) as client:
        answer = client.post("/v1/decisions", json={"user_id": "u0"}).json()
    assert (answer["advertise"], answer["why"][0][:45]) == (False, "Do not advertise: the campaign is closed. Thi")
