"""Whether a list was answered by a later step than its first.

What belongs here: the order in which lists prefer modules, which is one for all of them, and reading it off an answer.
Steps are made in `serving.lists` and `serving.search`.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

__all__ = ["PREFERENCE", "Told", "fell_back", "told_by"]

PREFERENCE: Final = (
    "product_id",
    "catalogue",
    "hybrid",
    "lexical",
    "vectors",
    "new_products",
    "for_you",
    "session",
    "next_basket",
    "bought_together",
    "similar",
    "category",
    "affinity",
    "segment_popularity",
    "popularity",
    "rules",
    "none",
)
"""Modules that answer lists, each before those that stand in for it in any list."""
_PLACE: Final = {module: place for place, module in enumerate(PREFERENCE)}


class Tried(Protocol):
    """A step that was asked besides the one that answered."""

    @property
    def module(self) -> str:
        """Its module."""
        ...


class Told(Protocol):
    """The part of an answer that says who gave it, and whom else was asked."""

    @property
    def answered_by(self) -> str | None:
        """The module of the first step that gave anything; none for what is no list."""
        ...

    @property
    def fallbacks_tried(self) -> Sequence[Tried]:
        """The others, in order."""
        ...


class _Tried(msgspec.Struct):
    module: str


class _Read(msgspec.Struct):
    answered_by: str | None = None
    fallbacks_tried: list[_Tried] = []


told_by: Final = msgspec.json.Decoder(_Read).decode
"""`Told` of an answer's body."""


def fell_back(answered_by: str, first_tried: str | None) -> bool:
    """Whether the step asked first gave nothing.

    A list's first step answers, or else is the first of those that were tried. A narrow category whose parent answered
    counts as having answered: both are the module ``category``.

    Args:
        answered_by: The module that answered, ``none`` if no step did.
        first_tried: The first module that was asked besides; none if no other was.
    """
    last = len(PREFERENCE)
    return first_tried is not None and _PLACE.get(first_tried, last) < _PLACE.get(answered_by, 0)
