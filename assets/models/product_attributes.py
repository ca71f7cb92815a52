"""What products can be filtered and counted by: brand, category, tag, price, stock, and tags written ``name:value``.

What belongs here: conditions, the mask of the products that keep them, and counts of values. What does not: when a
condition applies, which is a request's or a rule's business.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.attribute_values import AttributeValues, load_values, save_values
from assets.models.catalogue import Catalogue, ancestors
from assets.models.item_values import ItemValues
from assets.models.ranked import BoolArray

__all__ = ["Condition", "ProductAttributes", "UnknownAttributeError"]

_RANGE = ".."
_PRICE = "price"
_CATEGORY = "category"
_STOCK = "in_stock"


class UnknownAttributeError(ValueError):
    """A condition on what no product has, or one that is written wrongly; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute and what it must be: one of ``values``, or a number within ``low`` to ``high``, both inclusive."""

    attribute: str
    values: frozenset[str] = frozenset()
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``brand:Acme``, ``category:Home > Lamps``, ``price:10..50``, ``price:..50`` or ``in_stock:true``.

        Raises:
            UnknownAttributeError: If it is written otherwise.
        """
        attribute, colon, value = (part.strip() for part in text.partition(":"))
        if not (attribute and colon and value):
            raise UnknownAttributeError(f"the filter {text!r} is not of the form attribute:value, such as brand:Acme")
        if attribute == _PRICE:
            low, dots, high = (part.strip() for part in value.partition(_RANGE))
            try:
                bounds = float(low or "-inf"), float((high or "inf") if dots else low)
            except ValueError:
                bounds = math.nan, math.nan
            if not bounds[0] <= bounds[1]:
                raise UnknownAttributeError(f"the filter {text!r} is not a range of prices such as price:10..50")
            return cls(attribute, low=bounds[0], high=bounds[1])
        if attribute == _CATEGORY:
            value = next(reversed(ancestors(value)), value)
        return cls(attribute, frozenset({value}))

    @classmethod
    def parse_all(cls, texts: Iterable[str]) -> tuple["Condition", ...]:
        """Read several: values of one attribute are alternatives; of ranges the last one counts.

        Raises:
            UnknownAttributeError: As `parse`.
        """
        merged: dict[str, Condition] = {}
        for condition in map(cls.parse, texts):
            before = merged.get(condition.attribute)
            values = condition.values | (before.values if before else frozenset())
            merged[condition.attribute] = cls(condition.attribute, values, condition.low, condition.high)
        return tuple(merged[name] for name in sorted(merged))


