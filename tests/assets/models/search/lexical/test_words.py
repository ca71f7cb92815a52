"""Searches in many languages, by hand (``words/``), through the word index and the rule of what matches.

Each table of those files is a small shop with its searches. A line of ``searches`` reads
``query > title that comes first | others that are found ! titles that are not found``; one without a title finds
nothing. A title is named by its beginning. ``declared`` are languages that the shop declares; without it they are
detected.
"""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.matching import SearchModels
from assets.models.text.folding import fold

SHOPS: dict[str, dict[str, Any]] = {
    name: shop
    for path in sorted((Path(__file__).parent / "words").glob("*.toml"))
    for name, shop in tomllib.loads(path.read_text(encoding="utf-8")).items()
}


class Search(NamedTuple):
    """A line of the table."""

    query: str
    first: str
    """Empty where nothing is found."""
    others: tuple[str, ...]
    missing: tuple[str, ...]

    def mistake(self, found: list[str]) -> str | None:
        """What is wrong with the titles that the query has found."""
        if bool(found) != bool(self.first) or not "".join(found[:1]).startswith(self.first):
            return f"{self.query}: found {found[:3]}, not {self.first!r} first"
        for beginning in self.others:
            if not any(title.startswith(beginning) for title in found):
                return f"{self.query}: {beginning} is not found"
        for beginning in self.missing:
            if any(title.startswith(beginning) for title in found):
                return f"{self.query}: {beginning} is found"
        return None


def _searches(shop: str) -> list[Search]:
    searches = []
    for line in SHOPS[shop]["searches"].strip().splitlines():
        query, _, expected = line.partition(" >")
        some, _, none = expected.partition(" ! ")
        first, *others = (text.strip() for text in some.split(" | "))
        missing = tuple(text.strip() for text in none.split(" | ") if text)
        searches.append(Search(query, first, tuple(others), missing))
    return searches


def test_the_table_is_large() -> None:
    """Many searches in many languages, each once, and titles that the shops have."""
    searches = [(shop, search) for shop in SHOPS for search in _searches(shop)]
    assert len({(shop, search.query) for shop, search in searches}) == len(searches) >= 1_000
    assert len(SHOPS) >= 50
    for shop, search in searches:
        titles = SHOPS[shop]["titles"].splitlines()
        for beginning in (search.first, *search.others, *search.missing):
            assert any(title.startswith(beginning) for title in titles), (shop, search.query, beginning)


@pytest.mark.parametrize(
    ("language", "title", "right", "wrong"),
    [
        ("ar", "حقيبة يد جلدية", "الحقيبة", None),
        ("de", "Winterjacken rot", "winterjacke", "wintrejacke"),
        ("el", "Κόκκινο φόρεμα", "φορέματα", "κοκκινο φορμα"),
        ("fi", "Punainen mekko", "punaiset mekot", "punianen"),
        ("he", "שמלה אדומה", "השמלה", None),
        ("hi", "लाल साड़ी", "काली साड़ियाँ", None),
        ("ja", "青いワンピース", "赤いワンピース", None),
        ("ko", "파란 원피스", "빨간 원피스", None),
        ("ru", "Красное платье", "красные платья", "крансое"),
        ("th", "เสื้อสีฟ้า", "เสื้อสีแดง", None),
        ("tr", "Kırmızı elbise", "KIRMIZI ELBİSELER", "kırmzı"),
        ("zh", "蓝色连衣裙", "红色连衣裙", None),
        ("zh", "蓝色连衣裙", "紅色連衣裙", None),
    ],
)
def test_corrections(language: str, title: str, right: str, wrong: str | None) -> None:
    """Another form or colour is not corrected to the one that the shop has, a slip of a letter is."""
    index = LexicalIndex.build([title] * 30, languages=[language])
    assert index.correction(right) == (right, None)
    if wrong is not None:
        assert set(index.corrected(wrong).split()) <= set(fold(title).split())


@pytest.mark.parametrize("shop", SHOPS)
def test_searches(shop: str) -> None:
    """The right product comes first, others are found, and what shares no more than letters is not."""
    titles = SHOPS[shop]["titles"].strip().splitlines()
    index = LexicalIndex.build(titles, languages=SHOPS[shop].get("declared", ()))
    models = SearchModels(index, None, None, np.zeros(len(titles), np.float32))
    mistakes = []
    for search in _searches(shop):
        best = models.match(index.corrected(search.query), None).best(len(titles))
        mistakes.append(search.mistake([titles[item] for item in best.tolist()]))
    assert list(filter(None, mistakes)) == []
