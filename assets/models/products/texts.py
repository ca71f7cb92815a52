"""What is said of a product: cleaned parts of its fields, and the one text that its vector is made of.

Belongs here: which fields are read, and how shop text is cleaned. Keyword search reads the parts field by field
(`assets.models.search.lexical.fields`); how text becomes terms or vectors does not belong here.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b

import polars as pl

from assets.models.products.catalogue import ancestors
from assets.models.text.quantities import VULGAR_FRACTION

__all__ = ["FIELDS", "MAX_CHARACTERS", "clean", "product_parts", "product_texts", "text_hash"]

FIELDS = ("title", "brand", "categories", "tags", "description")
"""Columns of the products contract that search reads, in the order in which they are said."""
MAX_CHARACTERS = 4_000
"""Longest text of a product: an encoder reads some 256 tokens, and BM25 gains nothing from a manual."""
MAX_RAW_CHARACTERS = 20_000
"""Read of one field before it is cleaned: the contract's own limit, and a bound on the work for any other frame."""

_CUT_TAG = re.compile(r"<[^<>]*\Z")
# An unclosed block runs to the end, as in a browser; looking for its end again and again would be quadratic.
_INVISIBLE_BLOCK = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_DIGIT = re.compile(r"\d")


def product_texts(products: pl.DataFrame) -> pl.Series:
    """One text a product: title, brand, leaf categories, tags and description, said once each, joined by ``. ``.

    Args:
        products: Columns title, brand, categories, tags, description of the products contract.

    Returns:
        Strings named ``text``, in the frame's row order, at most ``MAX_CHARACTERS`` long; never null.

    Raises:
        ValueError: If a column is missing.
    """
    texts = [". ".join(text for _, text in parts)[:MAX_CHARACTERS] for parts in product_parts(products)]
    return pl.Series("text", texts, dtype=pl.String)


def product_parts(products: pl.DataFrame) -> Iterator[list[tuple[str, str]]]:
    """Of each product the pairs (name of the field, cleaned text), in the order of ``FIELDS``.

    Of a category path only the leaf is read. What a product says twice, in whatever case, is said where it comes first.

    Raises:
        ValueError: If a column is missing.
    """
    if missing := [c for c in FIELDS if c not in products.columns]:
        raise ValueError(f"products lacks {missing}: select the columns of the products contract.")
    for title, brand, paths, tags, about in products.select(FIELDS).iter_rows():
        leaves = [steps[-1].rsplit(" > ", 1)[-1] for path in paths or [] if path and (steps := ancestors(path))]
        distinct: dict[str, tuple[str, str]] = {}
        for field, parts in zip(FIELDS, ([title], [brand], leaves, tags or [], [about]), strict=True):
            for part in parts:
                text = clean(_bounded(part)) if part else ""
                if text:
                    distinct.setdefault(text.casefold(), (field, text.rstrip(".")))
        yield list(distinct.values())


def text_hash(text: str) -> str:
    """128-bit blake2b of the text in hex: equal texts need not be encoded again."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def clean(text: str) -> str:
    """Shop text as plain text: no mark-up, Unicode NFKC, no control characters, single spaces.

    Text of two or more words all in capitals is put in sentence case; a word with a digit (a size or model number)
    keeps its form. ``A < B`` is text, ``<b>`` is mark-up, also where it came escaped.
    """
    for _ in range(2):  # descriptions that were escaped once on their way hide their tags from the first look
        text = html.unescape(_TAG.sub(" ", _INVISIBLE_BLOCK.sub(" ", text)))
    text = unicodedata.normalize("NFKC", VULGAR_FRACTION.sub(" ", _TAG.sub(" ", text)))
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text if unicodedata.category(c) != "Cf")
    words = visible.split()
    if len(words) > 1 and visible.isupper():
        words = [w if _DIGIT.search(w) else w.lower() for w in words]
        words[0] = words[0][:1].upper() + words[0][1:]
    return " ".join(words)


def _bounded(part: str) -> str:
    return part if len(part) <= MAX_RAW_CHARACTERS else _CUT_TAG.sub("", part[:MAX_RAW_CHARACTERS])
