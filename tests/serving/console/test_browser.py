"""People's ways through the console in a real browser, at two widths, light and dark, which everyone can read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resources.registry import Registry
from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource
from tests.serving.console.conftest import KEYS
from tests.serving.server import served

pytestmark = pytest.mark.slow
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.fixture
def address(console_settings: ServingSettings, source: FolderSource, plain_release: Path) -> Iterator[str]:
    """A console on a socket."""
    source.promote("1", plain_release)
    with served(console_settings, source) as at:
        yield at


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_people_find_their_way(browser: Any, address: str, scheme: str, width: int) -> None:  # noqa: ANN401
    """Search with a slip, filter, open, see what is related change; move a budget; no request goes elsewhere."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, accept_downloads=True)
    page = context.new_page()
    asked, faults = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)

    page.goto(f"{address}/console/discover?q=lantren")
    assert violations(page) == []
    page.get_by_label("Admin key").fill(KEYS["admin"])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="products match").wait_for()
    assert page.url.endswith("/console/discover?q=lantren")

    page.get_by_label("Search the catalogue").press_sequentially("x", delay=5)
    page.get_by_label("Search the catalogue").fill("")
    page.get_by_label("Search the catalogue").press_sequentially("acm", delay=5)
    page.locator("#completions option", has_text="Acme").wait_for(state="attached")
    page.get_by_label("Search the catalogue").fill("lantern")
    page.keyboard.press("Enter")
    page.get_by_role("complementary").get_by_role("link", name="Home > Lighting").first.click()
    page.get_by_role("link", name="✓ Home > Lighting").wait_for()

    page.get_by_role("region").get_by_role("link").first.click()
    page.get_by_role("heading", name="Related to what was viewed").wait_for()
    assert violations(page) == []
    related = page.locator("#related").get_by_role("link").first
    first = page.locator("#related tbody").inner_text()
    related.click()
    page.wait_for_url(re.compile("viewed="))
    assert page.locator("#related tbody").inner_text() != first

    page.get_by_role("link", name="Rules", exact=True).click()
    page.get_by_label("Draft: one or more").fill('[[rules]]\nname = "last first"\nkind = "pin"\nproduct = "p57"\n')
    page.get_by_role("button", name="Try", exact=True).click()
    row = page.locator("#changes tbody tr").first
    row.wait_for()
    assert [row.locator("td").nth(at).inner_text() for at in (1, 3, 4, 5)] == ["p57", "1", "comes in", "last first"]
    assert violations(page) == []
    page.get_by_label("Name of the draft").fill("For Monday")
    page.get_by_role("button", name="Keep the draft").click()
    page.wait_for_url(re.compile("draft="))
    assert violations(page) == []
    with page.expect_download() as taken:
        page.get_by_role("link", name="download it as shop-rules.toml").click()
    assert Path(taken.value.path()).read_text().splitlines()[1:3] == ["[[rules]]", 'name = "last first"']
    page.get_by_role("button", name="Delete the draft").click()
    page.locator("#drafts").get_by_text("Nothing yet.").wait_for()

    page.get_by_role("link", name="Targeting").click()
    page.get_by_role("spinbutton", name="Budget").fill("10")
    page.get_by_role("button", name="Simulate").click()
    page.wait_for_url(re.compile("budget=10"))
    assert page.get_by_text("With 10.00 EUR").is_visible()
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    page.wait_for_load_state("networkidle")
    assert page.evaluate(broken) == 0
    with page.expect_download() as taken:
        page.get_by_role("link", name="Every user's score").click()
    assert len(Path(taken.value.path()).read_text().splitlines()) == 41

    for name in ("Overview", "Discover", "Rules", "Targeting", "Banners and experiments", "Quality"):
        page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Admin key").wait_for()
    context.close()
    assert faults == []
    assert {url.split("/")[2] for url in asked if not url.startswith(("data:", "blob:"))} == {address.split("/")[2]}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_two_releases_are_compared(
    browser: Any,  # noqa: ANN401
    console_settings: ServingSettings,
    registry: Registry,
    scheme: str,
    width: int,
) -> None:
    """From a search to the comparison, which shows itself once the other release is there."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    with served(console_settings, registry, registry=registry) as at:
        page.goto(f"{at}/console/discover?q=lantern")
        page.get_by_label("Admin key").fill(KEYS["admin"])
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Compare with another release").click()
        assert violations(page) == []
        page.get_by_label("Beside version 2").select_option("1")
        page.get_by_role("button", name="Compare").click()
        page.get_by_role("heading", name="Search for lantern").wait_for()
        assert violations(page) == []
        assert page.locator("#results tbody tr").count() == 20
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_what_cannot_be_read_is_noticed(browser: Any) -> None:  # noqa: ANN401
    """A picture without words, and pale words on white."""
    page = browser.new_page()
    page.set_content('<main><img src="x.png"><p style="color:#ddd;background:#fff">Pale words</p></main>')
    assert {one.partition(":")[0] for one in violations(page)} >= {"image-alt", "color-contrast"}
    page.close()


def violations(page: Any) -> list[str]:  # noqa: ANN401
    """What axe finds serious or critical on a page; nothing where axe is not installed, which the test then says."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]
