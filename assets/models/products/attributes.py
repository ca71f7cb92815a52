"""What products can be filtered and counted by: brand, category, tag, price, stock, and tags written ``name:value``.

What belongs here: conditions, the mask of the products that keep them, and counts of values. What does not: when a
condition applies, which is a request's or a rule's business.
"""

import functools
import itertools
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from assets.models.products.attribute_values import AttributeValues, load_values, save_values
from assets.models.products.catalogue import Catalogue, ancestors
from assets.models.products.clean_values import RANGE, folded_value, numbers_of, range_of
from assets.models.products.item_values import ItemValues
from evaluation.arrays import Bools, Floats, Ints32

__all__ = ["Condition", "ProductAttributes", "UnknownAttributeError"]

_PRICE = "price"
_CATEGORY = "category"
_STOCK = "in_stock"
_NO_FILTERS = ("product_id", "title", "description", "image_url", "tags", "categories", "updated_at")
"""Columns of products that are no attributes."""


class UnknownAttributeError(ValueError):
    """A condition on what no product has, or one that is written wrongly; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute and what it must be: one of ``values``, or a number within one of ``ranges``."""

    attribute: str
    values: frozenset[str] = frozenset()
    ranges: frozenset[tuple[float, float]] = frozenset()
    """Lowest and highest, both inclusive."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``brand:Acme``, ``category:Home > Lamps``, ``price:10..50``, ``weight:..2.5`` or ``in_stock:true``.

        What may be a range of numbers or a value, such as ``size:10..12``, is both.

        Raises:
            UnknownAttributeError: If it is written otherwise.
        """
        attribute, colon, value = (part.strip() for part in text.partition(":"))
        if not (attribute and colon and value):
            raise UnknownAttributeError(f"the filter {text!r} is not of the form attribute:value, such as brand:Acme")
        if attribute == _PRICE:
            bounds = range_of(value)
            if bounds is None:
                raise UnknownAttributeError(f"the filter {text!r} is not a range of prices such as price:10..50")
            return cls(attribute, ranges=frozenset({bounds}))
        if attribute == _CATEGORY:
            value = next(reversed(ancestors(value)), value)
        if attribute == _STOCK and value.lower() not in ("true", "false"):
            raise UnknownAttributeError(f"the filter {text!r} is neither in_stock:true nor in_stock:false")
        bounds = range_of(value) if RANGE in value and attribute not in (_CATEGORY, _STOCK) else None
        return cls(attribute, frozenset({value}), frozenset() if bounds is None else frozenset({bounds}))

    @classmethod
    def parse_all(cls, texts: Iterable[str]) -> tuple["Condition", ...]:
        """Read several: values and ranges of one attribute are alternatives.

        Raises:
            UnknownAttributeError: If one is not of the form attribute:value.
        """
        merged: dict[str, Condition] = {}
        for condition in map(cls.parse, texts):
            before = merged.setdefault(condition.attribute, condition)
            values, ranges = before.values | condition.values, before.ranges | condition.ranges
            merged[condition.attribute] = cls(condition.attribute, values, ranges)
        return tuple(merged[name] for name in sorted(merged))


