"""The documents: what they link to is there, and every decision is in the index."""

import re
from pathlib import Path

import pytest

from resources.settings import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = ROOT / "docs" / "decisions"
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", flags=re.DOTALL | re.MULTILINE)


def prose(document: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCED.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """What a link may name of a document: its headings as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", prose(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document: Path) -> list[str]:
    """Relative links of a document that lead to no file, or to no heading of one."""
    broken = []
    for link in _LINK.findall(prose(document)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document: Path) -> None:
    """In the checkout, as a reader on disk follows them."""
    assert broken_links(document) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """To a file or to a heading; those in fenced blocks and to the web are not looked at."""
    page = tmp_path / "page.md"
    page.write_text("# A b\n[1](page.md) [2](#a-b) [3](no.md) [4](page.md#c) [5](https://x.y/z)\n```\n[6](no)\n```\n")
    assert broken_links(page) == ["no.md", "page.md#c"]


def test_every_decision_is_in_the_index_under_its_title() -> None:
    """Numbered without a gap; the heading says the number of the file's name."""
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    pages = sorted(DECISIONS.glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for number, page in enumerate(pages, start=1):
        heading = page.read_text(encoding="utf-8").splitlines()[0]
        assert heading.startswith(f"# {number}. ")
        assert f"| {number} | [{heading.partition('. ')[2]}]({page.name}) |" in index


def test_code_that_refers_to_a_decision_finds_it() -> None:
    """By its number, in any source file."""
    named = {
        number
        for package in ("assets", "resources", "serving", "evaluation", "benchmarks", "commands")
        for source in (ROOT / package).rglob("*.py")
        for number in re.findall(r"docs/decisions/(\d{4})", source.read_text(encoding="utf-8"))
    }
    assert named
    assert {number for number in named if not list(DECISIONS.glob(f"{number}-*.md"))} == set()
