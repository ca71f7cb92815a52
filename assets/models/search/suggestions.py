"""Autocomplete: completions of what a shopper has typed so far.

Belongs here: the prefix dictionary. What is suggested comes from the catalogue, its popularity and popular queries.

Every entry is filed under its folded text from each of its first words on, in one sorted list; a prefix is a run of
it. Runs of more than ``RUN`` entries have their best completions worked out beforehand, so that a call looks at ``RUN``
entries at most, whatever the catalogue's size.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import numpy as np

from assets.models.catalogue import Catalogue
from assets.models.ranked import FloatArray, IntArray
from assets.models.search.text_analysis import fold

__all__ = ["KINDS", "Kind", "Suggestion", "Suggestions"]

Kind = Literal["query", "category", "brand", "product"]
KINDS: tuple[Kind, ...] = ("query", "category", "brand", "product")
EACH = 5
"""Most completions of one kind."""
RUN = 48
KEY_CHARACTERS = 32
"""Characters of an entry that are filed, and of a prefix that are compared."""
WORDS = 4
"""Words of an entry from which on it is filed."""
TYPO_CHARACTERS = 4
"""Characters from which a prefix that completes to nothing is tried with one slip taken back."""
_WORD = re.compile(r"[^\W_]+")
_TAIL = "\U0010ffff"


class Suggestion(NamedTuple):
    """A completion: a query, the path of a category, a brand or the title of a product."""

    kind: Kind
    text: str
    item: int
    """Position of the product; -1 for other kinds."""


class Suggestions:
    """Prefix → the best completions of each kind."""

    def __init__(self, entries: Iterable[tuple[Suggestion, float]]) -> None:
        """File ``entries``, each with its weight, higher being better within its kind; ties go by the text."""
        ranked = sorted(entries, key=lambda pair: (KINDS.index(pair[0].kind), -pair[1], pair[0].text, pair[0].item))
        self._entries = [entry for entry, _ in ranked]
        begins: dict[str, list[tuple[str, int]]] = {}
        for row, entry in enumerate(self._entries):
            for key in _keys(entry):
                begins.setdefault(key[:2], []).append((key, row))
        # Sorted in parts: one long sort would hold the interpreter, and with it every answer, for half a second.
        filed = [pair for begin in sorted(begins) for pair in sorted(begins[begin])]
        self._keys = [key for key, _ in filed]
        self._rows = [row for _, row in filed]
        self._best: dict[str, list[int]] = {}
        self._work_out("", 0, len(self._keys), np.array(self._rows, dtype=np.int32))

    @classmethod
    def of_catalogue(cls, catalogue: Catalogue, popularity: FloatArray, queries: Mapping[str, int]) -> "Suggestions":
        """Products in stock by popularity (float32[n]), categories and brands by products, queries by people."""
        frame = catalogue.frame
        found: list[tuple[Suggestion, float]] = [(Suggestion("query", q, -1), float(n)) for q, n in queries.items()]
        sizes = {name: catalogue.category_members(name).size for name in catalogue.category_names}
        found += [(Suggestion("category", name, -1), float(size)) for name, size in sizes.items()]
        if "brand" in frame.columns:
            brands = frame["brand"].drop_nulls().value_counts().rows()
            found += [(Suggestion("brand", brand, -1), float(count)) for brand, count in brands]
        titles, weights = frame["title"].to_list(), popularity.tolist()
        stocked = np.flatnonzero(catalogue.in_stock).tolist()
        return cls([*found, *((Suggestion("product", titles[item], item), weights[item]) for item in stocked)])

    def complete(self, typed: str) -> list[Suggestion]:
        """At most ``EACH`` completions of each kind, in the order of ``KINDS``, the best first; none of a blank text.

        A text of ``TYPO_CHARACTERS`` and more that completes to nothing is taken with two neighbours swapped or one
        character left out, whichever first completes to something.
        """
        prefix = _folded(typed[: 4 * KEY_CHARACTERS])[:KEY_CHARACTERS]
        if not prefix:
            return []
        rows = self._rows_of(f"{prefix} ") if typed[-1].isspace() else []
        rows = rows or self._rows_of(prefix)
        if not rows and len(prefix) >= TYPO_CHARACTERS:
            rows = next((other for slip in _slips(prefix) if (other := self._rows_of(slip))), [])
        return [self._entries[row] for row in rows]

    def _rows_of(self, prefix: str) -> list[int]:
        best = self._best.get(prefix)
        if best is None:
            start = bisect_left(self._keys, prefix)
            end = bisect_left(self._keys, prefix + _TAIL, lo=start)
            best = self._top(sorted(set(self._rows[start:end])))
        return best

    def _top(self, rows: Iterable[int]) -> list[int]:
        """The best of ascending rows: rows are numbered by kind and weight, so the first of each kind are."""
        left, found, said = dict.fromkeys(KINDS, EACH), list[int](), set[str]()
        for row in rows:
            kind, text, _ = self._entries[row]
            if left[kind] and (kind != "product" or text not in said):
                left[kind] -= 1
                said.add(text)
                found.append(row)
                if kind == KINDS[-1] and not left[kind]:
                    break  # products come last
        return found

    def _work_out(self, prefix: str, start: int, end: int, rows: IntArray) -> None:
        """Fill ``_best`` for every prefix that is longer than ``prefix`` and has a run above ``RUN``."""
        size = len(prefix)
        while start < end:
            if len(self._keys[start]) <= size:
                start += 1
                continue
            longer = self._keys[start][: size + 1]
            stop = bisect_left(self._keys, longer + _TAIL, lo=start, hi=end)
            if stop - start > RUN:
                self._best[longer] = self._top(np.unique(rows[start:stop]).tolist())
                self._work_out(longer, start, stop, rows)
            start = stop


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


def _keys(entry: Suggestion) -> set[str]:
    text = entry.text.rsplit(" > ", 1)[-1] if entry.kind == "category" else entry.text
    words = _folded(text[:1_000]).split()
    return {" ".join(words[at:])[:KEY_CHARACTERS] for at in range(min(WORDS, len(words)))}


def _slips(prefix: str) -> Iterable[str]:
    """``prefix`` with two neighbours swapped, then with one character left out, the last first; never the first."""
    for at in range(len(prefix) - 2, 0, -1):
        yield prefix[:at] + prefix[at + 1] + prefix[at] + prefix[at + 2 :]
    for at in range(len(prefix) - 1, 0, -1):
        yield prefix[:at] + prefix[at + 1 :]
