"""Rules: a draft is tried on the release's lists as the API would answer them, kept, opened, taken and deleted."""

import csv
import html
import io
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from resources.store.rule_drafts import MOST_DRAFTS
from tests.serving.console.conftest import KEYS, Client, token_of
from tests.serving.console.test_overview import rows
from tests.serving.releases import build_release

KEY = {"x-api-key": KEYS["admin"]}
Opened = Callable[[Path], AbstractContextManager[Client]]
LAST_FIRST = '[[rules]]\nname = "last first"\nkind = "pin"\nproduct = "p57"\n'
NO_FIRST = '[[rules]]\nname = "no first"\nkind = "exclude"\nproducts = ["p00"]\n'


@pytest.fixture(scope="module")
def merchandiser(console_on: Opened, ruled_release: Path) -> Iterator[Client]:
    """Somebody signed in to a console of a release that has rules."""
    with console_on(ruled_release) as client:
        yield client


def sent(client: Client, toml: str, path: str = "", **form: str) -> Any:  # noqa: ANN401  # httpx's answer
    """Send the form of the page."""
    form |= {"csrf": token_of(client.get("/console/rules").text), "toml": toml}
    return client.post(f"/console/rules{path}", data=form, follow_redirects=False)


def changes(client: Client, toml: str, table: str = "changes", **form: str) -> list[dict[str, str]]:
    """A table of a trial."""
    answer = sent(client, toml, f"/{table}.csv", **form)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def kept(client: Client, toml: str, **form: str) -> str:
    """Keep a draft; the address that it has."""
    answer = sent(client, toml, "/drafts", **{"title": "a draft", **form})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_the_rules_of_the_release_are_listed(merchandiser: Client) -> None:
    """In their order, with all that they say."""
    listed = rows(merchandiser, "/console/rules/rules.csv")
    assert [r["rule"] for r in listed][:2] == ["no p01", "not again"]
    assert (listed[3]["kind"], listed[3]["lists"], listed[3]["what it says"]) == (
        "boost",
        "popular",
        "by: 0.2; where: price:30..",
    )
    assert listed[0]["lists"] == "all"


def test_a_draft_shows_the_list_without_it_and_with_it(merchandiser: Client) -> None:
    """Each product with both places, and the rule with which its place changed; nobody else's answer changes."""

    def told() -> list[str]:
        return [
            i["product_id"]
            for i in merchandiser.get("/v1/recommendations/popular?limit=5", headers=KEY).json()["items"]
        ]

    first = told()
    listed = changes(merchandiser, '[[rules]]\nname = "up"\nkind = "pin"\nproduct = "p50"\n', limit="5")
    assert [(r["number"], r["place before"], r["place after"], r["change"]) for r in listed] == [
        ("p50", "", "1", "comes in"),
        *_shifted(first),
    ]
    assert {r["moved when this rule came"] for r in listed if r["change"]} == {"up"}
    assert told() == first


def _shifted(first: list[str]) -> list[tuple[str, str, str, str]]:
    """A list of five behind a new first product, around p58, which its own pin keeps at place 2."""
    others = [product for product in first if product != "p58"]
    assert first.index("p58") == 1
    made = [("p58", "2", "2", "")]
    for place, product in zip((3, 4, 5), others, strict=False):
        was = first.index(product) + 1
        made.append((product, str(was), str(place), f"down {place - was}" if place > was else ""))
    return [*made, (first[-1], "5", "", "goes out")]


