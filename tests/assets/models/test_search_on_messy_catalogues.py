"""Keyword search over two real catalogues: upper case, blank descriptions, ids that repeat."""

from functools import lru_cache

import polars as pl
import pytest

from assets.models.catalogue import Catalogue
from assets.models.lexical_index import LexicalIndex
from assets.models.product_text import product_texts
from resources.settings import Settings

pytestmark = pytest.mark.data


def _read(name: str) -> pl.DataFrame:
    path = Settings.from_env().data / name
    if not path.exists():
        pytest.skip(f"{path} is missing: set UPSHELF_DATA to the folder of the public data sets")
    return pl.read_parquet(path)


def _search(products: pl.DataFrame) -> tuple[pl.Series, LexicalIndex]:
    """Titles and index of products with product_id, title, brand and description, the first of each id."""
    whole = products.filter(pl.col("title").str.strip_chars() != "").unique(
        "product_id", keep="first", maintain_order=True
    )
    frame = Catalogue.build(
        whole.with_columns(
            pl.lit(None, dtype=pl.List(pl.String)).alias("categories"),
            pl.lit(None, dtype=pl.List(pl.String)).alias("tags"),
            pl.lit(None, dtype=pl.Float64).alias("price"),
            pl.lit(value=True).alias("in_stock"),
        )
    ).frame
    return frame["title"], LexicalIndex.build(product_texts(frame).to_list())


@lru_cache(maxsize=1)
def _online_retail() -> tuple[pl.Series, LexicalIndex]:
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
def _retrotech() -> tuple[pl.Series, LexicalIndex]:
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
    titles, index = _online_retail()
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
    titles, index = _retrotech()
    best = index.search(index.corrected(query), 1).items.tolist()
    assert best, query
    assert all(word in titles[best[0]].lower() for word in words), titles[best[0]]


def test_product_numbers_are_found() -> None:
    """A stock code that stands in no title is no word of the index: product ids are looked up apart."""
    titles, index = _online_retail()
    assert len(titles) > 3_000
    assert index.search("85123A", 1).items.size == 0
