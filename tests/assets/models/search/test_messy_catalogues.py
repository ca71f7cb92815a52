"""Search over two real catalogues: upper case, blank descriptions, ids that repeat."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from assets.models.products.attributes import Condition, ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.similar.items import SimilarItems
from assets.models.search.suggestions.completion import Suggestions
from assets.models.search.suggestions.entries import Suggestion
from assets.models.search.vectors.index import VectorIndex
from resources.settings import Settings

pytestmark = pytest.mark.data


def _read(name: str) -> pl.DataFrame:
    path = Settings.from_env().data / name
    if not path.exists():
        pytest.skip(f"{path} is missing: set UPSHELF_DATA to the folder of the public data sets")
    return pl.read_parquet(path)


class _Shop(NamedTuple):
    """A catalogue with its titles and its index."""

    titles: pl.Series
    index: LexicalIndex
    goods: Catalogue


def _search(products: pl.DataFrame) -> _Shop:
    """Of products with product_id, title, brand and description, the first of each id."""
    whole = products.filter(pl.col("title").str.strip_chars() != "").unique(
        "product_id", keep="first", maintain_order=True
    )
    goods = Catalogue.build(
        whole.with_columns(
            pl.lit(None, dtype=pl.List(pl.String)).alias("categories"),
            pl.lit(None, dtype=pl.List(pl.String)).alias("tags"),
            pl.lit(None, dtype=pl.Float64).alias("price"),
            pl.lit(value=True).alias("in_stock"),
        )
    )
    return _Shop(goods.frame["title"], LexicalIndex.of_products(product_fields(goods.frame)), goods)


@lru_cache(maxsize=1)
def _online_retail() -> _Shop:
    rows = _read("online_retail/online_retail.parquet").filter(pl.col("Description").is_not_null())
    return _search(
        rows.select(
            pl.col("StockCode").alias("product_id"),
            pl.col("Description").alias("title"),
            pl.lit(None, dtype=pl.String).alias("brand"),
            pl.lit(None, dtype=pl.String).alias("description"),
        )
    )


@lru_cache(maxsize=1)
def _retrotech() -> _Shop:
    return _search(
        _read("retrotech/products.parquet").select(
            pl.col("upc").alias("product_id"),
            pl.col("name").fill_null("").alias("title"),
            pl.col("manufacturer").alias("brand"),
            pl.col("short_description").alias("description"),
        )
    )


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("hanging t-light holder", {"hanging", "light", "holder"}),
        ("hot water botle", {"hot", "water", "bottle"}),
        ("lunchbox", {"lunch", "box"}),
        ("RED RETROSPOT cake tin", {"red", "cake"}),
        ("chrismas decoraton", {"christmas", "decoration"}),
    ],
)
def test_a_gift_shop_in_capitals(query: str, words: set[str]) -> None:
    """Its best answer holds the words that were meant, misspelt or run together."""
    titles, index, _ = _online_retail()
    best = index.search(index.corrected(query), 1).items.tolist()
    assert best, query
    assert all(word in titles[best[0]].lower() for word in words), titles[best[0]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("32 inch lcd hdtv", {'32"', "lcd"}),
        ("harry poter dvd", {"harry", "potter"}),
        ("sony camcoder", {"camcorder"}),
        ("8gb usb flash drive", {"8gb", "flash"}),
        ("xbox 360 controler", {"xbox", "360", "controller"}),
    ],
)
def test_an_electronics_shop_without_descriptions(query: str, words: set[str]) -> None:
    """Its best answer holds the words that were meant."""
    titles, index, _ = _retrotech()
    best = index.search(index.corrected(query), 1).items.tolist()
    assert best, query
    assert all(word in titles[best[0]].lower() for word in words), titles[best[0]]


def test_product_numbers_are_found() -> None:
    """A stock code that stands in no title is no word of the index: it is looked up apart, however it is written."""
    titles, index, goods = _online_retail()
    assert len(titles) > 3_000
    assert index.search("85123A", 1).items.size == 0
    numbers = ProductNumbers.build(goods)
    assert [goods.ids[i] for i in numbers.find(" 85123-A").tolist()] == ["85123A", "85123a"]
    assert [goods.ids[i] for i in numbers.find("85123a").tolist()] == ["85123a", "85123A"]
    assert numbers.find("HEART").size == numbers.find("12").size == 0


def test_another_word_is_not_taken_for_a_misspelt_one() -> None:
    """A word that products hold is searched for as it is typed, however rare it is beside a near one."""
    index = _retrotech().index
    assert index.correction("dingo").query == "dingo"
    assert index.correction("harry poter dvd").suggestion in (None, "harry potter dvd")


def _texts(found: list[Suggestion], kind: str) -> list[str]:
    return [one.text for one in found if one.kind == kind]


def test_suggestions() -> None:
    """Of the right word whatever the case; brands too; each title once though products share it."""
    gifts, goods = _online_retail().goods, _retrotech().goods
    found = Suggestions.of_catalogue(gifts, np.zeros(len(gifts), dtype=np.float32), {}).complete("hot wat")
    assert found
    assert all("HOT WAT" in text.upper() for text in _texts(found, "product"))
    electronics = Suggestions.of_catalogue(goods, np.zeros(len(goods), dtype=np.float32), {})
    found = electronics.complete("son")
    assert "Sony" in _texts(found, "brand")
    assert len(set(_texts(found, "product"))) == len(_texts(found, "product")) == 5


def test_facets() -> None:
    """Counts of brands are those of a filter; brands that are blank or differ in nothing but case do not break them."""
    _, index, goods = _retrotech()
    attributes = ProductAttributes.build(goods)
    matching = index.scores("digital camera") > 0
    counted = attributes.counts("brand", matching, 10)
    assert len(counted) == 10
    for brand, count in counted:
        kept = attributes.mask([Condition("brand", frozenset({brand}))])
        assert kept is not None
        assert np.count_nonzero(kept & matching) == count


def test_similar_items_have_one_of_each_variant() -> None:
    """Clocks that differ in colour fill one place, over vectors that say no more than the titles' words."""
    titles, _, goods = _online_retail()
    rng = np.random.default_rng(0)
    words = {word: rng.normal(size=64) for word in sorted({w for t in titles for w in t.split()})}
    rows = np.stack([np.sum([words[w] for w in title.split()], axis=0) for title in titles]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    shop = SimilarItems(goods, VectorIndex.build(rows), None, None)
    (clock,) = [i for i, t in enumerate(titles) if t.strip() == "ALARM CLOCK BAKELIKE GREEN"][:1]
    alike = [titles[i] for i in shop.similar(clock, 10).ranked.items.tolist()]
    colours = {f"ALARM CLOCK BAKELIKE {colour}" for colour in ("RED", "PINK", "IVORY", "ORANGE")}
    assert len(colours & {title.strip() for title in titles}) > 2
    assert len(colours & {title.strip() for title in alike}) == 1
    assert len(alike) == 10
