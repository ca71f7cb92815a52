"""Variants of one product: the same thing in other colours, sizes or amounts, each with an id of its own.

Belongs here: which products are variants of one another, as the shop says or by their titles, and one of each. Where
one of each is shown is a list's own matter.
"""

import re
from typing import Self

import numpy as np
import polars as pl

from assets.models.arrays.runs import run_starts
from assets.models.text.colours import COLOURS
from assets.models.text.folding import fold
from assets.models.text.quantities import NUMBER
from assets.models.text.splitting import WORD, spaced
from evaluation.arrays import Bools, Floats, Ints, Ints32

__all__ = ["Variants", "variant_groups"]

GROUP_TAG = r"(?i)^(?:group|group_id|item_group_id|variant_of|parent_sku)\s*:\s*(.+)$"
"""How a tag names the group that a product belongs to."""
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


class Variants:
    """The group of each product of a catalogue."""

    def __init__(self, group: Ints32) -> None:
        """``group`` is int32[n], as of `variant_groups`."""
        self.group = group
        self._order = np.argsort(group, kind="stable").astype(np.int32)
        self._starts: Ints = np.searchsorted(group[self._order], np.arange(len(group) + 1))
        self.has_any = bool(len(group)) and bool((np.bincount(group) > 1).any())
        """Whether any product has variants."""

    @classmethod
    def of(cls, products: pl.DataFrame) -> Self:
        """Of the products of a catalogue, in its order."""
        return cls(variant_groups(products))

    def members(self, item: int) -> Ints32:
        """Products of the group of ``item``, itself among them, ascending."""
        group = self.group[item]
        return self._order[self._starts[group] : self._starts[group + 1]]

    def one_of_each(self, allowed: Bools, worth: Floats) -> Bools:
        """bool[n]: of the products ``allowed`` (bool[n]) the one of each group that is worth most (float[n]).

        Of equal ones it is the first.
        """
        if not self.has_any:
            return allowed
        items = np.flatnonzero(allowed)
        order = items[np.lexsort((items, -worth[items], self.group[items]))]
        one = np.zeros_like(allowed)
        one[order[run_starts(self.group[order])]] = True
        return one

    def replaceable(self, allowed: Bools, better: Bools) -> Bools:
        """bool[n]: of ``allowed`` those that are not ``better`` while an allowed variant of theirs is."""
        has_better = np.zeros(len(self.group), dtype=np.bool_)
        has_better[self.group[allowed & better]] = True
        return allowed & ~better & has_better[self.group]


def variant_groups(products: pl.DataFrame) -> Ints32:
    """int32[n]: products with one number are variants, the number being the first one's row.

    Two products are variants where brand and categories are equal and so are their titles but for words of colour and
    size and for measures (``30 cm``). A number without a unit tells products apart; so does
    every word of a title that holds fewer than ``MIN_WORDS`` others.

    A product whose tags name its group, such as ``group:shirt-1``, is a variant of those that name the same one, and of
    no other.

    Args:
        products: Columns title, and brand, categories and tags where there are any.
    """
    declared = _declared(products)
    titles = products["title"].to_list()
    nothing = [None] * len(titles)
    brands = products["brand"].to_list() if "brand" in products.columns else nothing
    paths = products["categories"].to_list() if "categories" in products.columns else nothing
    first: dict[tuple[object, ...], int] = {}
    groups = np.arange(len(titles), dtype=np.int32)
    for row, (title, brand, path) in enumerate(zip(titles, brands, paths, strict=True)):
        if (name := declared.get(row)) is not None:
            groups[row] = first.setdefault((name,), row)
            continue
        core = _core(title)
        if len(core) >= MIN_WORDS:
            groups[row] = first.setdefault((core, brand, tuple(path or ())), row)
    return groups


def _declared(products: pl.DataFrame) -> dict[int, str]:
    """Row → the group that the product's tags name."""
    if "tags" not in products.columns:
        return {}
    tags = products.select("tags").with_row_index("row").explode("tags").drop_nulls("tags")
    named = tags.select("row", pl.col("tags").str.extract(GROUP_TAG).str.strip_chars().alias("name")).drop_nulls()
    return dict(named.unique("row", keep="first", maintain_order=True).iter_rows())


def _core(title: str) -> tuple[str, ...]:
    """Words of a title that are the same in all variants, sorted, as shops write them in any order."""
    text = _MEASURE.sub(" ", spaced(fold(title)))
    return tuple(sorted(w for w in _TOKEN.findall(text) if w not in COLOURS and w not in SIZES))
