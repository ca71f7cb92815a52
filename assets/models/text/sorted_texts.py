"""Short texts in one sorted array: what equals a text and what begins with it, found by halving, wherever they lie.

Belongs here: the look-up. Every text takes the room of the longest one, so this is for keys of bounded length.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_mapped

__all__ = ["SortedTexts"]

_AFTER = b"\xff"
"""No UTF-8 text holds this byte, and it sorts behind all that do occur."""


class SortedTexts:
    """Texts in the order of their code points, which is that of their UTF-8 bytes; a text may stand several times."""

    def __init__(self, texts: NDArray[np.bytes_]) -> None:
        """Use ``of`` or ``load``. ``texts`` are UTF-8, padded with zeros to ``_width`` bytes, ascending."""
        self._texts = texts
        self._width = texts.dtype.itemsize

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """From texts that are sorted already; none ends in a zero character."""
        coded = [text.encode() for text in texts]
        return cls(np.array(coded, dtype=f"S{max(map(len, coded), default=1) or 1}"))

    def __len__(self) -> int:
        return len(self._texts)

    def find(self, text: str) -> int:
        """Row of the first text that equals ``text``, -1 where none does."""
        coded = text.encode("utf-8", "surrogatepass")
        row = self._first(coded)
        return row if row < len(self._texts) and self._texts[row] == coded else -1

    def beginning_with(self, prefix: str) -> tuple[int, int]:
        """Rows ``start`` to ``end`` (exclusive) of the texts that begin with ``prefix``; maybe none."""
        coded = prefix.encode("utf-8", "surrogatepass")
        start = self._first(coded)
        # Most texts that are typed wrongly begin nothing: they need no second search.
        if start == len(self._texts) or not self._texts[start].startswith(coded):
            return start, start
        last = np.array(coded.ljust(self._width, _AFTER), dtype=self._texts.dtype)
        return start, int(self._texts.searchsorted(last, side="right"))

    def _first(self, coded: bytes) -> int:
        """Row of the first text that is not before ``coded``; behind all where ``coded`` is longer than any is."""
        if len(coded) > self._width:
            return len(self._texts)
        return int(self._texts.searchsorted(np.array(coded, dtype=self._texts.dtype)))

    def save(self, path: Path) -> None:
        """Write one npy file."""
        np.save(path, self._texts)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        return cls(load_mapped(path))
