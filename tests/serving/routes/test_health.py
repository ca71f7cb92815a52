"""What readiness tells whoever operates the API."""

from datetime import UTC, date, datetime
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from assets.models.release import MODULES
from serving.app import create_app
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

Client = TestClient[Litestar]


def ready(client: Client, status: int = 200) -> Any:  # noqa: ANN401  # any JSON
    """The answer, which has this status."""
    answer = client.get("/health/ready")
    assert answer.status_code == status
    return answer.json()


def test_the_release_its_age_and_what_it_has(bare_client: Client) -> None:
    """As of 2026-01-30, the two modules that every release has, and the names of all others as missing."""
    told, release = ready(bare_client), bare_client.get("/v1/release").json()
    assert (told["status"], told["as_of"], told["problems"]) == ("ready", "2026-01-30", [])
    assert (told["release"], told["registry_version"]) == (release["release"], "1")
    assert told["age_days"] == (datetime.now(UTC).date() - date(2026, 1, 30)).days
    assert told["modules"] == sorted(module.name for module in MODULES if module.required) == release["modules"]
    assert told["missing"] == sorted(release["unavailable"])
    assert "hnsw_index" in told["missing"]


def test_a_module_is_there_or_missing(client: Client) -> None:
    """Never both; of a release with most of them."""
    told = ready(client)
    assert {"hnsw_index", "segments"} <= set(told["modules"])
    assert set(told["missing"]).isdisjoint(told["modules"])


def test_before_the_first_release(settings: ServingSettings, source: ReleaseSource) -> None:
    """503, and neither a day nor modules."""
    with TestClient(create_app(settings, source)) as client:
        told = ready(client, 503)
    assert (told["release"], told["as_of"], told["age_days"], told["modules"], told["missing"]) == (
        None,
        None,
        None,
        [],
        [],
    )


def test_metrics_tell_the_day_of_the_release(client: Client) -> None:
    """As seconds since 1970, for an alert on its age."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    told = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")
    assert float(told["upshelf_release_as_of_seconds"]) == datetime(2026, 1, 30, tzinfo=UTC).timestamp()
