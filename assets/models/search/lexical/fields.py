"""A product's searchable fields and what a word in each of them counts.

Belongs here: the fields as keyword search reads them, and their weights. How the weights make a score is ``postings``.
"""

from typing import NamedTuple

import polars as pl

from assets.models.products.texts import FIELDS, MAX_CHARACTERS, product_parts

__all__ = ["FieldWeights", "ProductFields", "product_fields"]


class ProductFields(NamedTuple):
    """Plain text of each field of one product, at most ``MAX_CHARACTERS`` long; empty where there is none."""

    title: str
    brand: str = ""
    categories: str = ""
    """Leaves of the category paths."""
    tags: str = ""
    description: str = ""


class FieldWeights(NamedTuple):
    """What a word in each field counts beside one in the title: at least 0, above 0 for the title.

    Only the ratios matter. A field of weight 0 is not searched for words; product vectors read every field. The
    defaults are measured by ``make bench BENCH=search_fields``.
    """

    title: float = 1.0
    brand: float = 1.0
    categories: float = 1.0
    tags: float = 1.0
    description: float = 0.2


def product_fields(products: pl.DataFrame) -> list[ProductFields]:
    """The fields of each product, in the frame's row order; what it says twice is in the first field that says it.

    Args:
        products: Columns ``FIELDS`` of the products contract.

    Raises:
        ValueError: If a column is missing.
    """
    rows = []
    for parts in product_parts(products):
        texts: dict[str, list[str]] = {name: [] for name in FIELDS}
        for name, text in parts:
            texts[name].append(text)
        rows.append(ProductFields(*(". ".join(texts[name])[:MAX_CHARACTERS] for name in ProductFields._fields)))
    return rows
