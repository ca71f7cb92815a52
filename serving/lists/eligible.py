"""Which products may be in an answer: stock, category and attributes, as one mask.

What belongs here: filters that a request names, checked against the release's catalogue.
"""

from collections.abc import Sequence

import numpy as np

from assets.models.products.attributes import Condition, UnknownAttributeError
from assets.models.products.catalogue import Catalogue
from evaluation.arrays import Bools
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot

__all__ = ["check_category", "eligible", "position_of", "starting_from"]


def eligible(
    snapshot: Snapshot, *, in_stock_only: bool, filters: Sequence[str] = (), category: str | None = None
) -> Bools | None:
    """bool[n] of the products that may be shown, which are never hidden ones; none if all may.

    Args:
        snapshot: The release.
        in_stock_only: Leave out what is not in stock.
        filters: Conditions such as ``brand:Acme`` or ``price:10..50``; those of one attribute are alternatives.
        category: A category that holds the product.

    Raises:
        ProblemError: 404 for a category that no product has; 400 for a filter that cannot be read, or on
            what no product has.
    """
    catalogue = snapshot.release.catalogue
    try:
        conditions = Condition.parse_all(filters)
        mask = snapshot.release.attributes.mask(conditions) if conditions else None
    except UnknownAttributeError as error:
        raise ProblemError(400, "unknown-filter", str(error), field="filters") from error
    if category is not None:
        check_category(snapshot, category)
        members = np.zeros(len(catalogue), dtype=np.bool_)
        members[catalogue.category_members(category)] = True
        mask = members if mask is None else mask & members
    # What is hidden is not in stock either.
    shown = catalogue.in_stock if in_stock_only else catalogue.listed
    return shown if mask is None else mask if shown is None else mask & shown


def check_category(snapshot: Snapshot, category: str) -> None:
    """Refuse a category that neither the catalogue has nor a product that came after the release.

    Raises:
        ProblemError: 404 unknown-category.
    """
    known = [snapshot.release.catalogue, *([] if snapshot.new is None else [snapshot.new.release.catalogue])]
    if all(catalogue.category_index(category) < 0 for catalogue in known):
        raise ProblemError(
            404,
            "unknown-category",
            f"The catalogue has no category {category!r}. Categories are written like 'Home > Lighting'; "
            "GET /v1/release lists the top ones.",
        )


def starting_from(snapshot: Snapshot, product_id: str) -> list[int]:
    """Position of the product that a list starts from; none for one that came after the release, which has no lists.

    Raises:
        ProblemError: 404 unknown-product.
    """
    if snapshot.new is not None and snapshot.new.release.catalogue.has(product_id):
        return []
    return [position_of(snapshot.release.catalogue, product_id)]


def position_of(catalogue: Catalogue, product_id: str) -> int:
    """Position of a product.

    Raises:
        ProblemError: 404 unknown-product.
    """
    item = catalogue.position(product_id)
    if item < 0:
        raise ProblemError(404, "unknown-product", f"The catalogue of this release has no product {product_id!r}.")
    return item
