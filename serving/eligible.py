"""Which products may be in an answer: stock and category, as one mask.

What belongs here: filters that a request names, checked against the release's catalogue.
"""

import numpy as np

from assets.models.catalogue import Catalogue
from assets.models.ranked import BoolArray
from serving.problems import ProblemError

__all__ = ["check_category", "eligible", "position_of"]


def eligible(catalogue: Catalogue, *, in_stock_only: bool, category: str | None = None) -> BoolArray | None:
    """bool[n] of the products that may be shown; none if all may.

    Raises:
        ProblemError: 404 for a category that the catalogue does not have.
    """
    if category is None:
        return catalogue.in_stock if in_stock_only else None
    check_category(catalogue, category)
    mask = np.zeros(len(catalogue), dtype=np.bool_)
    mask[catalogue.category_members(category)] = True
    return mask & catalogue.in_stock if in_stock_only else mask


def check_category(catalogue: Catalogue, category: str) -> None:
    """Refuse a category that the catalogue does not have.

    Raises:
        ProblemError: 404 unknown-category.
    """
    if catalogue.category_index(category) < 0:
        raise ProblemError(
            404,
            "unknown-category",
            f"The catalogue has no category {category!r}. Categories are written like 'Home > Lighting'; "
            "GET /v1/release lists the top ones.",
        )


def position_of(catalogue: Catalogue, product_id: str) -> int:
    """Position of a product.

    Raises:
        ProblemError: 404 unknown-product.
    """
    item = catalogue.position(product_id)
    if item < 0:
        raise ProblemError(404, "unknown-product", f"The catalogue of this release has no product {product_id!r}.")
    return item
