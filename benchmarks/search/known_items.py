"""Known-item search: queries made of a product's own words, with that product as the one right answer.

What belongs here: reading the catalogue, and the queries (Azzopardi, de Rijke and Balog, SIGIR 2007, simulate them so).
Who answers them is `benchmarks.search.fields`.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.search.lexical.fields import ProductFields
from assets.models.text.stop_words import STOP_WORDS

__all__ = ["KINDS", "KnownItems", "known_items", "read_products"]

KINDS = ("name", "name and brand", "name and description")
"""Where the words of a query come from."""
_COLUMNS = ["upc", "name", "manufacturer", "short_description", "long_description"]
_WORD = re.compile(r"[^\W_]{2,}")


class KnownItems(NamedTuple):
    """Queries of one kind, each with the item that it is about."""

    queries: list[str]
    items: list[int]


def read_products(folder: Path) -> pl.DataFrame:
    """``products.parquet`` of ``folder`` as columns of the products contract, the first row of each ``upc``.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If a column is missing.
    """
    path = folder / "products.parquet"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: pass the folder that holds it as DATA.")
    frame = pl.read_parquet(path)
    if missing := [c for c in _COLUMNS if c not in frame.columns]:
        raise ValueError(f"{path} lacks {missing}: it needs the columns {_COLUMNS}.")
    none = pl.lit(None, dtype=pl.List(pl.String))
    return frame.unique("upc", keep="first", maintain_order=True).select(
        pl.col("name").alias("title"),
        pl.col("manufacturer").alias("brand"),
        none.alias("categories"),
        none.alias("tags"),
        pl.concat_str("short_description", "long_description", separator=" ", ignore_nulls=True).alias("description"),
    )


def known_items(products: Sequence[ProductFields], items: Iterable[int], kind: str, seed: int) -> KnownItems:
    """One query for each product of ``items`` that has the words for it.

    Of ``name``: 2 to 4 words of the title. Of ``name and brand``: the brand's first word, then 1 or 2 of the title that
    the brand does not hold. Of ``name and description``: 1 or 2 words of the title, then one of the description that
    the title does not hold. Words of the title are drawn at random and keep their order; stop words are not drawn.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    made = KnownItems([], [])
    for item in items:
        title, brand, about = (_words(getattr(products[item], f)) for f in ("title", "brand", "description"))
        if kind == "name":
            words = _drawn(title, 2, 4, rng)
        elif kind == "name and brand":
            of_title = _drawn([w for w in title if w not in brand], 1, 2, rng)
            words = [brand[0], *of_title] if brand and of_title else []
        else:
            of_title, of_text = _drawn(title, 1, 2, rng), _drawn([w for w in about if w not in title], 1, 1, rng)
            words = [*of_title, *of_text] if of_title and of_text else []
        if words:
            made.queries.append(" ".join(words))
            made.items.append(item)
    return made


def _drawn(words: Sequence[str], least: int, most: int, rng: np.random.Generator) -> list[str]:
    """From ``least`` to ``most`` of ``words`` in their order; none where there are too few."""
    if len(words) < least:
        return []
    count = int(rng.integers(least, min(most, len(words)) + 1))
    return [words[i] for i in sorted(rng.choice(len(words), count, replace=False).tolist())]


def _words(text: str) -> list[str]:
    """Distinct words of two letters or digits and more, in lower case, without stop words."""
    return [w for w in dict.fromkeys(_WORD.findall(text.lower())) if w not in STOP_WORDS["en"]]
