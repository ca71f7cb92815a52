"""The release's catalogue: products in a fixed order, whose row numbers are the items of every model.

Belongs here: product id ↔ position, stock, price and the category tree. What is said about products elsewhere
(texts, vectors, popularity) lives with its model.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from assets.models.products.clean_values import clean_products, folded_value
from evaluation.arrays import Bools, Floats, Ints32

__all__ = ["Catalogue", "ancestors"]

FILE = "catalogue.arrow"
REPLACED = "replaced.json"
SEPARATOR = ">"


def ancestors(path: str) -> list[str]:
    """A category path and all its prefixes, root first: ``Home > Lamps`` → ``Home``, ``Home > Lamps``.

    White space about the separator does not matter; empty steps are dropped.
    """
    steps = [step for part in path.split(SEPARATOR) if (step := part.strip())]
    return [" > ".join(steps[: i + 1]) for i in range(len(steps))]


class Catalogue:
    """Products sorted by ``product_id``; position i is row i of ``frame``.

    Attributes:
        frame: The products contract's columns, sorted by product_id.
        ids: product_id of each position.
        in_stock: bool[n].
        price: float64[n] in the shop's currency, nan where unknown.
        category_names: Every category path and every prefix of one, sorted.
        listed: bool[n] of the products that are not hidden; none where none is hidden. What is hidden is not in stock,
            and has no position.
        replaced: Product that is no longer there → the one in its place.
    """

    def __init__(self, frame: pl.DataFrame, replaced: Mapping[str, str] | None = None) -> None:
        """Use ``build``, which checks its input."""
        self.frame = frame
        self.ids: list[str] = frame["product_id"].to_list()
        self.in_stock: Bools = frame["in_stock"].to_numpy().astype(np.bool_)
        self.price: Floats = frame["price"].fill_null(np.nan).to_numpy().astype(np.float64)
        self.listed: Bools | None = None
        self._hidden: frozenset[int] = frozenset()
        self.replaced = dict(replaced or {})
        self._position = {product_id: i for i, product_id in enumerate(self.ids)}
        self._position |= {old: self._position[new] for old, new in self.replaced.items()}
        pairs = _category_pairs(frame)
        self.category_names: list[str] = pairs["name"].unique().sort().to_list()
        self._category = {name: i for i, name in enumerate(self.category_names)}
        self._folded_category = {folded_value(name): i for i, name in enumerate(self.category_names)}
        counts = pairs.group_by("name").len().sort("name")["len"].to_numpy()
        self._member_ends = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        self._members: Ints32 = pairs.sort("name", "item")["item"].to_numpy().astype(np.int32)

    @classmethod
    def build(cls, products: pl.DataFrame, replaced: Mapping[str, str] | None = None) -> Self:
        """From the latest state of each product, its values cleaned (`assets.models.products.clean_values`).

        Args:
            products: Columns of the products contract, one row per product_id, in any order.
            replaced: Ids that are none of theirs → the one that is in their place.

        Raises:
            ValueError: If a column is missing, a product_id stands in two rows, or ``replaced`` contradicts them.
        """
        missing = sorted({"product_id", "title", "categories", "price", "in_stock"} - set(products.columns))
        if missing:
            raise ValueError(f"products lacks {missing}: select the columns of the products contract.")
        if products["product_id"].n_unique() != len(products):
            twice = products.filter(pl.col("product_id").is_duplicated())["product_id"].sort()[0]
            raise ValueError(f"product_id {twice!r} stands in several rows: keep the latest state of each product.")
        ids = set(products["product_id"])
        for old, new in (replaced or {}).items():
            if old in ids or new not in ids:
                raise ValueError(f"{old!r} cannot be replaced by {new!r}: only the second is to be a product.")
        return cls(clean_products(products).sort("product_id"), replaced)

    def __len__(self) -> int:
        return len(self.ids)

    def as_now(self, price: Floats, in_stock: Bools, hidden: Collection[int]) -> Self:
        """The same products with other prices (float64[n]) and stock (bool[n]), some of them hidden.

        ``frame`` stays as it was built.
        """
        other = copy(self)
        other.price, other.in_stock, other.listed = price, in_stock, None
        other._hidden = frozenset(hidden)
        if other._hidden:
            other.listed = np.ones(len(self), dtype=np.bool_)
            other.listed[list(other._hidden)] = False
            other.in_stock = in_stock & other.listed
        return other

    def has(self, product_id: str) -> bool:
        """Whether the product is in the catalogue, hidden or not."""
        return product_id in self._position

    def position(self, product_id: str) -> int:
        """Position of a product, or of the one in its place; -1 when the catalogue has neither, or it is hidden."""
        item = self._position.get(product_id, -1)
        return -1 if item in self._hidden else item

    def positions(self, product_ids: Sequence[str]) -> Ints32:
        """Positions of many products: int32[len(product_ids)], -1 as `position`."""
        find = self.position
        return np.fromiter((find(i) for i in product_ids), dtype=np.int32, count=len(product_ids))

    def category_index(self, name: str) -> int:
        """Index into ``category_names``, -1 when unknown; case and blanks do not matter."""
        found = self._category.get(name, -1)
        return found if found >= 0 else self._folded_category.get(folded_value(" > ".join(ancestors(name)[-1:])), -1)

    def category_members(self, name: str) -> Ints32:
        """Items in a category or below it, ascending; empty for an unknown name."""
        index = self.category_index(name)
        if index < 0:
            return np.empty(0, dtype=np.int32)
        return self._members[self._member_ends[index] : self._member_ends[index + 1]]

    def categories_of(self, item: int) -> list[str]:
        """Names of every category that holds the item, sorted; empty without categories.

        Raises:
            ValueError: If ``item`` is not a position of this catalogue.
        """
        if not 0 <= item < len(self):
            raise ValueError(f"item {item} is not in the catalogue: positions run from 0 to {len(self) - 1}.")
        paths = self.frame["categories"][item]
        return sorted({name for path in (paths if paths is not None else []) for name in ancestors(path or "")})

    def save(self, folder: Path) -> None:
        """Write ``catalogue.arrow`` (Arrow IPC) and ``replaced.json``."""
        self.frame.write_ipc(folder / FILE)
        (folder / REPLACED).write_text(json.dumps(self.replaced, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; releases of before have no products in the place of others."""
        replaced = folder / REPLACED
        known = json.loads(replaced.read_text(encoding="utf-8")) if replaced.exists() else {}
        return cls(pl.read_ipc(folder / FILE), known)


def _category_pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """Every (category name or prefix, item) once: columns name, item."""
    paths = (
        frame.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("item"), pl.col("categories").alias("path"))
        .explode("path")
        .drop_nulls("path")
    )
    # Paths are few and rows are many: split each path once, then join.
    known: list[str] = paths["path"].unique().sort().to_list()
    rows = [(path, name) for path in known for name in ancestors(path)]
    names = pl.DataFrame(rows, schema={"path": pl.String, "name": pl.String}, orient="row")
    return paths.join(names, on="path").select("name", "item").unique()