class ProductAttributes:
    """Values of each attribute, and the products that have them."""

    def __init__(self, price: NDArray[np.float64], of: dict[str, AttributeValues]) -> None:
        """Use ``build`` or ``load``."""
        self._n, self._price, self._of = len(price), price, of

    @classmethod
    def build(cls, catalogue: Catalogue) -> Self:
        """Sort the products of ``catalogue`` by attribute and value."""
        n, of = len(catalogue), dict[str, AttributeValues]()
        frame = catalogue.frame.with_row_index("item")
        stock = pl.when("in_stock").then(pl.lit("true")).otherwise(pl.lit("false"))
        pairs = [
            frame.select("item", pl.lit("brand").alias("name"), pl.col("brand").alias("value")),
            frame.select("item", pl.lit(_STOCK).alias("name"), stock.alias("value")),
            _tags(frame),
        ]
        rows = pl.concat(pairs).drop_nulls("value").unique()
        for name in rows["name"].unique().sort():
            of[name] = AttributeValues.of(rows.filter(pl.col("name") == name), n)
        categories = {name: catalogue.category_members(name) for name in catalogue.category_names}
        of[_CATEGORY] = AttributeValues.of(
            pl.DataFrame(
                {
                    "value": np.repeat(list(categories), [members.size for members in categories.values()]),
                    "item": np.concatenate([np.empty(0, dtype=np.int32), *categories.values()]),
                },
                schema={"value": pl.String, "item": pl.UInt32},
            ),
            n,
        )
        return cls(catalogue.price, of)

    @property
    def names(self) -> list[str]:
        """Attributes that a condition may name, sorted."""
        return sorted({*self._of, _PRICE})

    def mask(self, conditions: Iterable[Condition]) -> BoolArray | None:
        """bool[n] of the products that keep every condition; none where there is no condition.

        A value that no product has is kept by none. A product without a price is in no range of prices.

        Raises:
            UnknownAttributeError: If no product has such an attribute.
        """
        allowed: BoolArray | None = None
        for condition in conditions:
            if condition.attribute == _PRICE:
                keeps = (self._price >= condition.low) & (self._price <= condition.high)
            else:
                keeps = np.zeros(self._n, dtype=np.bool_)
                for value in condition.values:
                    keeps[self._values(condition.attribute).items_with(value)] = True
            allowed = keeps if allowed is None else allowed & keeps
        return allowed

    def counts(
        self, attribute: str, allowed: BoolArray | None, limit: int, also: Collection[str] = ()
    ) -> list[tuple[str, int]]:
        """The ``limit`` most frequent values of an attribute among the allowed products, and those of ``also``.

        Args:
            attribute: One of ``names`` but the price.
            allowed: bool[n] mask; none allows every product.
            limit: At least 1.
            also: Values that are counted however rare they are, also where no product is left; unknown ones are not.

        Raises:
            UnknownAttributeError: If no product has such an attribute, or it is a number.
        """
        values = self._values(attribute)
        counts = values.counts(allowed)
        present = np.flatnonzero(counts)
        order = present[np.lexsort((present, -counts[present]))[:limit]]
        found = {values.names[at]: int(counts[at]) for at in order.tolist()}
        for value in sorted(also):
            if (at := values.find(value)) >= 0:
                found.setdefault(value, int(counts[at]))
        return list(found.items())

    def by_item(self, attribute: str) -> ItemValues:
        """The values that each product has, numbered in the order of the alphabet.

        Raises:
            UnknownAttributeError: If no product has such an attribute, or it is a number.
        """
        values = self._values(attribute)
        value = np.repeat(np.arange(len(values.names)), np.diff(values.ends))
        return ItemValues.of_pairs(values.items, value, self._n, len(values.names))

    def price_range(self, allowed: BoolArray | None) -> tuple[float, float] | None:
        """Lowest and highest price among the allowed products; none where no price is known."""
        prices = self._price if allowed is None else self._price[allowed]
        prices = prices[~np.isnan(prices)]
        return (float(prices.min()), float(prices.max())) if prices.size else None

    def save(self, folder: Path) -> None:
        """Write the files of `save_values`."""
        save_values(folder, self._of)

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue) -> Self:
        """Read what ``save`` wrote for ``catalogue``, memory-mapped."""
        return cls(catalogue.price, load_values(folder, len(catalogue)))

    def _values(self, attribute: str) -> AttributeValues:
        if attribute not in self._of:
            raise UnknownAttributeError(
                f"no product of the catalogue has the attribute {attribute!r}; there are {', '.join(self.names)}."
            )
        return self._of[attribute]


def _tags(frame: pl.DataFrame) -> pl.DataFrame:
    """Tags as (item, name, value): ``colour:red`` is the value red of colour, any other tag a value of tag."""
    tags = frame.select("item", pl.col("tags").alias("tag")).explode("tag").drop_nulls("tag")
    named = pl.col("tag").str.contains(r"^\w+:.")
    name = pl.when(named).then(pl.col("tag").str.extract(r"^(\w+):")).otherwise(pl.lit("tag"))
    value = pl.when(named).then(pl.col("tag").str.extract(r"^\w+:\s*(.*)$")).otherwise(pl.col("tag"))
    reserved = name.is_in(["brand", _CATEGORY, _PRICE, _STOCK])
    return tags.select(
        "item",
        pl.when(reserved).then(pl.lit("tag")).otherwise(name).alias("name"),
        pl.when(reserved).then(pl.col("tag")).otherwise(value).alias("value"),
    )
