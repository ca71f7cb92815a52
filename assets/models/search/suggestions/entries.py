"""What may be suggested: queries, categories, brands and products, in columns by kind and weight.

Belongs here: the entries and the best among some of them. What a text completes to is
`assets.models.search.suggestions.completion`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple, Self

import numpy as np
import polars as pl

from evaluation.arrays import Ints32

__all__ = ["EACH", "KINDS", "Entries", "Kind", "Suggestion"]

Kind = Literal["query", "category", "brand", "product"]
KINDS: tuple[Kind, ...] = ("query", "category", "brand", "product")
EACH = 5
"""Most completions of one kind."""


class Suggestion(NamedTuple):
    """A completion: a query, the path of a category, a brand or the title of a product."""

    kind: Kind
    text: str
    item: int
    """Position of the product; -1 for other kinds."""


@dataclass(frozen=True, slots=True)
class Entries:
    """Entries by kind and weight, so that the first of each kind among some rows are its best."""

    texts: pl.Series
    items: Ints32
    kind_ends: list[int]
    """Row behind the last of each of ``KINDS``."""

    @classmethod
    def of(cls, entries: Sequence[Suggestion]) -> Self:
        """From entries that are sorted already: by kind in the order of ``KINDS``, then the best first."""
        sizes = Counter(entry.kind for entry in entries)
        return cls(
            pl.Series("text", [entry.text for entry in entries], dtype=pl.String),
            np.array([entry.item for entry in entries], dtype=np.int32),
            list(accumulate(sizes[kind] for kind in KINDS)),
        )

    def entry(self, row: int) -> Suggestion:
        """One entry."""
        return Suggestion(KINDS[bisect_right(self.kind_ends, row)], self.texts[row], int(self.items[row]))

    def top(self, rows: Iterable[int]) -> list[int]:
        """The ``EACH`` best of each kind among ascending rows; of products with one title only the first counts."""
        left, best, titles = [EACH] * len(KINDS), list[int](), set[str]()
        for row in rows:
            kind = bisect_right(self.kind_ends, row)
            if not left[kind] or ((text := self.texts[row]) in titles and KINDS[kind] == "product"):
                continue
            left[kind] -= 1
            titles.add(text)
            best.append(row)
            if kind == len(KINDS) - 1 and not left[kind]:
                break  # products come last
        return best
