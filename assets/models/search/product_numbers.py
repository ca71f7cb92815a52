"""Products by what names them exactly: their id, SKU and model number, however they are written.

Belongs here: what counts as a number of a product, and the look-up. Words are ``lexical_index``.
"""

import re

import numpy as np

from assets.models.catalogue import Catalogue
from assets.models.ranked import IntArray
from assets.models.search.quantities import normal_quantities
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

    def __init__(self, catalogue: Catalogue) -> None:
        """Look at every product of ``catalogue``."""
        frame = catalogue.frame
        self._position = catalogue.position
        self._ids: dict[str, list[int]] = {}
        for item, product_id in enumerate(catalogue.ids):
            self._ids.setdefault(_normal(product_id), []).append(item)
        said: dict[str, set[int]] = {}
        tags = frame["tags"].to_list() if "tags" in frame.columns else [None] * len(frame)
        for item, (title, own) in enumerate(zip(frame["title"].to_list(), tags, strict=True)):
            numbers = [found[1] for tag in own or [] if (found := _TAG.fullmatch(tag.strip()))]
            for number in [*map(_normal, numbers), *_models(title)]:
                said.setdefault(number, set()).add(item)
        self._said = {number: sorted(items) for number, items in said.items() if number and len(items) <= MOST_HOLDERS}

    def find(self, query: str) -> IntArray:
        """Items that the whole query names: int32[m], mostly none or one; its id as it stands first, then other ids."""
        number = _normal(query[: 2 * LONGEST])
        itself = self._position(query.strip())
        found = [itself] if itself >= 0 else []
        if number:
            found += [*self._ids.get(number, []), *self._said.get(number, [])]
        return np.array(list(dict.fromkeys(found)), dtype=np.int32)


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
