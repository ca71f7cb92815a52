"""What was typed is preferred, over HTTP: forms, expressions, signs, numbers, and the ways to insist."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.search.typed_shop import typed_shop

Client = TestClient[Litestar]
PRICED = {
    "Bedding set of cotton": 30,
    "Soft pillow": 6,
    "Bedding pillow with cover": 5,
    "King bedding sheet": 15,
    "Oak double bed": 300,
    "Metal bed frame": 200,
    "White single bed": 150,
    "Bunk beds for kids": 400,
    "Christmas stocking in red": 9,
    "Long wool stockings": 11,
    "Steel stock pot": 35,
    "Beef stock cube": 2,
    "Cast iron kettle": 30,
    "Blue teapot": 25,
    "China tea pot": 28,
    "Terracotta plant pot": 6,
    "Linen tea towel": 5,
    "Green tea bags": 4,
    "Large flower pot": 9,
    "Running shoe by the sea": 80,
    "Shoe rack with drawer": 60,
    'Copper pipe 4" long': 8,
    "The Beatles live": 12,
    "Help by the Beatles": 12,
    "Café crème cups": 20,
    "Coffee mug": 7,
    "Sugar free candy": 3,
    "Sugar candy": 3,
    "Teal cushion cover": 14,
    "Tea caddy of tin": 18,
}
ROWS: list[dict[str, Any]] = [{"title": title, "price": float(price)} for title, price in PRICED.items()]
ROWS[1]["description"] = "Fits any bed, and goes with bedding."
ROWS += [
    {"title": "Elvive shampoo", "brand": "L'Oréal"},
    {"title": "Age perfect cream", "brand": "L’Oréal"},
    {"title": "Drill with hammer DCD771C2", "brand": "DeWalt", "tags": ["sku:AB-12345"]},
    {"title": "Drill with light DCD778", "brand": "DeWalt", "tags": ["sku:AB-12399", "ean:4006381333931"]},
    *({"title": f"Nike trainer model {name}", "brand": "Nike"} for name in ("Air", "Zoom", "Court", "Run", "Max")),
    {"title": "Mike doll", "brand": "Mike"},
    *({"title": f"Steel pan {name}"} for name in ("Anna", "Berta", "Clara", "Dora", "Emma", "Frida")),
]


@pytest.fixture(scope="module")
def shop(search_client: Callable[[Path, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Words alone, in English."""
    folder = tmp_path_factory.mktemp("typed")
    release = typed_shop(folder / "release", ROWS, synonyms=[["teapot", "tea pot", "kettle"]], languages=["en"])
    with search_client(release, folder) as client:
        yield client