def test_each_product_names_the_rule_that_moved_it(merchandiser: Client) -> None:
    """Also one that is gone, and one that made room; a rule for other lists and one of another time say so."""
    no = NO_FIRST.replace("p00", "p12")
    late = '[[rules]]\nname = "late"\nkind = "exclude"\nproducts = ["p15"]\nfrom = 2099-01-01\n'
    other = '[[rules]]\nname = "other"\nkind = "bury"\nwhere = ["brand:Acme"]\nlists = ["search"]\n'
    toml = no + late + other
    asked = {"surface": "category", "of": "Home > Lighting", "limit": "10"}
    listed = {r["number"]: r for r in changes(merchandiser, toml, **asked)}
    assert (listed["p12"]["place after"], listed["p12"]["change"]) == ("", "goes out")
    assert {r["moved when this rule came"] for r in listed.values() if r["change"]} == {"no first"}
    of_rules = {r["rule"]: r for r in changes(merchandiser, toml, "draft", **asked)}
    assert of_rules["late"]["why it does not hold here"] == "it begins 2099-01-01 00:00 UTC"
    assert of_rules["other"]["why it does not hold here"] == "it is for other lists: search"
    assert int(of_rules["no first"]["products moved"]) == sum(1 for r in listed.values() if r["change"])
    then = {r["rule"]: r for r in changes(merchandiser, toml, "draft", **asked, whenever="true")}
    assert then["late"]["why it does not hold here"] == ""


def test_a_rule_of_the_same_name_replaces_the_release_s_and_all_of_them_can_be_left_out(merchandiser: Client) -> None:
    """p58 is pinned to place 2 by the release."""
    again = '[[rules]]\nname = "our favourite"\nkind = "pin"\nproduct = "p58"\nplace = 4\n'
    places = {r["number"]: (r["place before"], r["place after"]) for r in changes(merchandiser, again, limit="5")}
    assert places["p58"] == ("2", "4")
    alone = {r["number"]: r for r in changes(merchandiser, LAST_FIRST.replace("p57", "p58"), limit="5", alone="true")}
    assert (alone["p58"]["place before"], alone["p58"]["place after"]) == ("2", "1")
    assert alone["p01"]["moved when this rule came"] == "without the release's rules, last first"


LOOKS = {
    "/v1/search?q=lantern&limit=20": {"surface": "search", "of": "lantern"},
    "/v1/products/p05/similar?limit=20": {"surface": "similar", "of": "p05"},
    "/v1/products/p05/bought-together?limit=20": {"surface": "bought_together", "of": "p05"},
    "/v1/recommendations/popular?limit=20&user_id=u2": {"surface": "popular", "user": "u2"},
    "/v1/recommendations/category?category=Garden&limit=20": {"surface": "category", "of": "Garden"},
}


def test_a_draft_does_what_the_release_would_do_that_has_it(
    console_on: Opened, plain_release: Path, tmp_path: Path
) -> None:
    """What was shown for the draft is what the API answers once a release is built with it, in every list."""
    toml = NO_FIRST + LAST_FIRST + '[[rules]]\nname = "dear"\nkind = "boost"\nwhere = ["price:40.."]\n'
    with console_on(plain_release) as client:
        listed = {address: changes(client, toml, **look) for address, look in LOOKS.items()}
    with console_on(build_release(tmp_path / "built", rules=tomllib.loads(toml)["rules"])) as client:
        for address, found in listed.items():
            told = client.get(address, headers=KEY).json()["items"]
            shown = sorted((r for r in found if r["place after"]), key=lambda r: int(r["place after"]))
            assert [r["number"] for r in shown] == [i["product_id"] for i in told], address
            assert any(r["change"] for r in found), address


def test_a_search_says_what_the_storefront_would_be_told(merchandiser: Client) -> None:
    """A banner and an address of search move nothing."""
    toml = '[[rules]]\nname = "week"\nkind = "banner"\ntext = "<i>Lamp week</i>"\nqueries = ["lantern"]\n'
    text = sent(merchandiser, toml, surface="search", of="lantern").text
    assert "The draft moves nothing here. The banner of this search: none before, &lt;i&gt;Lamp week" in text
    assert "<i>" not in text


