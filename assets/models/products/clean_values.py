"""Values of products as they are shown and compared: decoded, without stray blanks, in one spelling.

Belongs here: titles, brands, categories and tags as a shop's feed has them, and the numbers in them. What is searched
is `assets.models.products.texts`.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from evaluation.arrays import Floats

__all__ = ["RANGE", "clean_products", "folded_value", "numbers_of", "plain", "range_of"]

SEPARATOR = ">"
RANGE = ".."
_DIRTY = r"[&<\p{Cc}\p{Cf}\x{a0}]|\s\s|^\s|\s$"
"""Only such values are looked at one by one."""
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAK = re.compile(r"<(?:br|p|div|li|td|/p|/div|/li|/td)\b[^<>]*>", re.IGNORECASE)
_TYPED = str.maketrans(dict.fromkeys("’‘ʼ`´", "'") | dict.fromkeys("‐‑‒–—−", "-"))
_UNSEEN = "\u00ad\ufeff\u200b"
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([^\W\d]{0,12}|[%\"'°]{0,2})")


def clean_products(products: pl.DataFrame) -> pl.DataFrame:
    """The same with titles, brands, categories and tags as text, and one spelling for each brand and category.

    Entities and mark-up are decoded, blanks are single and none stands at an end. Of spellings that differ in case and
    blanks alone the most frequent is kept. A title of nothing but mark-up stays as it is.

    Args:
        products: Columns of the products contract; those that are missing are left out.
    """
    texts = [name for name in ("title", "brand") if products.schema.get(name) == pl.String]
    lists = [name for name in ("categories", "tags") if products.schema.get(name) == pl.List(pl.String)]
    frame = products.with_columns(
        *(_decoded(products[name]) for name in texts), *(_decoded_lists(products[name]) for name in lists)
    )
    if "brand" in texts:
        brands = frame["brand"].drop_nulls().to_list()
        frame = frame.with_columns(pl.col("brand").replace(_one_spelling(brands)))
    if "categories" in lists:
        steps = [step.strip() for path in frame["categories"].explode().drop_nulls() for step in path.split(SEPARATOR)]
        spelt = _one_spelling(steps)
        if spelt:
            known = frame["categories"].explode().drop_nulls().unique().to_list()
            new = {path: " > ".join(spelt.get(s.strip(), s.strip()) for s in path.split(SEPARATOR)) for path in known}
            frame = frame.with_columns(pl.col("categories").list.eval(pl.element().replace(new)))
    return frame


def plain(text: str) -> str:
    """``text`` without mark-up, with its entities as characters and single blanks; twice escaped text too."""
    for _ in range(2):
        text = html.unescape(_TAG.sub("", _BREAK.sub(" ", text)))
    text = _TAG.sub("", _BREAK.sub(" ", text))
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text if c not in _UNSEEN)
    return " ".join(visible.split())


def folded_value(value: str) -> str:
    """What values are compared by: without case and stray blanks, with one kind of apostrophe and dash."""
    return " ".join(unicodedata.normalize("NFC", value).translate(_TYPED).casefold().split())


def numbers_of(values: Sequence[str]) -> Floats | None:
    """Number of each of an attribute's values, float64; none unless all are numbers of one unit or of none."""
    found = [_NUMBER.fullmatch(value.strip()) for value in values]
    if not found or len({match[2].casefold() for match in found if match}) > 1 or None in found:
        return None
    return np.array([float(match[1]) for match in found if match], dtype=np.float64)


def range_of(value: str) -> tuple[float, float] | None:
    """Lowest and highest of ``10..50``, ``10..``, ``..50`` or ``10``; none of anything else."""
    low, dots, high = (part.strip() for part in value.partition(RANGE))
    try:
        bounds = float(low or "-inf"), float((high or "inf") if dots else low)
    except ValueError:
        return None
    return bounds if bounds[0] <= bounds[1] else None


def _decoded(texts: pl.Series) -> pl.Series:
    known = texts.filter(texts.str.contains(_DIRTY).fill_null(value=False)).unique().to_list()
    return texts.replace({text: plain(text) or text for text in known}) if known else texts


def _decoded_lists(lists: pl.Series) -> pl.Series:
    every = lists.explode().drop_nulls()
    known = every.filter(every.str.contains(_DIRTY)).unique().to_list()
    if not known:
        return lists
    new = {text: plain(text) or text for text in known}
    return lists.to_frame().select(pl.col(lists.name).list.eval(pl.element().replace(new))).to_series()


def _one_spelling(values: Iterable[str]) -> Mapping[str, str]:
    """Spelling → the most frequent one that differs in case and blanks alone; without those that stay."""
    counts = Counter(values)
    best: dict[str, str] = {}
    for value in sorted(counts, key=lambda value: (-counts[value], value)):
        best.setdefault(folded_value(value), value)
    return {value: kept for value in counts if (kept := best[folded_value(value)]) != value}
