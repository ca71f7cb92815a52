"""Variants of one product: the same thing in other colours, sizes or amounts, each with an id of its own.

Belongs here: which products are variants of one another by their titles. What a list does with them is its own matter.
"""

import re

import numpy as np
import polars as pl

from assets.models.text.folding import fold
from assets.models.text.quantities import NUMBER
from assets.models.text.splitting import WORD, spaced
from evaluation.arrays import Ints32

__all__ = ["variant_groups"]

COLOURS = frozenset(
    {
        "black",
        "white",
        "red",
        "green",
        "blue",
        "yellow",
        "orange",
        "purple",
        "violet",
        "pink",
        "brown",
        "grey",
        "gray",
        "beige",
        "ivory",
        "cream",
        "navy",
        "turquoise",
        "teal",
        "aqua",
        "gold",
        "golden",
        "silver",
        "bronze",
        "copper",
        "chrome",
        "charcoal",
        "burgundy",
        "maroon",
        "lilac",
        "lavender",
        "mint",
        "olive",
        "khaki",
        "tan",
        "magenta",
        "coral",
        "rose",
        "multicolour",
        "multicolor",
        "assorted",
    }
)
MIN_WORDS = 2
"""Words that a title must have besides: ``red wine`` and ``white wine`` are two products."""
SIZES = frozenset(
    {
        "xxs",
        "xs",
        "s",
        "m",
        "l",
        "xl",
        "xxl",
        "xxxl",
        "2xl",
        "3xl",
        "4xl",
        "small",
        "medium",
        "large",
        "mini",
        "size",
        "sz",
    }
)
_TOKEN = re.compile(rf"{NUMBER}|{WORD}")
_MEASURE = re.compile(
    rf"(?:{NUMBER}|\d+) ?(?:inches|inch|in|feet|foot|ft|mm|cm|m|kg|g|lbs|lb|oz|ml|l|litres?|gal|pack|pk)\b"
)


def variant_groups(products: pl.DataFrame) -> Ints32:
    """int32[n]: products with one number are variants, the number being the first one's row.

    Two products are variants where brand and categories are equal and so are their titles but for words of colour and
    size and for measures (``30 cm``). A number without a unit tells products apart; so does
    every word of a title that holds fewer than ``MIN_WORDS`` others.

    Args:
        products: Columns title, and brand and categories where there are any.
    """
    titles = products["title"].to_list()
    nothing = [None] * len(titles)
    brands = products["brand"].to_list() if "brand" in products.columns else nothing
    paths = products["categories"].to_list() if "categories" in products.columns else nothing
    first: dict[tuple[object, ...], int] = {}
    groups = np.arange(len(titles), dtype=np.int32)
    for row, (title, brand, path) in enumerate(zip(titles, brands, paths, strict=True)):
        core = _core(title)
        if len(core) >= MIN_WORDS:
            groups[row] = first.setdefault((core, brand, tuple(path or ())), row)
    return groups


def _core(title: str) -> tuple[str, ...]:
    """Words of a title that are the same in all variants, sorted, as shops write them in any order."""
    text = _MEASURE.sub(" ", spaced(fold(title)))
    return tuple(sorted(w for w in _TOKEN.findall(text) if w not in COLOURS and w not in SIZES))
