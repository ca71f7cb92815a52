"""Products by what names them: their id, SKU and model number, however they are written.

Belongs here: what counts as a number of a product, and the look-up. Words are `assets.models.search.lexical`.
"""

import re
from pathlib import Path
from typing import Self

import numpy as np

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.products.catalogue import Catalogue
from assets.models.text.folding import fold
from assets.models.text.quantities import normal_quantities
from assets.models.text.sorted_texts import SortedTexts
from assets.models.text.splitting import WORD, is_unspaced, spaced, words
from evaluation.arrays import Ints, Ints32

__all__ = ["ProductNumbers", "normal_number"]

MOST_HOLDERS = 10
"""Products that may share a number of a title or tag: what more of them have is a size or a standard, no number."""
SHORTEST_MODEL = 4
"""Characters of the shortest model number in a title; ``4k`` and ``m6`` name no product."""
SHORTEST_BEGINNING = 3
"""Characters of a number, among them a digit, by whose beginning products are found."""
MOST_BEGINNING = 50
LONGEST = 60
_TAG = re.compile(r"(?:sku|mpn|model|model_number|ean|gtin|upc|isbn|part_number)\s*:\s*(.+)", re.IGNORECASE)
_TOKEN = re.compile(rf"{WORD}(?:[-/.]{WORD})*")


class ProductNumbers:
    """Normalised number → items: product ids, tags such as ``sku:…`` or ``mpn:…``, and model numbers in titles.

    Case, spaces, dashes, dots and slashes do not matter. A model number is a token of a title with letters and digits,
    at least ``SHORTEST_MODEL`` long, that is no measurement.
    """

    def __init__(self, catalogue: Catalogue, numbers: SortedTexts, ends: Ints, items: Ints32) -> None:
        """Use ``build`` or ``load``. Items of number j: ``items[ends[j] : ends[j + 1]]``."""
        self._position = catalogue.position
        self._numbers, self._ends, self._items = numbers, ends, items

    @classmethod
    def build(cls, catalogue: Catalogue) -> Self:
        """Look at every product of ``catalogue``."""
        frame = catalogue.frame
        held: dict[str, dict[int, None]] = {}
        for item, product_id in enumerate(catalogue.ids):
            held.setdefault(normal_number(product_id), {})[item] = None
        named: dict[str, list[int]] = {}
        tags = frame["tags"].to_list() if "tags" in frame.columns else [None] * len(frame)
        for item, (title, product_tags) in enumerate(zip(frame["title"].to_list(), tags, strict=True)):
            numbers = [match[1] for tag in product_tags or [] if (match := _TAG.fullmatch(tag.strip()))]
            for number in {*map(normal_number, numbers), *_models(title)}:
                named.setdefault(number, []).append(item)
        for number, items in named.items():
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

    def find(self, query: str) -> Ints32:
        """Items that the whole query names: int32[m], mostly none or one; its id as it stands first, then other ids."""
        itself = self._position(query.strip())
        items = [itself] if itself >= 0 else []
        at = self._numbers.find(normal_number(query[: 2 * LONGEST]))
        if at >= 0:
            items += self._items[self._ends[at] : self._ends[at + 1]].tolist()
        return np.array(list(dict.fromkeys(items)), dtype=np.int32)

    def beginning(self, query: str) -> Ints32:
        """Items with a number that begins as the whole query does: int32[at most `MOST_BEGINNING`], by the number."""
        number = normal_number(query[: 2 * LONGEST])
        if len(number) < SHORTEST_BEGINNING or not any(c.isdigit() for c in number):
            return np.empty(0, dtype=np.int32)
        start, end = self._numbers.beginning_with(number)
        items = self._items[self._ends[start] : self._ends[min(end, start + MOST_BEGINNING)]].tolist()
        return np.array(list(dict.fromkeys(items))[:MOST_BEGINNING], dtype=np.int32)

    def save(self, folder: Path) -> None:
        """Write ``numbers.npy``, ``number_ends.npy`` and ``number_items.npy``."""
        self._numbers.save(folder / "numbers.npy")
        save_arrays(folder, number_ends=self._ends, number_items=self._items)

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue) -> Self:
        """Read what ``save`` wrote for ``catalogue``, memory-mapped."""
        numbers = SortedTexts.load(folder / "numbers.npy")
        return cls(catalogue, numbers, *load_arrays(folder, "number_ends", "number_items"))


def _models(title: str) -> set[str]:
    """Normalised model numbers of a title."""
    models = set()
    for token in _TOKEN.findall(spaced(fold(title.replace("_", "-")))):
        if any(c.isdigit() for c in token) and any(c.isalpha() for c in token) and not is_unspaced(token):
            number = normal_number(token)
            # A size such as 10ft or 2x4 loses its unit there, a model number stays whole.
            if SHORTEST_MODEL <= len(number) <= LONGEST and normal_quantities(token) == token:
                models.add(number)
    return models


def normal_number(number: str) -> str:
    """A number as it is compared: its letters and digits, folded.

    >>> normal_number("AB-12.3/x")
    'ab123x'
    """
    return "".join(words(fold(number)))[:LONGEST]
