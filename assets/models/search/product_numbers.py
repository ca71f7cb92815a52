"""Products by what names them exactly: their id, SKU and model number, however they are written.

Belongs here: what counts as a number of a product, and the look-up. Words are ``lexical_index``.
"""

import re
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.catalogue import Catalogue
from assets.models.mapped import load_mapped
from assets.models.ranked import IntArray
from assets.models.search.quantities import normal_quantities
from assets.models.search.sorted_texts import SortedTexts
from assets.models.search.text_analysis import fold

__all__ = ["ProductNumbers"]

MOST_HOLDERS = 10
"""Products that may share a number of a title or tag: what more of them have is a size or a standard, no number."""
SHORTEST_MODEL = 4
"""Characters of the shortest model number in a title; ``4k`` and ``m6`` name no product."""
LONGEST = 60
_TAG = re.compile(r"(?:sku|mpn|model|model_number|ean|gtin|upc|isbn|part_number)\s*:\s*(.+)", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:[-/._][^\W_]+)*")


class ProductNumbers:
    """Normalised number → items: product ids, tags such as ``sku:…`` or ``mpn:…``, and model numbers in titles.

    Case, spaces, dashes, dots and slashes do not matter. A model number is a token of a title with letters and digits,
    at least ``SHORTEST_MODEL`` long, that is no measurement.
    """

    def __init__(self, catalogue: Catalogue, numbers: SortedTexts, ends: NDArray[np.int64], items: IntArray) -> None:
        """Use ``build`` or ``load``. Items of number j: ``items[ends[j] : ends[j + 1]]``."""
        self._position = catalogue.position
        self._numbers, self._ends, self._items = numbers, ends, items

    @classmethod
    def build(cls, catalogue: Catalogue) -> Self:
        """Look at every product of ``catalogue``."""
        frame = catalogue.frame
        held: dict[str, dict[int, None]] = {}
        for item, product_id in enumerate(catalogue.ids):
            held.setdefault(_normal(product_id), {})[item] = None
        said: dict[str, list[int]] = {}
        tags = frame["tags"].to_list() if "tags" in frame.columns else [None] * len(frame)
        for item, (title, own) in enumerate(zip(frame["title"].to_list(), tags, strict=True)):
            numbers = [found[1] for tag in own or [] if (found := _TAG.fullmatch(tag.strip()))]
            for number in {*map(_normal, numbers), *_models(title)}:
                said.setdefault(number, []).append(item)
        for number, items in said.items():
            if len(items) <= MOST_HOLDERS:
                held.setdefault(number, {}).update(dict.fromkeys(items))
        held.pop("", None)
        known = sorted(held)
        sizes = [len(held[number]) for number in known]
        return cls(
            catalogue,
            SortedTexts.of(known),
            np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
            np.array([item for number in known for item in held[number]], dtype=np.int32),
        )

    def find(self, query: str) -> IntArray:
        """Items that the whole query names: int32[m], mostly none or one; its id as it stands first, then other ids."""
        itself = self._position(query.strip())
        found = [itself] if itself >= 0 else []
        at = self._numbers.find(_normal(query[: 2 * LONGEST]))
        if at >= 0:
            found += self._items[self._ends[at] : self._ends[at + 1]].tolist()
        return np.array(list(dict.fromkeys(found)), dtype=np.int32)

    def save(self, folder: Path) -> None:
        """Write ``numbers.npy``, ``number_ends.npy`` and ``number_items.npy``."""
        self._numbers.save(folder / "numbers.npy")
        np.save(folder / "number_ends.npy", self._ends)
        np.save(folder / "number_items.npy", self._items)

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue) -> Self:
        """Read what ``save`` wrote for ``catalogue``, memory-mapped."""
        ends, items = (load_mapped(folder / f"number_{part}.npy") for part in ("ends", "items"))
        return cls(catalogue, SortedTexts.load(folder / "numbers.npy"), ends, items)


def _models(title: str) -> set[str]:
    """Normalised model numbers of a title."""
    found = set()
    for token in _TOKEN.findall(title):
        if any(c.isdigit() for c in token) and any(c.isalpha() for c in token):
            number = _normal(token)
            # A size such as 10ft or 2x4 loses its unit there, a model number stays whole.
            if SHORTEST_MODEL <= len(number) <= LONGEST and normal_quantities(token.lower()) == token.lower():
                found.add(number)
    return found


def _normal(number: str) -> str:
    return "".join(c for c in fold(number) if c.isalnum())[:LONGEST]
