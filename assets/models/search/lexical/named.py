"""Which products name a word where it says what they are: in any field but those that only describe them.

Belongs here: words and the items that hold them so, without scores. What counts as named is ``product_words``.
"""

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.arrays.files import load_arrays, save_arrays
from evaluation.arrays import Ints, Ints32

__all__ = ["Named"]

_FILE = "named.json"


class Named:
    """Stem, or ``=form`` of a word that others share their stem with → the items that name it, ascending."""

    def __init__(self, vocabulary: Sequence[str], starts: Ints, items: Ints32) -> None:
        """Use ``build`` or ``load``. Word w's items are ``items[starts[w]:starts[w + 1]]``."""
        self._vocabulary = list(vocabulary)
        self._column = {word: at for at, word in enumerate(self._vocabulary)}
        self._starts, self._items = starts, items

    @classmethod
    def build(cls, rows: Sequence[Sequence[str]]) -> Self:
        """From the words that each of n items names."""
        vocabulary = sorted(set(chain.from_iterable(rows)))
        column = {word: at for at, word in enumerate(vocabulary)}
        n = max(len(rows), 1)
        sizes = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        words = np.fromiter((column[word] for row in rows for word in row), dtype=np.int64, count=int(sizes.sum()))
        of_word, items = np.divmod(np.unique(words * n + np.repeat(np.arange(len(rows)), sizes)), n)
        starts = np.concatenate(([0], np.cumsum(np.bincount(of_word, minlength=len(vocabulary))))).astype(np.int64)
        return cls(vocabulary, starts, items.astype(np.int32))

    def of(self, word: str) -> Ints32:
        """Items that name ``word``."""
        at = self._column.get(word, -1)
        return self._items[:0] if at < 0 else self._items[self._starts[at] : self._starts[at + 1]]

    def save(self, folder: Path) -> None:
        """Write ``named.json`` (the words) and ``named_starts`` and ``named_items`` as npy."""
        (folder / _FILE).write_text(json.dumps(self._vocabulary, ensure_ascii=False), encoding="utf-8")
        save_arrays(folder, named_starts=self._starts, named_items=self._items)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped; of an index without it no word is named."""
        if not (folder / _FILE).exists():
            return cls.build([])
        vocabulary = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(vocabulary, *load_arrays(folder, "named_starts", "named_items"))
