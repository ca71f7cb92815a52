"""Autocomplete over a catalogue written by hand."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.products.catalogue import Catalogue
from assets.models.search.suggestions.completion import RUN, Suggestions
from assets.models.search.suggestions.entries import EACH, Suggestion

TITLES = ["White lantern", "Red LANTERN", "Lamp, café style", "Laundry bag", "Gone lantern"]


@pytest.fixture(scope="module", params=["built", "loaded"])
def suggestions(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Suggestions:
    """Five products by rising popularity, of which the last is sold out; one brand, two categories, two queries."""
    frame = pl.DataFrame(
        {
            "product_id": list("abcde"),
            "title": TITLES,
            "brand": ["Lambda", "Lambda", None, None, None],
            "categories": [["Home > Lamps"], ["Home > Lamps"], ["Home > Lamps"], ["Home"], None],
            "tags": [None] * 5,
            "price": [1.0] * 5,
            "in_stock": [True, True, True, True, False],
        }
    )
    popularity = pl.Series([1.0, 2.0, 3.0, 4.0, 9.0], dtype=pl.Float32).to_numpy()
    built = Suggestions.of_catalogue(Catalogue.build(frame), popularity, {"lamp shade": 7, "lamp": 9})
    return built if request.param == "built" else through_files(built, tmp_path_factory)


def through_files(built: Suggestions, folders: pytest.TempPathFactory) -> Suggestions:
    """What is read back."""
    folder = folders.mktemp("suggestions")
    built.save(folder)
    return Suggestions.load(folder)


def texts(found: list[Suggestion], kind: str) -> list[str]:
    """Completions of one kind."""
    return [one.text for one in found if one.kind == kind]


def test_each_kind_by_its_weight(suggestions: Suggestions) -> None:
    """A word inside a title counts; case and accents do not; what is sold out is not offered."""
    found = suggestions.complete("La")
    assert texts(found, "query") == ["lamp", "lamp shade"]
    assert texts(found, "category") == ["Home > Lamps"]
    assert texts(found, "brand") == ["Lambda"]
    assert texts(found, "product") == ["Laundry bag", "Lamp, café style", "Red LANTERN", "White lantern"]
    assert texts(suggestions.complete("CAFE st"), "product") == ["Lamp, café style"]
    assert texts(suggestions.complete("white  lan"), "product") == ["White lantern"]


def test_a_space_ends_a_word(suggestions: Suggestions) -> None:
    """What goes on after the word; the word itself where nothing does."""
    assert texts(suggestions.complete("lamp "), "query") == ["lamp shade"]
    assert texts(suggestions.complete("lantern "), "product") == ["Red LANTERN", "White lantern"]


@pytest.mark.parametrize("typed", ["lnatern", "lanntern", "lantrn e"])
def test_one_slip_is_taken_back(suggestions: Suggestions, typed: str) -> None:
    """Neighbours swapped or a letter too many; a letter that is missing is not."""
    found = texts(suggestions.complete(typed), "product")
    assert found == ([] if typed.endswith(" e") else ["Red LANTERN", "White lantern"])


@pytest.mark.parametrize("typed", ["", " ", "\x00", "💥", "lantern" * 2_000, "(a+)+$", "'; --", "\u202e", "\ud800"])
def test_hostile_text(suggestions: Suggestions, typed: str) -> None:
    """Completes to nothing or to what its first characters begin."""
    assert len(suggestions.complete(typed)) <= 4 * EACH


def starts(words: list[str]) -> list[str]:
    """What an entry is found by: it from each of its first words on, a single letter also joined to the next word."""
    found = [" ".join(words[at:]) for at in range(min(4, len(words)))]
    return found + [words[at] + " ".join(words[at + 1 :]) for at in range(min(4, len(words))) if len(words[at]) == 1]


@settings(max_examples=40)
@given(st.lists(st.text("ab ", min_size=1, max_size=6), max_size=3 * RUN), st.text("ab ", min_size=1, max_size=4))
def test_as_if_every_entry_were_looked_at(
    tmp_path_factory: pytest.TempPathFactory, queries: list[str], typed: str
) -> None:
    """What is worked out beforehand equals a look through the whole list."""
    weights = {" ".join(q.split()): len(q) + at % 7 for at, q in enumerate(queries) if q.split()}
    entries = [(Suggestion("query", text, -1), float(weight)) for text, weight in weights.items()]
    prefix = " ".join(typed.split())
    found = texts(through_files(Suggestions.build(entries), tmp_path_factory).complete(prefix), "query")
    begins = [t for t in weights if prefix and any(start.startswith(prefix) for start in starts(t.split()))]
    expected = sorted(begins, key=lambda t: (-weights[t], t))[:EACH]
    assert found == expected or (not begins and (len(prefix) >= 4 or " " in prefix))


def test_nothing_to_suggest(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No entry at all is read back as none."""
    assert through_files(Suggestions.build([]), tmp_path_factory).complete("lamp") == []


ODD = [
    "Straßenschuhe",
    "T-Shirt blau",
    "Wi-Fi Router",
    "无线蓝牙耳机",
    "イヤホン ケース",
    "हर्बल साबुन",
    "IPHONE15PRO",
    "Levi's Jeans",
    "無線吸塵器",
    "ﾊﾞｽﾀｵﾙ",
    "무선 이어폰",
    "שמלה אדומה",
    "حقيبة يد",
    "Ґудзики",
]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("strasse", ODD[0]),
        ("STRASSE", ODD[0]),
        ("tshi", ODD[1]),
        ("t-shi", ODD[1]),
        ("t shi", ODD[1]),
        ("wifi", ODD[2]),
        ("wi fi r", ODD[2]),
        ("蓝牙", ODD[3]),
        ("耳", ODD[3]),
        ("イヤ", ODD[4]),
        ("साबु", ODD[5]),
        ("iphone 15", ODD[6]),
        ("levi’s", ODD[7]),
        ("levis", ODD[7]),
        ("无线吸", ODD[8]),
        ("吸尘", ODD[8]),
        ("バス", ODD[9]),
        ("ばす", ODD[9]),
        ("이엎", ODD[10]),
        ("무서", ODD[10]),
        ("השמל", ODD[11]),
        ("الحقيبه", ODD[12]),
        ("гудз", ODD[13]),
    ],
)
def test_any_script_and_spelling(typed: str, title: str) -> None:
    """Inside words without spaces, with and without hyphens, marks, spaces and articles, in any writing."""
    assert texts(Suggestions.build((Suggestion("query", t, -1), 1.0) for t in ODD).complete(typed), "query") == [title]


def test_a_character_of_chinese_is_no_slip() -> None:
    """A red dress is not completed to a blue one."""
    assert Suggestions.build([(Suggestion("query", "蓝色连衣裙", -1), 1.0)]).complete("红色连衣裙") == []
