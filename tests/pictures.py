"""The pictures of the README: ``python -m tests.pictures``, after ``make demo HEADLESS=1`` has made a release.

A browser walks through the console as people do, and waits for what the picture is about: a page
that has lost it makes no picture. Needs what the tests in a browser need (docs/develop.md).
"""

import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from commands.demo import servers
from resources.settings import ROOT, Settings
from tests.chromium import ARGUMENTS, chromium

FOLDER = ROOT / "docs" / "pictures"
_COLOURS = 128


def main() -> None:
    """Make all of them anew."""
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    key = secrets.token_hex()
    with sync_playwright() as started, console(key) as api:
        browser = started.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 640})
        page.goto(f"{api}/console")
        page.get_by_label("Admin key").fill(key)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Overview", level=1).wait_for()
        for name, walk in WALKS.items():
            walk(page, api)
            page.wait_for_load_state("networkidle")
            keep(page.screenshot(), FOLDER / f"{name}.png")
        browser.close()


def _targeting(page: Any, api: str) -> None:  # noqa: ANN401
    page.goto(f"{api}/console/targeting")
    page.get_by_role("heading", name="Qini curve").evaluate("heading => heading.scrollIntoView()")


def _discover(page: Any, api: str) -> None:  # noqa: ANN401
    page.goto(f"{api}/console/discover?q=lamp")
    page.get_by_role("heading", name="products match").wait_for()


WALKS: dict[str, Callable[[Any, str], None]] = {
    "targeting": _targeting,
    "discover": _discover,
}
"""Picture → the way to it."""


@contextmanager
def console(key: str) -> Iterator[str]:
    """Address of the API over the home's release, with a console for ``key``; servers of a demo are stopped."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    os.environ |= {"UPSHELF_CONSOLE": "1", "UPSHELF_API_KEYS": f"admin:{digest}"}
    with servers(Settings.from_env().home, headless=True) as (api, _):
        yield api


def keep(picture: bytes, path: Path) -> None:
    """Write a picture in few colours, so that the checkout stays small."""
    Image.open(io.BytesIO(picture)).quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
