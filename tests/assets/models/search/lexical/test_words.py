"""Searches in many languages, by hand (``words.toml``), through the word index and the rule of what matches."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.matching import SearchModels

SHOPS = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class Search(NamedTuple):
    """A line of the table."""

    shop: str
    query: str
    first: str
    found: tuple[str, ...]
    missing: tuple[str, ...]


def _searches() -> list[Search]:
    searches = []
    for shop, about in SHOPS.items():
        for line in about["searches"].strip().splitlines():
            query, _, expected = line.partition(" > ")
            some, _, none = expected.partition(" ! ")
            first, *others = (text.strip() for text in some.split(" | "))
            missing = tuple(text.strip() for text in none.split(" | ") if text)
            searches.append(Search(shop, query, first, tuple(others), missing))
    return searches


SEARCHES = _searches()


@cache
def _shop(name: str) -> tuple[list[str], LexicalIndex]:
    titles = SHOPS[name]["titles"].strip().splitlines()
    return titles, LexicalIndex.build(titles, languages=SHOPS[name].get("declared", ()))


def test_the_table_is_large() -> None:
    """At least 200 searches in at least 12 languages, each once."""
    assert len({(one.shop, one.query) for one in SEARCHES}) == len(SEARCHES) >= 200
    assert len(SHOPS) >= 12


@pytest.mark.parametrize("search", SEARCHES, ids=lambda one: f"{one.shop}-{one.query}")
def test_a_search(search: Search) -> None:
    """The right product comes first, others are found, and what shares no more than letters is not."""
    titles, index = _shop(search.shop)
    query = index.corrected(search.query)
    matches = SearchModels(index, None, None, np.zeros(len(titles), np.float32)).match(query, None)
    found = [titles[item] for item in matches.best(len(titles)).tolist()]
    assert found, f"{search.query} finds nothing; corrected to {query}"
    assert found[0].startswith(search.first), found
    for beginning in search.found:
        assert any(title.startswith(beginning) for title in found), (beginning, found)
    for beginning in search.missing:
        assert any(title.startswith(beginning) for title in titles), beginning
        assert not any(title.startswith(beginning) for title in found), (beginning, found)
