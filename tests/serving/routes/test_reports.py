"""Reports of the release over HTTP."""

from litestar import Litestar
from litestar.testing import TestClient

Client = TestClient[Litestar]


def test_a_report_is_answered_as_it_was_written(client: Client) -> None:
    """With its day and release; a figure that is not defined is null."""
    answer = client.get("/v1/reports/uplift").json()
    assert (answer["name"], answer["as_of"]) == ("uplift", "2026-01-30")
    assert answer["report"] == {"chosen": "t", "average_effect": None}
    assert answer["release"] == client.get("/v1/release").json()["release"]
    assert client.get("/v1/reports/experiment").json()["report"] == [{"check": "balance", "passed": True}]


def test_an_unknown_report_names_those_there_are(client: Client) -> None:
    """Neither pictures nor what is too large to answer whole are among them."""
    for name in ("roi", "huge", "qini", "UPLIFT"):
        answer = client.get(f"/v1/reports/{name}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-report"), name
        assert answer.json()["detail"].endswith("it has experiment, uplift")


def test_a_release_without_reports_says_so(campaign_client: Client) -> None:
    """An old or a bare one."""
    assert campaign_client.get("/v1/reports/uplift").json()["detail"].endswith("; it has none")