def ask(client: Client, query: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # any parameter
    """What the search route answers."""
    answer = client.get("/v1/search", params={"q": query, "limit": 30, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def titles(client: Client, query: str, **more: Any) -> list[str]:  # noqa: ANN401
    """Titles of what is found."""
    return [item["title"] for item in ask(client, query, **more)["items"]]


BEDS = {"Oak double bed", "Metal bed frame", "White single bed", "Bunk beds for kids"}
POTS = {"Blue teapot", "China tea pot", "Cast iron kettle"}
STOCKINGS = {"Christmas stocking in red", "Long wool stockings"}
BEATLES = {"The Beatles live", "Help by the Beatles"}
DRILLS = {"Drill with hammer DCD771C2", "Drill with light DCD778"}
LOREAL = {"Elvive shampoo", "Age perfect cream"}


@pytest.mark.parametrize("query", ["bed", "beds", "BED", "Béd"])
def test_a_word_comes_before_others_of_its_stem(shop: Client, query: str) -> None:
    """Beds first; bedding behind them."""
    found = titles(shop, query)
    assert set(found[:4]) == BEDS
    assert "King bedding sheet" in found[4:]


@pytest.mark.parametrize("sort", ["price_asc", "price_desc", "popularity", "newest"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bed", BEDS),
        ("beds", BEDS),
        ("bedding", {"Bedding set of cotton", "Bedding pillow with cover", "King bedding sheet"}),
        ("stocking", STOCKINGS),
        ("stock", {"Steel stock pot", "Beef stock cube"}),
        ("tea pot", POTS),
        ("oak bed", {"Oak double bed"}),
        ("sugar free candy", {"Sugar free candy"}),
        ("the beatles", BEATLES),
        ("copper pipe", {'Copper pipe 4" long'}),
    ],
)
def test_a_sorted_list_keeps_what_matches_well(shop: Client, query: str, expected: set[str], sort: str) -> None:
    """What holds fewer of the words, another of the stem, or the word in its description alone, is left out."""
    answer = ask(shop, query, sort=sort)
    assert {item["title"] for item in answer["items"]} == expected
    assert answer["total"] == len(expected)
    prices = [item["price"] for item in answer["items"]]
    if sort.startswith("price"):
        assert prices == sorted(prices, reverse=sort == "price_desc")


def test_a_sorted_list_of_a_misspelt_word_is_that_of_the_right_one(shop: Client) -> None:
    """What was corrected matches as well."""
    assert set(titles(shop, "stokcing", sort="price_asc")) == STOCKINGS


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stocking", STOCKINGS),
        ("stockings", STOCKINGS),
        ("tea pot", POTS),
        ("teapot", POTS),
        ("kettle", POTS),
        ("tea pots", POTS),
        ("l oreal", LOREAL),
        ("l'oreal", LOREAL),
        ("L’Oréal", LOREAL),
        ("loreal", LOREAL),
        ("oreal", LOREAL),
        ("cafe creme", {"Café crème cups"}),
        # The number of a product by its beginning, however it is written.
        ("AB-123", DRILLS),
        ("ab123", DRILLS),
        ("AB 123", DRILLS),
        ("AB-1234", {"Drill with hammer DCD771C2"}),
        ("dcd77", DRILLS),
        ("DCD771", {"Drill with hammer DCD771C2"}),
        ("40063813", {"Drill with light DCD778"}),
        # In quotation marks, as a phrase.
        ('"tea pot"', {"China tea pot"}),
        ('"pot tea"', set()),
        ('"tea" pot', {"China tea pot", "Linen tea towel", "Green tea bags", "Tea caddy of tin"}),
        ("“tea pot”", {"China tea pot"}),
        ('"the beatles"', BEATLES),
        ('"beatles live"', {"The Beatles live"}),
        ('"stocking"', STOCKINGS),
        ('"stock"', {"Steel stock pot", "Beef stock cube"}),
        ('"teapott"', set()),
        ('"CAFÉ CREME"', {"Café crème cups"}),
        ('"sugar candy"', {"Sugar candy"}),
        # Without a word or phrase.
        ("tea -towel -bags -caddy", {"China tea pot"}),
        ("candy -free", {"Sugar candy"}),
        ('candy -"sugar free"', {"Sugar candy"}),
        ("bed -frame -bunk -bedding", {"Oak double bed", "White single bed"}),
        ("shoe -racks", {"Running shoe by the sea"}),
        ('4" pipe', {'Copper pipe 4" long'}),
    ],
)
def test_what_a_query_finds(shop: Client, query: str, expected: set[str]) -> None:
    """No more and no less."""
    answer = ask(shop, query)
    assert {item["title"] for item in answer["items"]} == expected
    assert answer["total"] == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bed", {*BEDS, "Soft pillow"}),
        ("stokcing", set()),
        ("teapot", {"Blue teapot"}),
        ("tea pot", {"China tea pot"}),
        ("tea bed", set()),
        ("pan steel anna", {"Steel pan Anna"}),
    ],
)
def test_an_exact_search(shop: Client, query: str, expected: set[str]) -> None:
    """Each word as it was typed: no correction, no synonym, no other of the stem, and nothing in its place."""
    answer = ask(shop, query, exact="true")
    assert {item["title"] for item in answer["items"]} == expected
    assert "relaxed" not in answer
    assert "searched_for" not in answer
    assert "did_you_mean" not in answer


def test_words_left_out_without_any_to_find(shop: Client) -> None:
    """The rest of the catalogue."""
    whole = ask(shop, "")["total"]
    answer = ask(shop, "-steel")
    assert answer["total"] == whole - 7
    assert "relaxed" not in answer


def test_what_is_left_out_stays_so_where_nothing_else_matches(shop: Client) -> None:
    """It is never given up to show something."""
    answer = ask(shop, "kettle -kettle -teapot -pot")
    assert not {"Cast iron kettle", "Blue teapot", "China tea pot"} & {item["title"] for item in answer["items"]}


@pytest.mark.parametrize("query", ["teal", "mike", "teal cushion", "mike doll", "nike"])
def test_no_brand_or_colour_is_corrected_to_another(shop: Client, query: str) -> None:
    """Though others are far more frequent and a letter away."""
    answer = ask(shop, query)
    assert "searched_for" not in answer
    assert "did_you_mean" not in answer
    assert query.split(maxsplit=1)[0] in answer["items"][0]["title"].casefold()


def test_a_colour_that_no_product_has_is_no_misspelling(shop: Client) -> None:
    """``tan`` and ``gold`` are words of their own."""
    for colour in ("olive", "coral", "lilac"):
        answer = ask(shop, colour)
        assert "searched_for" not in answer
        assert "did_you_mean" not in answer


@pytest.mark.parametrize("query", ['"', '""', "-", "--", '-"', '"-"', "- -", '-""', '"a', "-a -b", '" "', "“”"])
def test_signs_alone_are_no_fault(shop: Client, query: str) -> None:
    """Whatever is typed is answered."""
    assert shop.get("/v1/search", params={"q": query}).status_code == 200
    assert shop.get("/v1/search", params={"q": query, "exact": "true"}).status_code == 200
