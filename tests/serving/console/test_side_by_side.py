"""Two releases side by side: both answers as the API gives them from each, and every difference marked."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resources.registry import Registry
from tests.serving.console.conftest import KEYS, Client, registered, token_of
from tests.serving.console.test_overview import rows
from tests.serving.releases import build_release

KEY = {"x-api-key": KEYS["admin"]}
PINNED: dict[str, Any] = {"kind": "pin", "name": "<b>first</b>", "product": "p57", "lists": ["popular", "similar"]}


def chosen(client: Client, version: str, **form: str) -> Any:  # noqa: ANN401  # httpx's answer
    """Send the form of the page."""
    form |= {"csrf": token_of(client.get("/console/discover/beside").text), "version": version}
    return client.post("/console/discover/beside", data=form, follow_redirects=False)


def test_without_a_registry_there_is_no_other_release(console: Client) -> None:
    """404 in words, also for the form."""
    assert console.get("/console/discover/beside").status_code == 404
    assert "Compare with" not in console.get("/console/discover").text
    form = {"csrf": token_of(console.get("/console").text), "version": "1"}
    answer = console.post("/console/discover/beside", data=form)
    assert (answer.status_code, "follows no registry" in answer.text) == (404, True)
    assert console.post("/console/discover/beside", data={"version": "1"}).status_code == 403


@pytest.fixture
def registry(tmp_path: Path, plain_release: Path) -> Registry:
    """Version 1 without rules, version 2 with a pin, which is followed, and a version 3 that is broken."""
    pinned = build_release(tmp_path / "pinned", as_of="2026-01-31", rules=[PINNED])
    return registered(tmp_path / "home", [plain_release, pinned], {})


@pytest.mark.slow
def test_another_kept_release_is_loaded_and_compared(operator: Client, wait_for: Callable[..., None]) -> None:
    """The page says that it loads, then has both lists; one that is broken, followed or not there is refused."""
    address = "/console/discover/beside?version=1&q=lantern"
    before = operator.get(address)
    assert (before.status_code, "is loaded once you press" in before.text) == (200, True)
    answer = chosen(operator, "1", q="lantern")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    first = operator.get(address)
    assert first.status_code in (200, 202)
    assert first.status_code == 200 or "Version 1 is being loaded beside version 2" in first.text
    wait_for(lambda: operator.get(address).status_code == 200, "version 1")

    told = operator.get("/v1/search?q=lantern&limit=20", headers=KEY).json()["items"]
    listed = rows(operator, "/console/discover/beside/results.csv?version=1&q=lantern")
    old, new = "place in version 1", "place in version 2, now"
    assert [r["number"] for r in listed if r[new]] == [item["product_id"] for item in told]
    assert {r["number"] for r in listed if r["change"]} == set()

    popular = {r["number"]: r for r in rows(operator, "/console/discover/beside/popular.csv?version=1")}
    assert (popular["p57"][old], popular["p57"][new], popular["p57"]["change"]) == ("", "1", "comes in")
    assert (popular["p57"]["module, version 2, now"], popular["p57"]["module, version 1"]) == ("rules", "")
    assert (popular["p00"][old], popular["p00"][new], popular["p00"]["change"]) == ("1", "2", "down 1")
    assert sum(1 for r in popular.values() if r["change"] == "goes out") == 1
    facts = {r["what"]: r for r in rows(operator, "/console/discover/beside/releases.csv?version=1")}
    assert (facts["rules"]["version 1"], facts["rules"]["version 2, now"]) == ("0", "1")
    text = operator.get("/console/discover/beside?version=1&product=p05").text
    assert "&lt;b&gt;first&lt;/b&gt;" in text
    assert "<b>" not in text
    assert 'id="similar"' in text
    assert 'id="together"' in text
    unknown = html.unescape(operator.get("/console/discover/beside?version=1&product=<i>").text)
    assert "Version 1: " in unknown

    hidden = {"products": [{"product_id": "p00", "hidden": True}]}
    assert operator.post("/v1/products/batch", json=hidden, headers=KEY).status_code == 202
    both = "/console/discover/beside/popular.csv?version=1"
    wait_for(lambda: "p00" not in {r["number"] for r in rows(operator, both)}, "both lists without what is hidden")

    assert chosen(operator, "2").status_code == 409
    for version in ("9", "", "<b>", "1/../2"):
        assert chosen(operator, version).status_code == 404
    for page, asked in (("discover?q=red%26x", "q=red%26x"), ("discover/products/p05", "product=p05")):
        assert f'href="/console/discover/beside?{asked}">Compare' in operator.get(f"/console/{page}").text
    chosen(operator, "3")
    failed = "/console/discover/beside?version=3"
    wait_for(lambda: "Version 3 cannot be loaded" in operator.get(failed).text, "the reason")
    assert "is loaded once you press" in operator.get(address).text  # version 1 went for version 3
    record = [row["what"] for row in rows(operator, "/console/overview/log.csv")]
    assert record[:2] == ["loaded version 3 beside version 2", "loaded version 1 beside version 2"]
