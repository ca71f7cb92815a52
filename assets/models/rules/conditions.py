"""When a rule holds: for which list, category, moment, segment and query.

What belongs here: the conditions that a rule puts on a request. What it does to an answer is
`assets.models.rules.effects`.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from assets.models.products.catalogue import ancestors
from assets.models.text.folding import fold

__all__ = ["Asked", "Conditions", "normal_query"]

_BETWEEN = re.compile(r"[^\w*+#&%./]+")
_APOSTROPHES = re.compile("'")
_EDGES = " ./"


def normal_query(text: str) -> str:
    """A query in the form in which queries of rules are compared: folded, without apostrophes, blanks for hyphens.

    >>> normal_query("  L'Oréal  T-Shirts! ")
    'loreal t shirts'
    """
    return _normal(text.replace("*", " "))


def _normal(text: str) -> str:
    return _BETWEEN.sub(" ", _APOSTROPHES.sub("", fold(text))).strip(_EDGES)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says that rules ask for."""

    surface: str
    categories: Collection[str] = ()
    """Its category and those above it."""
    at: float = 0.0
    """Seconds since 1970 UTC."""
    segments: Collection[str] = ()
    """Of its user."""
    queries: Collection[str] = ()
    """What was typed, and what was searched for instead, each as `normal_query` gives it."""


class _Patterns:
    """Queries that a rule names; ``*`` stands for any characters."""

    def __init__(self, queries: Sequence[str]) -> None:
        normal = [_normal(query) for query in queries]
        self._exact = frozenset(query for query in normal if "*" not in query)
        self._parts = tuple(tuple(query.split("*")) for query in normal if "*" in query)

    def hold(self, query: str) -> bool:
        return query in self._exact or any(_fits(query, parts) for parts in self._parts)


def _fits(query: str, parts: Sequence[str]) -> bool:
    """Whether the parts, two at least, stand in a query one behind the other, the outer ones at its ends."""
    first, *between, last = parts
    if not (query.startswith(first) and query.endswith(last) and len(query) >= len(first) + len(last)):
        return False
    place, end = len(first), len(query) - len(last)
    for part in between:
        place = query.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True


@dataclass(frozen=True, slots=True)
class Conditions:
    """All of them must be kept; those that are empty, none or infinite ask for nothing."""

    lists: frozenset[str]
    category: str | None
    segments: frozenset[str]
    queries: _Patterns | None
    begin: float
    """Seconds since 1970 UTC, inclusive; minus infinity for ever."""
    end: float
    """The same, exclusive; infinity for ever."""

    @classmethod
    def of(cls, rule: Mapping[str, Any]) -> Self:
        """As a declared rule says; instants have a zone."""
        category, begin, end = rule.get("category"), rule.get("from"), rule.get("until")
        return cls(
            lists=frozenset(rule.get("lists", ())),
            category=None if category is None else next(reversed(ancestors(category)), category),
            segments=frozenset(rule.get("segments", ())),
            queries=_Patterns(rule["queries"]) if rule.get("queries") else None,
            begin=-math.inf if begin is None else datetime.fromisoformat(begin).timestamp(),
            end=math.inf if end is None else datetime.fromisoformat(end).timestamp(),
        )

    def may_hold(self, surface: str) -> bool:
        """Whether they can be kept in a list."""
        return not self.lists or surface in self.lists

    def hold(self, asked: Asked) -> bool:
        """Whether a request keeps them."""
        return (
            self.may_hold(asked.surface)
            and self.begin <= asked.at < self.end
            and (self.category is None or self.category in asked.categories)
            and (not self.segments or not self.segments.isdisjoint(asked.segments))
            and (self.queries is None or any(map(self.queries.hold, asked.queries)))
        )

    @property
    def changes(self) -> list[float]:
        """The instants at which they begin and end to be kept."""
        return [at for at in (self.begin, self.end) if math.isfinite(at)]
