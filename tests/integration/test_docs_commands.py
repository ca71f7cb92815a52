"""The commands of the docs, run as they stand, one after another in one home."""

import shlex
from pathlib import Path

import pytest

from tests.docs_blocks import blocks, commands_of
from tests.integration.home import TINY
from tests.integration.shell import environment_of, shell

pytestmark = pytest.mark.slow

PAGES = ("commands.md", "run-nightly.md")
"""Pages whose shell blocks are calls of `upshelf`; the tutorial has a test of its own, `make` is what CI calls."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> dict[str, str]:
    """A shell in an empty folder, for the tiny shop with the month that the pages speak of."""
    folder = tmp_path_factory.mktemp("commands")
    shop = (TINY / "shop.toml").read_text(encoding="utf-8").replace("days = 12", "days = 30")
    (folder / "shop.toml").write_text(shop, encoding="utf-8")
    return environment_of(folder, encoder)


def test_commands_do_what_the_pages_say(environment: dict[str, str]) -> None:
    """Every command, in the order of the pages and once; each ends well and leaves the files that it names."""
    folder = Path(environment["UPSHELF_SHOP"]).parent
    of_pages = [block for block in blocks() if block.page in PAGES and block.language == "sh"]
    assert {block.page for block in of_pages} == set(PAGES)
    told = dict.fromkeys(shlex.join(words) for block in of_pages for words in commands_of(block.text))
    for command in told:
        shell(command, environment)
    for file in ("scores.parquet", "persuadable.csv", "contacts.csv"):
        assert (folder / file).stat().st_size > 0, file
