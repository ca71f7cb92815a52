"""The overview: the release, its modules, the log; and following another release."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from resources.registry import Registry
from tests.serving.console.conftest import Client, token_of


def rows(client: Client, address: str) -> list[dict[str, str]]:
    """A table of the console."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_overview_says_what_the_api_says(console: Client) -> None:
    """Release, modules and reasons are those of `/v1/release`."""
    page, told = console.get("/console"), console.get("/v1/release", headers={"x-api-key": "open sesame"}).json()
    assert page.status_code == 200
    facts = {row["what"]: row["value"] for row in rows(console, "/console/overview/release.csv")}
    assert facts["release"] == told["release"]
    assert facts["last day it knows of"] == told["as_of"]
    assert facts["products"] == str(told["products"])
    modules = rows(console, "/console/overview/modules.csv")
    assert [row["module"] for row in modules if row["state"] == "there"] == told["modules"]
    assert {row["module"]: row["why"] for row in modules if row["state"] == "missing"} == told["unavailable"]
    assert rows(console, "/console/overview/measures.csv") == [
        {"measure": "qini", "now": "0.1", "before": "", "difference": ""}
    ]


def test_the_log_names_the_key_that_signed_in(console: Client) -> None:
    """By the first digits of its digest."""
    (entry,) = rows(console, "/console/overview/log.csv")
    assert entry["who"] == "admin 41ef4bb0"  # printf %s 'open sesame' | sha256sum
    assert entry["what"] == "signed in"


def test_a_file_that_a_page_does_not_have_is_named(console: Client) -> None:
    """404, with what was asked for as text."""
    answer = console.get("/console/overview/<b>.csv")
    assert answer.status_code == 404
    assert "&#39;&lt;b&gt;.csv&#39;" in answer.text


def test_without_a_registry_nothing_is_promoted(console: Client) -> None:
    """404 where the API follows something else."""
    form = {"csrf": token_of(console.get("/console").text), "confirmed": "yes"}
    assert console.post("/console/releases/1", data=form).status_code == 404


def act(client: Client, version: int, **form: str) -> Any:  # noqa: ANN401  # httpx's answer
    """Send the form of a release's page."""
    form["csrf"] = token_of(client.get(f"/console/releases/{version}").text)
    return client.post(f"/console/releases/{version}", data=form, follow_redirects=False)


@pytest.mark.slow
def test_an_operator_rolls_back_promotes_and_is_kept_from_a_broken_release(
    operator: Client, registry: Registry, wait_for: Callable[..., None]
) -> None:
    """Each is answered, takes effect or not, and is on record."""

    def answers() -> str:
        return str(operator.get("/health/ready").json()["registry_version"])

    assert 'href="/console/releases/1">Roll back to version 1' in operator.get("/console").text
    listed = rows(operator, "/console/overview/releases.csv")
    assert [(row["version"], row["follow"]) for row in listed][1] == ("2", "answers now")
    assert act(operator, 1).status_code == 400  # not confirmed
    assert registry.champion_version() == "2"
    assert act(operator, 1, confirmed="yes").status_code == 303
    wait_for(lambda: answers() == "1", "version 1")
    assert act(operator, 2, confirmed="yes").status_code == 303
    wait_for(lambda: answers() == "2", "version 2")
    compared = operator.get("/console/releases/3").text
    assert "0.4000" in compared
    assert "0.3000" in compared
    refused = act(operator, 3, confirmed="yes")
    assert refused.status_code == 409
    assert "cannot serve version 3" in refused.text
    assert registry.champion_version() == "2"
    told = [row["what"] for row in rows(operator, "/console/overview/log.csv")]
    assert told[0].startswith("was refused version 3")
    assert told[1:] == [
        "promoted from version 1 to version 2",
        "rolled back from version 2 to version 1",
        "signed in",
    ]
    assert operator.get("/console/releases/9").status_code == 404
    assert operator.get("/console/releases/2").status_code == 409
