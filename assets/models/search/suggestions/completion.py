"""Autocomplete: completions of what a shopper has typed so far.

Belongs here: the prefix dictionary. What is suggested comes from the catalogue, its popularity and popular queries.

Every entry is filed under its folded text from each of its first words on, in one sorted list; a prefix is a run of
it. Runs of more than ``RUN`` entries have their best completions worked out beforehand, so that a call looks at ``RUN``
entries at most, whatever the catalogue's size.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.products.catalogue import Catalogue
from assets.models.search.suggestions.entries import KINDS, Entries, Suggestion
from assets.models.text.folding import fold
from assets.models.text.sorted_texts import SortedTexts
from assets.models.text.splitting import HYPHENATED, WORD, characters, is_unspaced, keystrokes, spaced, words
from evaluation.arrays import Floats32, Ints, Ints32

__all__ = ["Suggestions"]

RUN = 48
KEY_CHARACTERS = 32
"""Characters of an entry that are filed, and of a prefix that are compared."""
WORDS = 4
"""Words of an entry from which on it is filed."""
TYPO_CHARACTERS = 4
"""Characters from which a prefix that completes to nothing is tried with one slip taken back."""
UNSPACED_STARTS = 12
"""Characters of a word of a script without spaces from which on an entry is filed."""
_HYPHENATED = re.compile(HYPHENATED)
_PART = re.compile(WORD)
_BETWEEN = re.compile(r"(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")
_ARTICLE = re.compile("^(?:ال|ה)(\\w{2}.*)")
_TAIL = "\U0010ffff"


class Suggestions:
    """Prefix → the best completions of each kind."""

    def __init__(self, entries: Entries, filed: "_Filed", best: "_Best") -> None:
        """Use ``build``, ``of_catalogue`` or ``load``."""
        self._entries, self._filed, self._best = entries, filed, best

    @classmethod
    def build(cls, entries: Iterable[tuple[Suggestion, float]]) -> Self:
        """File ``entries``, each with its weight, higher being better within its kind; ties go by the text."""
        ranked = sorted(entries, key=lambda pair: (KINDS.index(pair[0].kind), -pair[1], pair[0].text, pair[0].item))
        known = Entries.of([entry for entry, _ in ranked])
        filed = sorted((key, row) for row, (entry, _) in enumerate(ranked) for key in _keys(entry))
        keys, rows = [key for key, _ in filed], np.array([row for _, row in filed], dtype=np.int32)
        best: dict[str, list[int]] = {}
        _work_out(best, known, keys, rows, "", 0, len(keys))
        return cls(known, _Filed(SortedTexts.of(keys), rows), _Best.of(best))

    @classmethod
    def of_catalogue(cls, catalogue: Catalogue, popularity: Floats32, queries: Mapping[str, int]) -> Self:
        """Products in stock by popularity (float32[n]), categories and brands by products, queries by people."""
        frame = catalogue.frame
        entries: list[tuple[Suggestion, float]] = [(Suggestion("query", q, -1), float(n)) for q, n in queries.items()]
        sizes = {name: catalogue.category_members(name).size for name in catalogue.category_names}
        entries += [(Suggestion("category", name, -1), float(size)) for name, size in sizes.items()]
        if "brand" in frame.columns:
            brands = frame["brand"].drop_nulls().value_counts().rows()
            entries += [(Suggestion("brand", brand, -1), float(count)) for brand, count in brands]
        titles, weights = frame["title"].to_list(), popularity.tolist()
        stocked = np.flatnonzero(catalogue.in_stock).tolist()
        return cls.build([*entries, *((Suggestion("product", titles[item], item), weights[item]) for item in stocked)])

    def complete(self, typed: str) -> list[Suggestion]:
        """At most ``EACH`` completions of each kind, in the order of ``KINDS``, the best first; none of a blank text.

        A text that completes to nothing is taken as one word, then with numbers apart from letters, then without an
        article that Arabic and Hebrew write together with the word. One of
        ``TYPO_CHARACTERS`` and more is then taken with two neighbours swapped or one character left out, whichever
        first completes to something.
        """
        prefix = _folded(typed[: 4 * KEY_CHARACTERS])[:KEY_CHARACTERS]
        if not prefix:
            return []
        rows = self._rows_of(f"{prefix} ") if typed[-1].isspace() else []
        rows = rows or self._rows_of(prefix)
        if not rows:
            others = chain(
                _respaced(prefix), _ARTICLE.findall(prefix), _slips(prefix) if len(prefix) >= TYPO_CHARACTERS else ()
            )
            rows = next((found for other in others if (found := self._rows_of(other))), [])
        return [self._entries.entry(row) for row in rows]

    def _rows_of(self, prefix: str) -> list[int]:
        start, end = self._filed.keys.beginning_with(prefix)
        if end - start > RUN:
            return self._best.rows(prefix)
        return self._entries.top(sorted(set(self._filed.entries[start:end].tolist())))

    def save(self, folder: Path) -> None:
        """Write the entries (Arrow and npy), the keys they are filed under and the best of long runs (npy)."""
        pl.DataFrame({"text": self._entries.texts}).write_ipc(folder / "texts.arrow")
        self._filed.keys.save(folder / "keys.npy")
        self._best.prefixes.save(folder / "prefixes.npy")
        save_arrays(
            folder,
            kind_ends=np.array(self._entries.kind_ends, dtype=np.int64),
            items=self._entries.items,
            key_entries=self._filed.entries,
            prefix_ends=self._best.ends,
            prefix_entries=self._best.entries,
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote, memory-mapped."""
        keys, prefixes = (SortedTexts.load(folder / f"{name}.npy") for name in ("keys", "prefixes"))
        texts = pl.read_ipc(folder / "texts.arrow")["text"]
        items, kind_ends = load_arrays(folder, "items", "kind_ends")
        filed = _Filed(keys, *load_arrays(folder, "key_entries"))
        best = _Best(prefixes, *load_arrays(folder, "prefix_ends", "prefix_entries"))
        return cls(Entries(texts, items, kind_ends.tolist()), filed, best)


