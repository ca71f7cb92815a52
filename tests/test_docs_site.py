"""The documentation as a site: every page is in it, links lead somewhere, and nothing is loaded from elsewhere."""

import functools
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from resources.settings import ROOT

PAGES = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
_LOADED = re.compile(r"<(?:script|img|iframe)[^>]* src=\"(https?:)?//|<link[^>]* href=\"(https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "var" / "site"


def test_every_page_is_on_the_site_and_in_its_menu(site: Path) -> None:
    """Decisions are reached from their index, all others from the menu."""
    assert [
        page for page in PAGES if not (site / page.with_suffix(".html")).exists() and page.name != "README.md"
    ] == []
    assert (site / "decisions" / "index.html").exists()
    menu = set(_leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    assert menu == {str(page) for page in PAGES if page.parent.name != "decisions" or page.name == "README.md"}


def _leaves(node: Any) -> Iterator[str]:  # noqa: ANN401  # a menu is nested as one likes
    if isinstance(node, str):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _leaves(below)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """Neither fonts nor scripts: a reader needs no network."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(PAGES) - 2
    assert [str(page.name) for page in pages if _LOADED.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
def test_a_reader_finds_a_word(site: Path, browser: Any) -> None:  # noqa: ANN401
    """By the search of the site, in a browser that asks no other host."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    context = browser.new_context()
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/index.html")
    page.keyboard.press("/")
    page.keyboard.type("Radcliffe", delay=20)
    page.get_by_role("link", name=re.compile("Measures")).first.wait_for()
    context.close()
    server.shutdown()
    server.server_close()
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address.split("/")[2]}
