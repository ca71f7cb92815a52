"""Which values of an attribute each product has: what caps count and what categories are compared by.

What belongs here: the look-up by product. The look-up by value is `assets.models.products.attributes`.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.products.catalogue import Catalogue, ancestors
from evaluation.arrays import Ints, Ints32

__all__ = ["ItemValues"]


@dataclass(frozen=True, slots=True)
class ItemValues:
    """Values of item ``i``: ``values[ends[i] : ends[i + 1]]``, each once, ascending, in 0 to ``n_values`` - 1."""

    ends: Ints
    values: Ints32
    n_values: int

    @classmethod
    def of_pairs(cls, item: NDArray[np.integer], value: NDArray[np.integer], n_items: int, n_values: int) -> Self:
        """From int[m] pairs in any order; a pair that stands twice counts once."""
        pairs = np.unique(item.astype(np.int64) * max(n_values, 1) + value)
        owner, held = np.divmod(pairs, max(n_values, 1))
        ends = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=n_items)))).astype(np.int64)
        return cls(ends, held.astype(np.int32), n_values)

    @classmethod
    def of_categories(cls, catalogue: Catalogue, level: int | None = None) -> Self:
        """The categories that each product is put in, cut after ``level`` steps from the root; none cuts nothing."""
        pairs = catalogue.frame.select("categories").with_row_index("item").explode("categories").drop_nulls()
        cut = {path: ancestors(path)[:level][-1:] for path in pairs["categories"].unique()}
        names = {name: n for n, name in enumerate(sorted({name for steps in cut.values() for name in steps}))}
        rows = [
            (item, names[name])
            for item, path in zip(pairs["item"].to_list(), pairs["categories"].to_list(), strict=True)
            for name in cut[path]
        ]
        table = np.array(rows, dtype=np.int64).reshape(-1, 2)
        return cls.of_pairs(table[:, 0], table[:, 1], len(catalogue), len(names))

    def of(self, item: int) -> Ints32:
        """Values of one item."""
        return self.values[self.ends[item] : self.ends[item + 1]]

    def rows(self, items: Ints32) -> tuple[Ints, Ints32]:
        """Pairs of (row of ``items``, value of that item), by row."""
        starts = self.ends[items]
        sizes = self.ends[items + 1] - starts
        row = np.repeat(np.arange(len(items)), sizes)
        within = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return row, self.values[starts[row] + within]