@pytest.mark.parametrize(
    ("toml", "form", "words"),
    [
        ("[[rules]", {}, "it is no TOML"),
        (f"x = {'[' * 9_000}", {}, "it is no TOML"),
        (LAST_FIRST + "plaice = 3", {}, "plaice is no key of [[rules]] number 1; did you mean 'place'?"),
        (LAST_FIRST + "place = 0", {}, "[[rules]] number 1 place is 0"),
        (LAST_FIRST + LAST_FIRST, {}, "two rules are named 'last first'"),
        (LAST_FIRST.replace("p57", "p99"), {}, "the catalogue has no product 'p99'"),
        (
            NO_FIRST + 'where = ["size:XL"]',
            {},
            "[[rules]]: rule 'no first': no product of the catalogue has the attribute 'size'",
        ),
        (NO_FIRST + 'segments = ["<b>"]', {}, "there is no segment '<b>'"),
        (LAST_FIRST, {"surface": "similar", "of": "p99"}, "'p99'"),
        (LAST_FIRST, {"surface": "bought_together", "of": "p99"}, "'p99'"),
        (LAST_FIRST, {"surface": "category", "of": "Cellar"}, "no category 'Cellar'"),
        ("".join(LAST_FIRST.replace("last", f"last {n}") for n in range(31)), {}, "the draft has 31 rules; at most 30"),
        ("#" * 20_001, {}, "20,001 characters"),
    ],
)
def test_what_is_wrong_is_said_in_words_and_the_text_is_not_lost(
    merchandiser: Client, toml: str, form: dict[str, str], words: str
) -> None:
    """As a page, never an error of the server."""
    answer = sent(merchandiser, toml, **form)
    assert answer.status_code == 200
    text = html.unescape(answer.text)
    assert words.lower() in text.lower()
    assert toml[:20_000].strip() in text


@pytest.mark.parametrize("query", ["surface=page", "limit=0", "limit=x", "limit=101", "whenever=2", "of=%00"])
def test_a_look_that_cannot_be_is_refused(merchandiser: Client, query: str) -> None:
    """400 in words."""
    answer = merchandiser.get(f"/console/rules?{query}")
    assert (answer.status_code, "This did not work" in answer.text) == (400, True)


def test_a_form_that_cannot_be_is_refused(merchandiser: Client) -> None:
    """400 in words, and a table of a draft with faults too."""
    assert "This list cannot be looked at" in sent(merchandiser, LAST_FIRST, limit="1000").text
    assert sent(merchandiser, LAST_FIRST, surface="page").status_code == 400
    answer = sent(merchandiser, LAST_FIRST + "place = 0", "/changes.csv")
    assert (answer.status_code, "[[rules]] number 1 place is 0" in answer.text) == (400, True)


def test_a_draft_is_kept_opened_taken_and_deleted(merchandiser: Client) -> None:
    """Its address shows the same list to everyone; each act is on record."""
    address = kept(
        merchandiser, LAST_FIRST + "# ende\r\n", title="=lamps <b>", surface="category", of="Garden", limit="5"
    )
    draft = re.fullmatch(r"/console/rules\?draft=([0-9a-f]{32})&surface=category&of=Garden&limit=5", address)
    assert draft is not None
    text = merchandiser.get(address).text
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "last first" in text
    listed = rows(merchandiser, f"/console/rules/changes.csv?{address.partition('?')[2]}")
    assert (listed[0]["number"], listed[0]["place after"], len(listed)) == ("p57", "1", 6)
    (one,) = rows(merchandiser, "/console/rules/drafts.csv")
    assert (one["draft"], one["who"], one["id"]) == ("'=lamps <b>", "admin 41ef4bb0", draft[1])
    taken = merchandiser.get(f"/console/rules/drafts/{draft[1]}/shop-rules.toml")
    assert 'filename="shop-rules.toml"' in taken.headers["content-disposition"]
    assert taken.text.startswith("# =lamps <b>: a draft of ")
    assert tomllib.loads(taken.text) == tomllib.loads(LAST_FIRST)
    gone = f"/console/rules/drafts/{draft[1]}/delete"
    assert merchandiser.post(gone, data={}).status_code == 403
    assert merchandiser.get(address).status_code == 200
    form = {"csrf": token_of(text)}
    assert merchandiser.post(gone, data=form, follow_redirects=False).status_code == 303
    assert merchandiser.get(address).status_code == 404
    assert merchandiser.get(f"/console/rules/drafts/{draft[1]}/shop-rules.toml").status_code == 404
    assert merchandiser.post(gone, data=form, follow_redirects=False).status_code == 303
    told = [row["what"] for row in rows(merchandiser, "/console/overview/log.csv")]
    assert told[:2] == [
        f"deleted the draft of rules '=lamps <b>' ({draft[1]})",
        f"kept the draft of rules '=lamps <b>' ({draft[1]})",
    ]


