"""What the search box should know besides the catalogue: ``[search]``."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["LANGUAGES", "SEARCH_FIELDS", "Search"]

Expressions = Annotated[list[str], Meta(min_length=2)]
OneWay = Annotated[str, Meta(pattern=r"\S\s*=>\s*\S")]

SEARCH_FIELDS = ("title", "brand", "categories", "tags", "description")
"""Fields of a product that are searched for words."""


_CODES = "ar bg bn ca cs da de el en es fa fi fr he hi hu id it ja ko nl no pl pt ro ru sv ta th tr uk zh"
LANGUAGES = tuple(_CODES.split())
"""Languages whose words search knows how to cut and to bring together, by ISO 639-1."""


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the search box should know besides the catalogue."""

    languages: list[str] = []
    """ISO 639-1 codes of the languages that the products are written in, the most frequent first; where there are none
    the products' texts tell."""
    synonyms: list[Expressions | OneWay] = []
    """Groups of expressions that stand for one another, ``["sofa", "couch"]``, or one-way, ``"tv => television"``."""
    blocked_words: list[str] = []
    """Words of queries that are never suggested to anyone."""
    field_weights: dict[str, float] = {}
    """What a word in a field counts, 0 to 10, by the field's name; those that are left out keep their defaults."""

    def faults(self) -> Iterator[str]:
        """What is wrong with the languages and weights, each with the remedy."""
        for code in self.languages:
            if code not in LANGUAGES:
                yield f"[search] languages names {code!r}, which is not known: name {', '.join(LANGUAGES)}, or none"
        if len(set(self.languages)) < len(self.languages):
            yield f"[search] languages names one twice: {', '.join(self.languages)}"
        for name, weight in self.field_weights.items():
            if name not in SEARCH_FIELDS:
                yield f"[search.field_weights] names {name!r}, which is not searched: name {', '.join(SEARCH_FIELDS)}"
            elif not 0 <= weight <= 10:
                yield f"[search.field_weights] {name} is {weight}: give a number from 0 to 10"
            elif name == "title" and weight == 0:
                yield "[search.field_weights] title is 0, beside which others count: give a number above 0"
