"""What a shopper insists on: phrases in quotation marks, words that must not occur, and an exact search.

What belongs here: reading these out of a query, and the products that keep to them. Words and meaning are
`serving.search.pool`.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.text.folding import fold
from assets.models.text.splitting import is_unspaced, words
from evaluation.arrays import Bools, Ints32
from serving.release.snapshot import Snapshot
from serving.search.wishes import PriceWish, price_wish, unwanted_words

__all__ = ["TypedQuery"]

MOST_PARTS = 10
"""Phrases and excluded words that are looked at: a bound on the work."""
MOST_READ = 2_000
"""Products whose texts are read for one phrase, the best matches first."""
_PHRASE = re.compile(r"(?<!\S)(-?)[\"“”„«]([^\"“”„«»]+)[\"“”»](?!\S)")
"""In marks that stand apart from other letters: those of ``2" x 4"`` are inches."""
_EXCLUDED = re.compile(r"(?<!\S)-(?=[^\W\d])(\S+)")


@dataclass(frozen=True, slots=True)
class TypedQuery:
    """A query taken apart."""

    text: str
    """What is searched for: without marks and without what is excluded."""
    phrases: tuple[str, ...] = ()
    """What products must say so; of one word its singular and plural are the same."""
    excluded: tuple[str, ...] = ()
    """What they must not say."""
    is_exact: bool = False
    """Whether they must hold every word, and nothing stands for another word."""
    prices: PriceWish | None = None
    unwanted: tuple[str, ...] = ()
    """What they should be without."""

    @classmethod
    def read(cls, query: str, *, exact: bool = False, currency: str = "EUR") -> "TypedQuery":
        """Take a query apart; ``exact`` makes each of its words one that products must hold."""
        if exact:
            return cls._marked(query, exact=True)
        prices = price_wish(query, currency)
        typed = cls._marked(query if prices is None else prices.text, exact=False)
        text, unwanted = unwanted_words(typed.text)
        return replace(typed, text=text, prices=prices, unwanted=unwanted)

    @classmethod
    def _marked(cls, query: str, *, exact: bool) -> "TypedQuery":
        found = _PHRASE.findall(query)
        excluded = [phrase for sign, phrase in found if sign]
        phrases = [phrase for sign, phrase in found if not sign]
        text = _PHRASE.sub(lambda match: " " if match[1] else f" {match[2]} ", query)
        rest = _PHRASE.sub(" ", query)
        excluded += _EXCLUDED.findall(rest)
        text, rest = _EXCLUDED.sub(" ", text), _EXCLUDED.sub(" ", rest)
        if exact:
            phrases += rest.split()
        if not (phrases or excluded):
            return cls(query)
        kept = tuple(dict.fromkeys(phrase for phrase in phrases if words(fold(phrase))))[:MOST_PARTS]
        return cls(" ".join(text.split()), kept, tuple(dict.fromkeys(excluded))[:MOST_PARTS], exact)

    @property
    def insists(self) -> bool:
        """Whether nothing may be shown in place of what was typed."""
        return bool(self.phrases)

    def wanted(self, snapshot: Snapshot) -> Bools | None:
        """bool[n] of the products that say every phrase; none where there is none, or no word index."""
        index = snapshot.release.lexical_index
        if index is None or not self.phrases:
            return None
        mask = np.ones(index.n_items, dtype=np.bool_)
        for phrase in self.phrases:
            said = np.zeros_like(mask)
            said[_saying(snapshot, index, phrase)] = True
            mask &= said
        return mask

    def left(self, snapshot: Snapshot) -> Bools | None:
        """bool[n] of the products that say nothing that is excluded; none where nothing is."""
        index = snapshot.release.lexical_index
        if index is None or not self.excluded:
            return None
        mask = np.ones(index.n_items, dtype=np.bool_)
        for phrase in self.excluded:
            mask[_saying(snapshot, index, phrase)] = False
        return mask


def _saying(snapshot: Snapshot, index: LexicalIndex, phrase: str) -> Ints32:
    """Items whose text holds a phrase, word by word; of one word as singular or plural."""
    of_words = index.holding(phrase)
    if not of_words:
        return np.empty(0, dtype=np.int32)
    items = of_words[0]
    for other in of_words[1:]:
        items = np.intersect1d(items, other, assume_unique=True)
    said = words(fold(phrase))
    if not items.size or (len(said) == 1 and not is_unspaced(said[0])):
        return items
    if items.size > MOST_READ:
        items = np.sort(items[np.argsort(-index.scores(phrase)[items], kind="stable")[:MOST_READ]])
    # A script without spaces has its phrases anywhere, others between spaces.
    apart = "" if any(map(is_unspaced, said)) else " "
    sought = f"{apart}{apart.join(said)}{apart}"
    rows = product_fields(snapshot.release.catalogue.frame[items])
    texts = ("\n".join(f"{apart}{apart.join(words(fold(text)))}{apart}" for text in fields) for fields in rows)
    return items[np.fromiter((sought in text for text in texts), dtype=np.bool_, count=items.size)]