@pytest.mark.parametrize(
    ("toml", "title", "words"),
    [
        (LAST_FIRST, "", "give the draft a name"),
        (LAST_FIRST, "x" * 101, "give the draft a name"),
        (LAST_FIRST, "bell\x07", "give the draft a name"),
        (" \n", "name", "the draft is empty"),
        (LAST_FIRST + "place = 0", "name", "mend what is wrong first"),
    ],
)
def test_what_cannot_be_kept_is_shown_again(merchandiser: Client, toml: str, title: str, words: str) -> None:
    """With its text, and nothing is on record."""
    answer = sent(merchandiser, toml, "/drafts", title=title)
    assert answer.status_code == 200
    assert f"Nothing was kept: {words}" in html.unescape(answer.text)
    assert toml.strip() in html.unescape(answer.text)
    assert rows(merchandiser, "/console/rules/drafts.csv") == []


def test_drafts_are_so_many_at_most(console_on: Opened, plain_release: Path) -> None:
    """Then one has to go."""
    with console_on(plain_release) as client:
        form = {"csrf": token_of(client.get("/console/rules").text), "toml": LAST_FIRST, "title": "one"}
        for _ in range(MOST_DRAFTS):
            assert client.post("/console/rules/drafts", data=form, follow_redirects=False).status_code == 303
        answer = client.post("/console/rules/drafts", data=form, follow_redirects=False)
        assert "delete one first" in answer.text


def test_without_a_session_or_a_token_nothing_is_tried_or_kept(stranger: Client, merchandiser: Client) -> None:
    """401 and 403."""
    for path in ("", "/changes.csv", "/drafts", "/drafts/1/delete"):
        assert stranger.post(f"/console/rules{path}", data={"toml": LAST_FIRST, "title": "x"}).status_code == 401
        assert merchandiser.post(f"/console/rules{path}", data={"toml": LAST_FIRST, "title": "x"}).status_code == 403
    for path in ("", "/drafts/1/shop-rules.toml"):
        assert stranger.get(f"/console/rules{path}").status_code == 401
    assert rows(merchandiser, "/console/rules/drafts.csv") == []


def test_a_rule_about_what_was_bought_needs_a_release_that_knows(console_on: Opened, bare_release: Path) -> None:
    """It is named, and the other rules are tried."""
    toml = '[[rules]]\nname = "not again"\nkind = "bought"\n' + NO_FIRST
    with console_on(bare_release) as client:
        text = html.unescape(sent(client, toml).text)
        assert "[[rules]]: a rule of kind 'bought' needs each user's purchases: the shop has no data" in text
        assert changes(client, toml)[-1]["change"] == "goes out"


def test_new_products_keep_to_a_draft_too(
    console_on: Opened, plain_release: Path, wait_for: Callable[[Callable[[], bool], str], None]
) -> None:
    """One that came after the release is left out by a draft that excludes it."""
    toml = '[[rules]]\nname = "none"\nkind = "exclude"\nproducts = ["n1"]\n'
    look = {"surface": "search", "of": "zeppelin"}
    with console_on(plain_release) as client:
        new = {"products": [{"product_id": "n1", "title": "Zeppelin"}]}
        assert client.post("/v1/products/batch", headers=KEY, json=new).status_code == 202
        wait_for(lambda: "n1" in [r["number"] for r in changes(client, toml, **look)], "the product")
        listed = {r["number"]: r for r in changes(client, toml, **look)}
    assert (listed["n1"]["place before"], listed["n1"]["change"]) == ("1", "goes out")