class ProductAttributes:
    """Values of each attribute, and the products that have them."""

    def __init__(self, price: Floats, of: dict[str, AttributeValues]) -> None:
        """Use ``build`` or ``load``."""
        self._n, self._price, self._of = len(price), price, of
        self._number: dict[str, Floats | None] = {}

    @classmethod
    def build(cls, catalogue: Catalogue, also: Iterable[str] = ()) -> Self:
        """Sort the products of ``catalogue`` by attribute and value; ``also`` are known though no product has them."""
        n, of = len(catalogue), dict[str, AttributeValues]()
        frame = catalogue.frame.with_row_index("item")
        stock = pl.when("in_stock").then(pl.lit("true")).otherwise(pl.lit("false"))
        pairs = [
            frame.select("item", pl.lit("brand").alias("name"), pl.col("brand").alias("value")),
            frame.select("item", pl.lit(_STOCK).alias("name"), stock.alias("value")),
            _tags(frame),
        ]
        rows = _one_spelling(pl.concat(pairs).drop_nulls("value"))
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
        for name in {*also} - {*of, _PRICE}:
            of[name] = AttributeValues.of(rows.clear(), n)
        return cls(catalogue.price, of)

    def as_now(self, price: Floats, in_stock: Bools) -> Self:
        """The same products with other prices (float64[n]) and stock (bool[n])."""
        other = copy(self)
        stock = AttributeValues.of_flags(in_stock)
        other._price, other._of = price, {**self._of, _STOCK: stock}
        return other

    @property
    def names(self) -> list[str]:
        """Attributes that a condition may name, sorted."""
        return sorted({*self._of, _PRICE})

    def mask(self, conditions: Iterable[Condition]) -> Bools | None:
        """bool[n] of the products that keep every condition; none where there is no condition.

        Values are the same whatever their case and blanks; where there is none, those that differ in accents and
        apostrophes alone are all meant. One that no product has is kept by none. A product without a price is in no
        range of prices.

        Raises:
            UnknownAttributeError: If no product has such an attribute, or its values are no numbers that a range
                could hold.
        """
        allowed: Bools | None = None
        for condition in conditions:
            if condition.attribute == _PRICE:
                within = [(self._price >= low) & (self._price <= high) for low, high in condition.ranges]
                keeps = functools.reduce(np.logical_or, within)
            else:
                keeps = np.zeros(self._n, dtype=np.bool_)
                values = self._values(condition.attribute)
                found = {value: values.like(value) for value in condition.values}
                for at in itertools.chain.from_iterable(found.values()):
                    keeps[values.items_of(at)] = True
                if condition.ranges and any(not at and RANGE in value for value, at in found.items()):
                    numbers = self._numbers_of(condition.attribute)
                    for low, high in condition.ranges:
                        for at in np.flatnonzero((numbers >= low) & (numbers <= high)).tolist():
                            keeps[values.items_of(at)] = True
            allowed = keeps if allowed is None else allowed & keeps
        return allowed

    def counts(
        self,
        attribute: str,
        allowed: Bools | None,
        limit: int,
        also: Collection[str] = (),
        groups: Ints32 | None = None,
    ) -> list[tuple[str, int]]:
        """The ``limit`` most frequent values of an attribute among the allowed products, and those of ``also``.

        Args:
            attribute: One of ``names`` but the price.
            allowed: bool[n] mask; none allows every product.
            limit: At least 1.
            also: Values that are counted however rare they are, also where no product is left; unknown ones are not.
            groups: int32[n]: products of one number count as one; none counts each.

        Raises:
            UnknownAttributeError: If no product has such an attribute, or it is a number.
        """
        values = self._values(attribute)
        counts = values.counts(allowed) if groups is None else values.group_counts(allowed, groups)
        present = np.flatnonzero(counts)
        order = present[np.lexsort((present, -counts[present]))[:limit]]
        shown = {values.names[at]: int(counts[at]) for at in order.tolist()}
        for value in sorted(also):
            for at in values.like(value):
                shown.setdefault(values.names[at], int(counts[at]))
        return list(shown.items())

    def by_item(self, attribute: str) -> ItemValues:
        """The values that each product has, numbered in the order of the alphabet.

        Raises:
            UnknownAttributeError: If no product has such an attribute, or it is a number.
        """
        values = self._values(attribute)
        value = np.repeat(np.arange(len(values.names)), np.diff(values.ends))
        return ItemValues.of_pairs(values.items, value, self._n, len(values.names))

    def number_range(self, attribute: str, allowed: Bools | None) -> tuple[float, float] | None:
        """Lowest and highest number of an attribute among the allowed products; none where none has a number.

        Raises:
            UnknownAttributeError: If no product has such an attribute.
        """
        if attribute == _PRICE:
            held = self._price if allowed is None else self._price[allowed]
        else:
            numbers = self._numbers(attribute)
            held = np.empty(0) if numbers is None else numbers[self._values(attribute).counts(allowed) > 0]
        held = held[~np.isnan(held)]
        return (float(held.min()), float(held.max())) if held.size else None

    def save(self, folder: Path) -> None:
        """Write the files of `save_values`."""
        save_values(folder, self._of)

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue) -> Self:
        """Read what ``save`` wrote for ``catalogue``, memory-mapped."""
        return cls(catalogue.price, load_values(folder, len(catalogue)))

    def _numbers(self, attribute: str) -> Floats | None:
        """Number of each value of an attribute; none unless all are numbers of one unit."""
        if attribute not in self._number:
            self._number[attribute] = numbers_of(self._values(attribute).names.to_list())
        return self._number[attribute]

    def _numbers_of(self, attribute: str) -> Floats:
        numbers = self._numbers(attribute)
        if numbers is None:
            raise UnknownAttributeError(
                f"the values of {attribute!r} are not all numbers of one unit, so no range holds them: filter by a "
                f"value, such as {attribute}:{self._values(attribute).names[0]}."
            )
        return numbers

    def _values(self, attribute: str) -> AttributeValues:
        if attribute not in self._of:
            if attribute in (*_NO_FILTERS, _PRICE):
                what = "is a number: it has a range and no values" if attribute == _PRICE else "cannot be filtered by"
                raise UnknownAttributeError(f"{attribute!r} {what}; what can be is {', '.join(self.names)}.")
            raise UnknownAttributeError(
                f"no product of the catalogue has the attribute {attribute!r}; there are {', '.join(self.names)}."
            )
        return self._of[attribute]


def _one_spelling(rows: pl.DataFrame) -> pl.DataFrame:
    """Each item, name and value once; of spellings that differ in case and blanks alone the most frequent one."""
    clean = rows.with_columns(pl.col("value").str.replace_all(r"\s+", " ").str.strip_chars())
    clean = clean.filter(pl.col("value") != "")
    known = clean["value"].unique()
    folded = pl.DataFrame({"value": known, "folded": [folded_value(value) for value in known.to_list()]})
    clean = clean.join(folded, on="value", how="left", maintain_order="left")
    counts = clean.group_by("name", "folded", "value").len().sort("len", "value", descending=[True, False])
    chosen = {(name, folded): value for name, folded, value, _ in counts.reverse().iter_rows()}
    keys = clean.select("name", "folded").iter_rows()
    # A column that is made anew: of one that was gathered from others the file would not be the same every time.
    spelt = clean.select("item", "name").with_columns(
        pl.Series("value", [chosen[key] for key in keys], dtype=pl.String)
    )
    return spelt.unique(maintain_order=True)


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
