"""Discover: searches and lists as the API answers them, with why each product is there."""

import html
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.serving.console.conftest import KEYS, Client
from tests.serving.console.test_overview import rows

KEY = {"x-api-key": KEYS["admin"]}


def test_a_search_lists_what_the_api_answers(console: Client) -> None:
    """The same products in the same order, with module, score and reason."""
    told = console.get("/v1/search?q=lantern&filters=brand:Acme", headers=KEY).json()["items"]
    listed = rows(console, "/console/discover/results.csv?q=lantern&filters=brand:Acme")
    assert len(told) == 10
    assert [(r["number"], r["module"], float(r["score"]), r["reason"]) for r in listed] == [
        (i["product_id"], i["module"], i["score"], i["reason"]) for i in told
    ]


def test_facets_filter_and_pages_follow_on(console: Client) -> None:
    """Links hold the search as it is, with one filter more, or the next page."""
    text = html.unescape(console.get("/console/discover?q=lantern").text)
    assert "20 products match" in text
    filtered = "/console/discover?q=lantern&sort=relevance&limit=10&filters=category%3AHome+%3E+Lighting"
    assert f'href="{filtered}"' in text
    assert f'href="{filtered}" aria-current' not in text
    assert 'href="/console/discover?q=lantern&sort=relevance&limit=10&offset=10">Next page' in text
    again = html.unescape(console.get(filtered).text)
    assert 'href="/console/discover?q=lantern&sort=relevance&limit=10" aria-current="true">✓ Home > Lighting' in again


def test_a_slip_is_corrected_and_completions_are_links(console: Client) -> None:
    """Without a script too."""
    text = html.unescape(console.get("/console/discover?q=lantren").text)
    assert "<strong>lantern</strong>" in text or "Did you mean" in text
    assert 'href="/console/discover?q=Acme"' in console.get("/console/discover?q=acm").text
    assert "Acme" in console.get("/console/discover/completions?q=acm").json()


def test_a_product_page_has_the_lists_that_start_from_it(console: Client) -> None:
    """And links that carry the products that were opened."""
    for name, address in (("similar", "similar"), ("together", "bought-together")):
        told = console.get(f"/v1/products/p05/{address}", headers=KEY).json()["items"]
        listed = rows(console, f"/console/discover/products/p05/{name}.csv")
        assert [r["number"] for r in listed] == [i["product_id"] for i in told]
    viewed = {"viewed": ["p03", "p05"], "limit": 10}
    told = console.post("/v1/recommendations/session", json=viewed, headers=KEY).json()["items"]
    listed = rows(console, "/console/discover/products/p05/related.csv?viewed=p03")
    assert [r["number"] for r in listed] == [i["product_id"] for i in told]
    assert "?viewed=p03&amp;viewed=p05" in console.get("/console/discover/products/p05?viewed=p03").text
    assert console.get("/console/discover/products/p99").status_code == 404


def test_rules_stand_with_the_products_that_they_moved(
    console_on: Callable[[Path], AbstractContextManager[Client]], ruled_release: Path
) -> None:
    """By the names that the shop gave them."""
    with console_on(ruled_release) as client:
        listed = rows(client, "/console/discover/popular.csv")
    assert [r["number"] for r in listed if "our favourite" in r["rules"]] == ["p58"]


def test_a_shop_without_products_has_a_page(
    console_on: Callable[[Path], AbstractContextManager[Client]], campaign_release: Path
) -> None:
    """An empty one."""
    with console_on(campaign_release) as client:
        answer = client.get("/console/discover")
    assert answer.status_code == 200
    assert "Nothing yet." in answer.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_hostile_text_is_shown_as_text(console: Client, text: str) -> None:
    """Of a search, and of a product that there is not."""
    for address in (f"/console/discover?q={quote(text)}", f"/console/discover/products/{quote(text, safe='')}"):
        shown = console.get(address).text
        escaped = html.escape(text).replace("&quot;", "&#34;")
        assert escaped in shown
        assert escaped == text or text not in shown


def test_hostile_titles_are_shown_as_text(
    console_on: Callable[[Path], AbstractContextManager[Client]],
    plain_release: Path,
    wait_for: Callable[[Callable[[], bool], str], None],
) -> None:
    """On the front, on the product's own page, and marked in a CSV where a spreadsheet would run it."""
    with console_on(plain_release) as client:
        told = {"products": [{"product_id": "p00", "title": "<b onclick=x>"}, {"product_id": "p01", "title": "=1+1"}]}
        assert client.post("/v1/products/batch", headers=KEY, json=told).status_code == 202
        wait_for(lambda: "&lt;b onclick=x&gt;" in client.get("/console/discover").text, "the title")
        for address in ("/console/discover", "/console/discover/products/p00"):
            assert "<b onclick" not in client.get(address).text
        assert "'=1+1" in [row["product"] for row in rows(client, "/console/discover/popular.csv")]
