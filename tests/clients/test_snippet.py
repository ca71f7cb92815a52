"""The snippet for a shop's pages: small, and what it posts and shows, in Node and in a browser, by a running API."""

import json
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from resources.settings import ROOT
from tests.clients.conftest import STOREFRONT_KEY, api_settings
from tests.serving.conftest import FolderSource
from tests.serving.server import served

SNIPPET = ROOT / "clients" / "snippet" / "upshelf.js"
HERE = Path(__file__).parent
NODE = shutil.which("node")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def test_the_snippet_is_small() -> None:
    """As it is written, comments included."""
    assert len(SNIPPET.read_bytes()) < 5_000
    assert "innerHTML" not in SNIPPET.read_text(encoding="utf-8")


@contextmanager
def api(folder: Path, release: Path, *, has_keys: bool, origin: str) -> Iterator[str]:
    """Address of an API whose store is in ``folder``, for pages of ``origin``."""
    (folder / "source").mkdir()
    source = FolderSource(folder / "source")
    source.promote("1", release)
    settings = replace(api_settings(folder), origins=(origin,))
    with served(settings if has_keys else replace(settings, keys=()), source) as address:
        yield address


def posted(folder: Path, at_least: int) -> list[dict[str, Any]]:
    """Events on record, from when there are so many."""
    until = time.monotonic() + 30
    while True:
        with sqlite3.connect(folder / "store.db") as store:
            store.row_factory = sqlite3.Row
            rows = store.execute("SELECT * FROM feedback_events ORDER BY kind").fetchall()
        store.close()
        if len(rows) >= at_least or time.monotonic() > until:
            return [dict(row) for row in rows]
        time.sleep(0.05)


def check(result: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """What a page has shown and posted."""
    assert len(result["texts"]) == len(result["asked"]) == 3
    assert result["links"] == [f"/p/{product}" for product in result["asked"]]
    first = int(result["asked"][0].removeprefix("p"))
    assert result["texts"][0].endswith(f" {first} · {1 + first:.2f} EUR")
    ((text, children),) = result["marked"]
    assert text.startswith('<img src=x onerror="throw 1">p')
    assert children in (0, 1)  # a text is a child in Node's stand-in alone
    assert result["refused"] is None
    assert result["again"] == result["session"]

    assert [event["kind"] for event in events] == ["add_to_cart", "click", "search", "view"]
    assert len({event["event_id"] for event in events}) == 4
    assert {(event["session_id"], event["user_id"]) for event in events} == {(result["session"], "u1")}
    cart, click, search, view = events
    assert (cart["product_id"], cart["surface"], cart["release"]) == ("p03", "similar", "r")
    assert (click["product_id"], click["surface"]) == (result["asked"][0], "similar")
    assert click["release"] == result["release"]
    assert (search["query"], search["product_id"]) == ("lantern", None)
    assert (view["product_id"], view["surface"], view["release"]) == ("p03", None, None)


@pytest.mark.skipif(NODE is None, reason="needs node on the PATH")
@pytest.mark.parametrize("has_keys", [True, False])
def test_a_page_posts_and_shows(tmp_path: Path, plain_release: Path, has_keys: bool) -> None:
    """In Node with stand-ins for the browser's globals; with a key by `fetch`, without by a beacon."""
    shutil.copy(SNIPPET, tmp_path / "upshelf.mjs")
    program = """
        const [snippet, page, ...told] = process.argv.slice(1);
        const { upshelf } = await import(snippet);
        console.log(JSON.stringify(await (await import(page)).used(upshelf, ...told)));
    """
    with api(tmp_path, plain_release, has_keys=has_keys, origin="https://shop.example") as address:
        options = ["--input-type=module", "--import", str(HERE / "browser_globals.mjs"), "--eval", program]
        told = [str(tmp_path / "upshelf.mjs"), str(HERE / "snippet_page.mjs"), address, *[STOREFRONT_KEY] * has_keys]
        done = subprocess.run([str(NODE), *options, *told], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        check(json.loads(done.stdout), posted(tmp_path, 4))


def test_what_the_snippet_sends_is_allowed_to_pages_of_the_shop(address: str) -> None:
    """The headers and methods of its requests, as a browser asks for them beforehand."""
    for path in ("/v1/events", "/v1/recommendations/session"):
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        answer = httpx.options(f"{address}{path}", headers={"origin": "https://shop.example", **asked})
        assert answer.is_success
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"


PAGE = """<!doctype html><meta charset="utf-8"><script type="module">
const report = (what) => fetch("/done", { method: "POST", body: JSON.stringify(what) });
try {
  const { upshelf } = await import("./upshelf.js");
  const { used } = await import("./snippet_page.mjs");
  await report(await used(upshelf, ...TOLD));
} catch (error) {
  await report({ error: String(error) });
}
</script>"""


@contextmanager
def shop_pages(folder: Path) -> Iterator[tuple[str, dict[str, Any], threading.Event]]:
    """Origin of a shop whose pages are the files of ``folder``; what a page reports, and that it has."""
    result: dict[str, Any] = {}
    done = threading.Event()

    class Handler(SimpleHTTPRequestHandler):
        extensions_map: ClassVar[dict[str, str]] = {
            **SimpleHTTPRequestHandler.extensions_map,
            ".mjs": "text/javascript",
        }

        def do_POST(self) -> None:
            result.update(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()
            done.set()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", result, done
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")
@pytest.mark.parametrize("has_keys", [True, False])
def test_a_page_in_a_browser_posts_and_shows(tmp_path: Path, plain_release: Path, has_keys: bool) -> None:
    """Chromium itself, from another origin than the API's, so with its questions beforehand and its real beacons."""
    pages = tmp_path / "pages"
    pages.mkdir()
    for file in (SNIPPET, HERE / "snippet_page.mjs"):
        shutil.copy(file, pages)
    with (
        shop_pages(pages) as (origin, result, done),
        api(tmp_path, plain_release, has_keys=has_keys, origin=origin) as address,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
    ):
        told = json.dumps([address, *[STOREFRONT_KEY] * has_keys])
        (pages / "index.html").write_text(PAGE.replace("TOLD", told), encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0"]
        command = [str(BROWSER), *flags, f"--user-data-dir={profile}", f"{origin}/index.html"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
            try:
                assert done.wait(60), "the page has not reported"
                assert "error" not in result, result
                check(result, posted(tmp_path, 4))
            finally:
                browser.terminate()
