"""What holds for every page: its headers, its size, its words, and that it loads nothing from elsewhere."""

import re
from html.parser import HTMLParser

import pytest

from tests.serving.console.conftest import Client

PAGES = (
    "/console",
    "/console/discover",
    "/console/discover?q=lantern",
    "/console/discover/products/p05?viewed=p03",
    "/console/rules",
    "/console/targeting?budget=10",
    "/console/banners",
    "/console/quality",
)
MAX_BYTES = 300_000


class Read(HTMLParser):
    """The addresses and the attributes of a page, and which controls have no label."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str | None] = []
        self.attributes: set[str] = set()
        self.tags: list[str] = []
        self.named: list[str | None] = []
        self.labels: list[str | None] = []
        self.pictures: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        of = dict(attrs)
        self.ids += [of["id"]] if "id" in of else []
        self.tags.append(tag)
        self.attributes |= set(of)
        self.addresses += [value for name in ("href", "src", "action") if (value := of.get(name)) is not None]
        if tag == "label":
            self.labels.append(of.get("for"))
        if tag in ("select", "textarea") or (tag == "input" and of.get("type") not in ("hidden", "checkbox")):
            self.named.append(of.get("id"))
        if tag == "img":
            self.pictures.append(of.get("alt"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_small_and_all_ours(console: Client, page: str) -> None:
    """At most 300 kB, no inline script or style, no address of elsewhere, labels and words for every picture."""
    answer = console.get(page)
    assert answer.status_code == 200
    assert len(answer.content) <= MAX_BYTES
    assert "unsafe" not in answer.headers["content-security-policy"]
    read = Read()
    read.feed(answer.text)
    assert all(address.startswith(("/console", "#")) for address in read.addresses)
    assert not {name for name in read.attributes if name == "style" or name.startswith("on")}
    assert "style" not in read.tags
    assert read.tags.count("script") == ("discover?" in page or page.endswith("discover"))
    assert read.tags.count("h1") == read.tags.count("main") == 1
    assert set(read.named) <= set(read.labels)
    assert all(read.pictures)
    assert len(read.ids) == len(set(read.ids))
    assert not re.search(r"https?://", answer.text)


@pytest.mark.parametrize("page", PAGES)
def test_every_section_says_what_it_is_and_every_file_of_it_is_there(console: Client, page: str) -> None:
    """A "What is this?" in each section, and each link to a table or a chart answers."""
    text = console.get(page).text
    assert text.count("<section id=") - text.count('<section id="try"') == text.count("What is this?")
    files = re.findall(r'(?:href|src)="([^"]+\.(?:csv|svg)[^"]*)"', text)
    assert files
    for file in files:
        answer = console.get(file.replace("&amp;", "&"))
        assert answer.status_code == 200, file
        assert answer.headers["content-type"].split(";")[0] == ("text/csv" if ".csv" in file else "image/svg+xml")


def test_the_page_of_here_is_marked_in_the_navigation(console: Client) -> None:
    """Also on a product's page."""
    for page, name in (("/console", "Overview"), ("/console/discover/products/p05", "Discover")):
        assert re.findall(r'aria-current="page">([^<]+)<', console.get(page).text) == [name]