@dataclass(frozen=True, slots=True)
class _Filed:
    """Every key with the entry that it is of."""

    keys: SortedTexts
    entries: Ints32


@dataclass(frozen=True, slots=True)
class _Best:
    """Every prefix of a run above ``RUN``; the entries of prefix p are ``entries[ends[p] : ends[p + 1]]``."""

    prefixes: SortedTexts
    ends: Ints
    entries: Ints32

    @classmethod
    def of(cls, best: Mapping[str, Sequence[int]]) -> Self:
        prefixes = sorted(best)
        return cls(
            SortedTexts.of(prefixes),
            np.cumsum([0, *(len(best[prefix]) for prefix in prefixes)], dtype=np.int64),
            np.array([row for prefix in prefixes for row in best[prefix]], dtype=np.int32),
        )

    def rows(self, prefix: str) -> list[int]:
        """The best entries, as worked out beforehand."""
        at = self.prefixes.find(prefix)
        return list(map(int, self.entries[self.ends[at] : self.ends[at + 1]]))


def _work_out(
    best: dict[str, list[int]], entries: Entries, keys: list[str], rows: Ints32, prefix: str, start: int, end: int
) -> None:
    """Fill ``best`` for every prefix that is longer than ``prefix`` and has a run above ``RUN`` in start to end."""
    size = len(prefix)
    while start < end:
        if len(keys[start]) <= size:
            start += 1
            continue
        longer = keys[start][: size + 1]
        stop = bisect_left(keys, longer + _TAIL, lo=start, hi=end)
        if stop - start > RUN:
            best[longer] = entries.top(np.unique(rows[start:stop]).tolist())
            _work_out(best, entries, keys, rows, longer, start, stop)
        start = stop


def _folded(text: str) -> str:
    return keystrokes(" ".join(words(fold(text))))


def _keys(entry: Suggestion) -> set[str]:
    text = entry.text.rsplit(" > ", 1)[-1] if entry.kind == "category" else entry.text
    folded = spaced(fold(text[:1_000]))
    together = folded.replace("'", "")  # who types ``delonghi`` means De'Longhi
    return _keys_of(folded) if together == folded else _keys_of(folded) | _keys_of(together)


def _keys_of(folded: str) -> set[str]:
    runs = [_PART.findall(run) for run in _HYPHENATED.findall(folded)]
    keys, before = set[str](), 0
    for at, parts in enumerate(runs):
        if before >= WORDS:
            break
        rest = " ".join(chain.from_iterable(runs[at + 1 :]))
        keys.update(f"{' '.join(parts[start:])} {rest}" for start in range(min(len(parts), WORDS - before)))
        before += len(parts)
        if len(parts) > 1:
            keys.add(f"{''.join(parts)} {rest}")  # who types ``tshirt`` means a T-shirt
        elif len(parts[0]) == 1 and rest:
            keys.add(f"{parts[0]}{rest}")
        if is_unspaced(parts[0]):
            single = characters(parts[0])
            keys.update(f"{''.join(single[start:])} {rest}" for start in range(1, min(len(single), UNSPACED_STARTS)))
    return {keystrokes(key)[:KEY_CHARACTERS].rstrip() for key in keys}


def _respaced(prefix: str) -> Iterator[str]:
    """``prefix`` without spaces, and with a space between letters and digits."""
    if " " in prefix:
        yield prefix.replace(" ", "")
    elif not prefix.isalpha():
        yield _BETWEEN.sub(" ", prefix)


def _slips(prefix: str) -> Iterator[str]:
    """``prefix`` with two neighbours swapped, then with one character left out, the last first; never the first.

    A character of a script without spaces is no letter of a word: there is nothing to be slipped in.
    """
    if any(map(is_unspaced, prefix.split())):
        return
    for at in range(len(prefix) - 2, 0, -1):
        yield prefix[:at] + prefix[at + 1] + prefix[at] + prefix[at + 2 :]
    for at in range(len(prefix) - 1, 0, -1):
        yield prefix[:at] + prefix[at + 1 :]
