"""What answers look like: the structs that leave the API.

What belongs here: shapes and how picks become items. Requests are `serving.requests`.
"""

import msgspec

from evaluation.arrays import Bools
from serving.lists.chains import Filled
from serving.lists.eligible import position_of
from serving.release.snapshot import Snapshot

__all__ = ["ForYouAnswer", "Item", "ListAnswer", "Product", "StepTried", "list_answer", "product_named"]

MOST_VARIANTS = 50
"""Variants of a product that are named beside it."""


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product in an answer. Scores of different modules cannot be compared."""

    product_id: str
    title: str
    price: float | None
    in_stock: bool
    score: float
    module: str
    reason: str
    rules: list[str] = []
    """The shop's rules that moved it, by name; only where one did."""
    variants: int = 0
    """How many other variants of it there are that this answer could have shown in its place."""
    variant_ids: list[str] = []
    """Ids of the first of them."""


class StepTried(msgspec.Struct, frozen=True):
    """A step that was asked besides the one that answered: how many items it gave, and why none if it is known."""

    module: str
    items: int
    note: str | None


class ListAnswer(msgspec.Struct, frozen=True):
    """A list of products, best first, and how it came about."""

    items: list[Item]
    answered_by: str
    fallbacks_tried: list[StepTried]
    release: str


class ForYouAnswer(ListAnswer, frozen=True):
    """A list for one user, and whether anything is on record of the user: if not, it is what is popular."""

    known: bool


class Product(msgspec.Struct, frozen=True):
    """A product as the release knows it."""

    product_id: str
    title: str
    description: str | None
    brand: str | None
    categories: list[str]
    tags: list[str]
    price: float | None
    currency: str
    in_stock: bool
    image_url: str | None
    release: str


def list_answer(snapshot: Snapshot, filled: Filled, allowed: Bools | None = None) -> ListAnswer:
    """Turn picks into items with titles and prices, and what variants of each ``allowed`` (bool[n]) has besides."""
    shown = snapshot.shown
    items = [
        Item(
            *shown[pick.item],
            round(pick.score, 6),
            pick.module,
            pick.reason,
            list(pick.rules),
            *_variants(snapshot, pick.item, allowed),
        )
        for pick in filled.picks
    ]
    tried = [StepTried(t.module, t.items, t.note) for t in filled.tried]
    return ListAnswer(items, filled.answered_by, tried, snapshot.version)


def _variants(snapshot: Snapshot, item: int, allowed: Bools | None) -> tuple[int, list[str]]:
    """How many variants of an item there are besides, and ids of the first."""
    if not snapshot.variants.has_any:
        return 0, []
    members = snapshot.variants.members(item)
    others = members[members != item]
    others = others if allowed is None else others[allowed[others]]
    ids = snapshot.release.catalogue.ids
    return others.size, [ids[other] for other in others[:MOST_VARIANTS].tolist()]


def product_named(snapshot: Snapshot, product_id: str) -> Product:
    """The product as the release knows it, with what the shop has told of it since; new ones too.

    Raises:
        ProblemError: 404 if there is none.
    """
    if snapshot.new is not None and (item := snapshot.new.release.catalogue.position(product_id)) >= 0:
        return product_of(snapshot.new, item)
    return product_of(snapshot, position_of(snapshot.release.catalogue, product_id))


def product_of(snapshot: Snapshot, item: int) -> Product:
    """The catalogue's row of an item."""
    row = {**snapshot.release.catalogue.frame.row(item, named=True), **snapshot.texts.get(item, {})}
    now = snapshot.shown[item]
    return Product(
        product_id=row["product_id"],
        title=row["title"],
        description=row.get("description"),
        brand=row.get("brand"),
        categories=list(row.get("categories") or []),
        tags=list(row.get("tags") or []),
        price=now.price,
        currency=snapshot.release.manifest.currency,
        in_stock=now.in_stock,
        image_url=row.get("image_url"),
        release=snapshot.version,
    )
