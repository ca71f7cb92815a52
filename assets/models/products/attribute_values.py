"""The values of one attribute and the products that have each; those of all attributes as a few files.

What belongs here: the look-up by value and the counts. What does not: what the attributes of a product are
(`assets.models.products.attributes`).
"""

import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.arrays.runs import run_starts
from assets.models.products.clean_values import folded_value
from assets.models.text.folding import fold
from evaluation.arrays import Bools, Ints, Ints32

__all__ = ["AttributeValues", "load_values", "save_values"]

FEW = 8
"""An attribute that fewer than one product in so many has is counted without a table by product."""


@dataclass(frozen=True)
class AttributeValues:
    """The values of one attribute, sorted, and the items of each, as one array cut at ``ends``; the reverse too."""

    names: pl.Series
    ends: Ints
    items: Ints32
    by_item: Ints32 | None
    """Numbers of the values, those of item i between ``item_ends[i]`` and ``item_ends[i + 1]``; none where so few
    products have the attribute that looking at all of them is as quick."""
    item_ends: Ints | None

    @classmethod
    def of(cls, rows: pl.DataFrame, n_items: int) -> Self:
        """From rows of value and item, each once."""
        rows = rows.sort("value", "item")
        sizes = rows.group_by("value", maintain_order=True).len()
        ends = np.concatenate(([0], np.cumsum(sizes["len"].to_numpy()))).astype(np.int64)
        items = rows["item"].to_numpy().astype(np.int32)
        if FEW * len(items) < n_items:
            return cls(sizes["value"], ends, items, None, None)
        numbers = np.repeat(np.arange(len(sizes), dtype=np.int32), np.diff(ends))
        order = np.argsort(items, kind="stable")
        item_ends = np.concatenate(([0], np.cumsum(np.bincount(items, minlength=n_items)))).astype(np.int64)
        return cls(sizes["value"], ends, items, numbers[order], item_ends)

    @classmethod
    def of_flags(cls, flags: Bools) -> Self:
        """The values ``false`` and ``true`` of every item, from bool[n]; one that no item has is left out."""
        sizes = {"false": int(np.count_nonzero(~flags)), "true": int(np.count_nonzero(flags))}
        held = [name for name, size in sizes.items() if size]
        numbers = flags.astype(np.int32) if len(held) > 1 else np.zeros(len(flags), dtype=np.int32)
        return cls(
            pl.Series("value", held, dtype=pl.String),
            np.concatenate(([0], np.cumsum([sizes[name] for name in held]))).astype(np.int64),
            np.argsort(flags, kind="stable").astype(np.int32),
            numbers,
            np.arange(len(flags) + 1, dtype=np.int64),
        )

    def find(self, value: str) -> int:
        """Number of a value, -1 where no product has it."""
        at = bisect_left(self.names, value)
        return at if at < len(self.names) and self.names[at] == value else -1

    def like(self, value: str) -> list[int]:
        """Number of a value as it stands, or else of the one that differs in case and blanks alone.

        Where there is neither, of all that differ in accents and apostrophes besides.
        """
        at = self.find(value)
        at = at if at >= 0 else self._folded.get(folded_value(value), -1)
        return [at] if at >= 0 else self._loose.get(_loosely(value), [])

    @cached_property
    def _folded(self) -> dict[str, int]:
        return {folded_value(name): number for number, name in reversed(list(enumerate(self.names.to_list())))}

    @cached_property
    def _loose(self) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for number, name in enumerate(self.names.to_list()):
            numbers.setdefault(_loosely(name), []).append(number)
        return numbers

    def items_of(self, at: int) -> Ints32:
        """Items with the value of a number, ascending; none of -1."""
        return self.items[self.ends[at] : self.ends[at + 1]] if at >= 0 else self.items[:0]

    def counts(self, allowed: Bools | None) -> Ints:
        """How many allowed products have each value: int64[values]."""
        if allowed is None:
            return np.diff(self.ends)
        if self.by_item is None:
            upto = np.concatenate(([0], np.cumsum(allowed[self.items], dtype=np.int64)))
            return upto[self.ends[1:]] - upto[self.ends[:-1]]
        _, values = self._pairs(np.flatnonzero(allowed))
        return np.bincount(values, minlength=len(self.names))

    def group_counts(self, allowed: Bools | None, groups: Ints32) -> Ints:
        """How many groups (int32[n], below n) have an allowed product of each value: int64[values]."""
        if self.by_item is None:
            kept = np.ones(self.items.size, dtype=np.bool_) if allowed is None else allowed[self.items]
            items: NDArray[np.integer] = self.items[kept]
            values: NDArray[np.integer] = np.repeat(np.arange(len(self.names)), np.diff(self.ends))[kept]
        else:
            items, values = self._pairs(np.arange(groups.size) if allowed is None else np.flatnonzero(allowed))
        of_group = np.sort(values.astype(np.int64) * groups.size + groups[items])
        once = of_group[run_starts(of_group)]
        return np.bincount(once // max(groups.size, 1), minlength=len(self.names))

    def _pairs(self, items: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Each of the items beside each of its values; only where there is a table by product."""
        if self.by_item is None or self.item_ends is None:
            raise ValueError("the attribute has no table by product.")
        starts = self.item_ends[items]
        sizes = self.item_ends[items + 1] - starts
        # Place of each of an item's values: its start, counted on.
        place = np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(int(sizes.sum()))
        return np.repeat(items, sizes), self.by_item[place]


def _loosely(value: str) -> str:
    """A value without case, accents and apostrophes, with single blanks."""
    return " ".join(fold(value).replace("'", "").split())


def save_values(folder: Path, attributes: Mapping[str, AttributeValues]) -> None:
    """Write ``attributes.json``, and of all attributes together the values (Arrow) and the items (npy)."""
    of = attributes.values()
    sizes = [[name, len(v.names), len(v.items), v.by_item is not None] for name, v in attributes.items()]
    (folder / "attributes.json").write_text(json.dumps(sizes, ensure_ascii=False), encoding="utf-8")
    pl.DataFrame({"value": pl.concat([v.names for v in of])}).write_ipc(folder / "attribute_values.arrow")
    arrays: dict[str, list[NDArray[Any]]] = {
        "attribute_ends": [v.ends for v in of],
        "attribute_items": [v.items for v in of],
        "attribute_by_item": [v.by_item for v in of if v.by_item is not None],
        "attribute_item_ends": [v.item_ends for v in of if v.item_ends is not None],
    }
    save_arrays(folder, **{name: np.concatenate(parts or [np.empty(0, np.int32)]) for name, parts in arrays.items()})


def load_values(folder: Path, n_items: int) -> dict[str, AttributeValues]:
    """Read what ``save_values`` wrote for a catalogue of ``n_items``, memory-mapped."""
    names = pl.read_ipc(folder / "attribute_values.arrow")["value"]
    names_of_arrays = ("attribute_ends", "attribute_items", "attribute_by_item", "attribute_item_ends")
    ends, items, by_item, item_ends = load_arrays(folder, *names_of_arrays)
    of: dict[str, AttributeValues] = {}
    value = pair = dense_pair = dense_end = 0
    for at, (name, n_values, n_pairs, dense) in enumerate(
        json.loads((folder / "attributes.json").read_text(encoding="utf-8"))
    ):
        of[name] = AttributeValues(
            names[value : value + n_values],
            ends[value + at : value + at + n_values + 1],
            items[pair : pair + n_pairs],
            by_item[dense_pair : dense_pair + n_pairs] if dense else None,
            item_ends[dense_end : dense_end + n_items + 1] if dense else None,
        )
        value, pair = value + n_values, pair + n_pairs
        if dense:
            dense_pair, dense_end = dense_pair + n_pairs, dense_end + n_items + 1
    return of
