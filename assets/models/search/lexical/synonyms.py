"""A shop's synonyms: other words that stand for words of a query.

Belongs here: reading the shop's list and finding its phrases in a query. What an alternative is worth beside the
word that was typed is `assets.models.search.lexical.index`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from assets.models.text.analysis import Analyser
from assets.models.text.folding import fold

__all__ = ["Phrase", "Synonyms"]

ARROW = "=>"
LONGEST_PHRASE = 6
"""Terms of the longest phrase of a list."""
MAX_APPLIED = 8
"""Phrases of one query that get alternatives: a bound on the work."""
MAX_ALTERNATIVES = 20

Phrase = tuple[str, ...]
"""Terms of one expression, as `Analyser.query_terms` gives them."""


class Synonyms:
    """Phrase → its alternatives, and every word of the list, which is no misspelling."""

    def __init__(self, rules: Mapping[Phrase, Sequence[Phrase]], words: Iterable[str]) -> None:
        """Use ``parse`` or ``load``."""
        self._rules = dict(rules)
        self.words = frozenset(words)
        """Folded words of the list."""
        self._longest = max(map(len, self._rules), default=0)

    @classmethod
    def parse(cls, entries: Iterable[Sequence[str] | str], analyser: Analyser) -> Self:
        """Read a shop's list.

        Args:
            entries: Each either expressions that stand for one another (``["sofa", "couch"]``), or a text
                ``"tv => television, telly"``: who types the left side also finds the right sides, not the reverse.
            analyser: The index's, which makes terms of them.

        Raises:
            ValueError: If an entry has fewer than two expressions, or one has no word or too many.
        """
        rules: dict[Phrase, dict[Phrase, None]] = {}
        words = set[str]()
        for entry in entries:
            left, arrow, right = entry.partition(ARROW) if isinstance(entry, str) else ("", "", "")
            sources = [left] if arrow else ([entry] if isinstance(entry, str) else list(entry))
            targets = right.split(",") if arrow else sources
            phrases = {text: _phrase(text, entry, analyser) for text in [*sources, *targets]}
            if len(set(phrases.values())) < 2:
                raise ValueError(
                    f"the synonyms {entry!r} do not name two expressions: write ['sofa', 'couch'] "
                    "or 'tv => television'."
                )
            for text in phrases:
                words.update(fold(text).split())
            for source in sources:
                others = rules.setdefault(phrases[source], {})
                others.update((phrases[t], None) for t in targets if phrases[t] != phrases[source])
        # In one order whatever the list's: the files of a release depend on what it says alone.
        return cls({source: sorted(rules[source])[:MAX_ALTERNATIVES] for source in sorted(rules)}, words)

    def phrases_in(self, query: Sequence[str]) -> list[tuple[int, Phrase, Sequence[Phrase]]]:
        """Phrases of the list among a query's terms, from the left, the longest first.

        Returns:
            Of each the place of its first term, itself, and its alternatives.
        """
        phrases, at = list[tuple[int, Phrase, Sequence[Phrase]]](), 0
        while at < len(query) and len(phrases) < MAX_APPLIED and self._rules:
            for size in range(min(self._longest, len(query) - at), 0, -1):
                phrase = tuple(query[at : at + size])
                if phrase in self._rules:
                    phrases.append((at, phrase, self._rules[phrase]))
                    at += size
                    break
            else:
                at += 1
        return phrases

    def save(self, folder: Path) -> None:
        """Write ``synonyms.json``."""
        content = {"rules": [[source, others] for source, others in self._rules.items()], "words": sorted(self.words)}
        (folder / "synonyms.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote."""
        content = json.loads((folder / "synonyms.json").read_text(encoding="utf-8"))
        return cls({tuple(source): [tuple(o) for o in others] for source, others in content["rules"]}, content["words"])


def _phrase(text: str, entry: object, analyser: Analyser) -> Phrase:
    phrase = tuple(analyser.query_terms(text))
    if not 0 < len(phrase) <= LONGEST_PHRASE:
        raise ValueError(f"{text!r} in the synonyms {entry!r}: an expression has 1 to {LONGEST_PHRASE} words.")
    return phrase
