"""The docs' programs that use a client, run against a running API; those in TypeScript beside its tests."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resources.settings import ROOT
from serving.settings import ServingSettings
from tests.clients.conftest import ADMIN_KEY, api_settings
from tests.docs_blocks import Block, blocks
from tests.serving.conftest import FolderSource
from tests.serving.server import served

HERE = Path(__file__).parent
PYTHON = [block for block in blocks() if block.language == "python"]
HTML = [block for block in blocks() if block.language == "html"]


def of_the_test(block: Block, address: str) -> str:
    """The program with the address, product and slot that the test's API has."""
    return block.text.replace("http://localhost:8000", address).replace("P0001", "p03").replace("home_top", "home")


@pytest.mark.parametrize("block", PYTHON, ids=map(str, PYTHON))
def test_python_runs(block: Block, address: str, tmp_path: Path) -> None:
    """As a program of its own, with the key in its environment; it prints something."""
    (tmp_path / "program.py").write_text(of_the_test(block, address), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "program.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "clients" / "python"), "UPSHELF_API_KEY": ADMIN_KEY},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node on the PATH")
@pytest.mark.parametrize("block", HTML, ids=map(str, HTML))
def test_pages_show_their_lists(block: Block, tmp_path: Path, plain_release: Path) -> None:
    """The script of a page, in Node with stand-ins for a browser's globals, fills the page's elements."""
    (tmp_path / "source").mkdir()
    source = FolderSource(tmp_path / "source")
    source.promote("1", plain_release)
    keyed = api_settings(tmp_path)
    settings = ServingSettings(cache=keyed.cache, store_url=keyed.store_url, poll_seconds=keyed.poll_seconds)
    (script,) = re.findall(r'<script type="module">\n(.*?)</script>', block.text, flags=re.DOTALL)
    shutil.copy(ROOT / "clients" / "snippet" / "upshelf.js", tmp_path / "upshelf.mjs")
    shutil.copy(HERE / "browser_globals.mjs", tmp_path)
    with served(settings, source) as address:
        text = of_the_test(block._replace(text=script), address).replace("./upshelf.js", "./upshelf.mjs")
        after = '\nimport { shown } from "./browser_globals.mjs";\nconsole.log(JSON.stringify(shown()));\n'
        (tmp_path / "page.mjs").write_text(text + after, encoding="utf-8")
        done = subprocess.run(
            ["node", "page.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 0, done.stderr
    lists = json.loads(done.stdout)
    assert {f'id="{selector[1:]}"' in block.text for selector in lists} == {True}
    assert all(len(texts) == 4 and all(" EUR" in text for text in texts) for texts in lists.values())
