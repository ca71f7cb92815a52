"""Corrects words that a shop's catalogue does not know to the word that was likely meant.

Belongs here: which word of the catalogue stands for a misspelt one. What a query is
corrected to as a whole is `assets.models.search.lexical.correction`.
"""

import json
from collections.abc import Iterable, Sequence
from math import log
from pathlib import Path
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.text.edit_distance import deletions, edit_distance
from assets.models.text.splitting import LETTERS
from evaluation.arrays import Ints32

__all__ = ["Speller"]

PREFIX_CHARACTERS = 7
"""Deletions are made in the first letters only: the rest is compared, and the dictionary stays small."""
SHORTEST_WORD = 4
"""Characters of the shortest word that is corrected: below, every word is near every other."""
TWO_EDITS_FROM = 6
"""Characters from which a word may be two edits off."""
LONGEST_WORD = 30
CANDIDATES = 200
"""Most near words that are compared, the most frequent first: a bound on the work."""
EDIT_COST = 4.0
"""What an edit costs, in natural logarithms of the word's frequency."""
FIRST_LETTER_COST = 2.0
"""A first letter is seldom wrong (Pollock and Zamora, CACM 1984)."""


class Speller:
    """A deletion dictionary (Garbe 2012) over the words of a catalogue with their frequencies as prior."""

    def __init__(self, words: list[str], counts: list[int], keys: NDArray[np.uint32], owners: Ints32) -> None:
        """Use ``build`` or ``load``. ``keys`` are sorted hashes of deletions, ``owners`` the words they come from."""
        self._words, self._counts = words, counts
        self._count = dict(zip(words, counts, strict=True))
        self._keys, self._owners = keys, owners

    @classmethod
    def build(cls, counts: Iterable[tuple[str, int]]) -> Self:
        """From words with the number of products that hold them; words that are not all letters are left out."""
        kept = sorted((w, c) for w, c in counts if LETTERS.fullmatch(w) and SHORTEST_WORD <= len(w) <= LONGEST_WORD)
        kept.sort(key=lambda pair: -pair[1])
        keys, owners = list[int](), list[int]()
        for row, (word, _) in enumerate(kept):
            made = {_key(d) for d in deletions(word[:PREFIX_CHARACTERS], _edits(word))}
            keys.extend(made)
            owners.extend([row] * len(made))
        of_key, of_word = np.array(keys, dtype=np.uint32), np.array(owners, dtype=np.int32)
        order = np.lexsort((of_word, of_key))
        return cls([w for w, _ in kept], [c for _, c in kept], of_key[order], of_word[order])

    @property
    def words(self) -> Sequence[str]:
        """Folded words of the catalogue that it knows."""
        return self._words

    def count(self, word: str) -> int:
        """How many products hold ``word``; 0 for an unknown one."""
        return self._count.get(word, 0)

    def near(self, word: str) -> list[tuple[str, float]]:
        """Words within one or two edits of ``word``, the likeliest first, with their scores; never itself.

        Score = ln(frequency) less a cost for each edit and for another first letter. Words shorter than
        ``SHORTEST_WORD``, with digits or of more than ``LONGEST_WORD`` characters have no near words.
        """
        if not LETTERS.fullmatch(word) or not SHORTEST_WORD <= len(word) <= LONGEST_WORD:
            return []
        most = _edits(word)
        keys = np.unique(np.fromiter((_key(d) for d in deletions(word[:PREFIX_CHARACTERS], most)), dtype=np.uint32))
        starts, ends = np.searchsorted(self._keys, keys), np.searchsorted(self._keys, keys, side="right")
        rows = [self._owners[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if b > a]
        if not rows:
            return []
        # Rows are in order of frequency, so the cut keeps the frequent words.
        scored = []
        for row in np.unique(np.concatenate(rows))[:CANDIDATES].tolist():
            other = self._words[row]
            distance = edit_distance(word, other, most)
            if 0 < distance <= most:
                cost = EDIT_COST * distance + FIRST_LETTER_COST * (word[0] != other[0])
                scored.append((other, log(self._counts[row]) - cost))
        return sorted(scored, key=lambda pair: (-pair[1], pair[0]))

    def save(self, folder: Path) -> None:
        """Write ``spelling.json`` (words and frequencies) and the deletions as ``deletion_keys`` and ``_words`` npy."""
        content = {"words": self._words, "counts": self._counts}
        (folder / "spelling.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        save_arrays(folder, deletion_keys=self._keys, deletion_words=self._owners)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; the deletions are memory-mapped."""
        content = json.loads((folder / "spelling.json").read_text(encoding="utf-8"))
        return cls(content["words"], content["counts"], *load_arrays(folder, "deletion_keys", "deletion_words"))


def _edits(word: str) -> int:
    return 2 if len(word) >= TWO_EDITS_FROM else 1


def _key(text: str) -> int:
    # Collisions do no harm: every word found is compared.
    return crc32(text.encode("utf-8", "surrogatepass"))
