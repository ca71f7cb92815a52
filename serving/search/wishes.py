"""What a query asks for besides words: prices (``under 50 euro``) and what a product must not have (``without lid``).

What belongs here: reading these. Each is a filter that is given up where no product keeps it; what a shopper insists on
is `serving.search.typed_query`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.text.folding import fold
from assets.models.text.splitting import words
from evaluation.arrays import Bools, Ints32
from serving.release.snapshot import Snapshot

__all__ = ["PriceWish", "lacking", "price_wish", "unwanted_words"]

_MOST_WORDS = 5
_MOST_READ = 2_000
"""Products whose titles are read for one word: a bound on the work."""
_MOST_REMEMBERED = 500
"""Words whose products are remembered: the frequent ones come first, and each takes 8 kB at most."""
_NUMBER = r"(\d{1,9}(?:[.,]\d{1,3})*)"
_CURRENCIES: Mapping[str, str] = {
    "EUR": "€|euros?|eur",
    "USD": r"\$|dollars?|usd|bucks",
    "GBP": "£|gbp|quid",
    "CHF": "chf|franken|fr",
    "PLN": "zł|pln",
    "SEK": "kr|kronor|sek",
    "NOK": "kr|kroner|nok",
    "DKK": "kr|kroner|dkk",
    "JPY": "¥|yen|jpy",
}
_BELOW = (
    "under|below|less than|cheaper than|lower than|unter|weniger als|billiger als|günstiger als|moins de|menos de|"
    "meno di|sotto|minder dan|onder|<=?"
)
_UP_TO = "up to|at most|no more than|max(?:imum|imal|\\.)?|bis(?: zu)?|höchstens|jusqu['’]à|hasta|fino a|tot|jusque"
_ABOVE = (
    "over|above|more than|at least|min(?:imum|\\.)?|from|über|ab|mehr als|mindestens|plus de|à partir de|más de|desde|"
    "più di|oltre|meer dan|boven|vanaf|>=?"
)
_PAIRS = (
    "(?:between|from)|zwischen|von|entre|tra|tussen|van|de",
    "and|to|und|bis|et|à|y|e|en|tot|a",
)
_WITHOUT = (
    "without",
    "no",
    "ohne",
    "kein",
    "keine",
    "sans",
    "sin",
    "senza",
    "zonder",
    "geen",
    "bez",
    "uden",
    "utan",
    "uten",
)
_FREE = frozenset(["free", "less", "frei", "los", "libre", "vrij", "fri"])
_UNWANTED = re.compile(
    rf"(?<!\S)(?:{'|'.join(_WITHOUT)})\s+(?:(?:a|an|any|the)\s+)?(?=[^\W\d_])([\w'’-]{{3,40}})(?!\S)", re.IGNORECASE
)


_LAST_PART = re.compile(r"([.,])(?=\d+$)")
_THOUSANDS = 3
"""Digits behind a point or a comma that parts thousands."""


class PriceWish(NamedTuple):
    """Prices that a query asks for, both ends inclusive."""

    text: str
    """The query without them."""
    low: float | None
    high: float | None

    @property
    def filter(self) -> str:
        """As a condition on products: ``price:..50``."""
        ends = ["" if end is None else f"{end:.10g}" for end in (self.low, self.high)]
        return f"price:{ends[0]}..{ends[1]}"


@dataclass(frozen=True, slots=True)
class _Forms:
    """Expressions of a currency."""

    between: re.Pattern[str]
    below: re.Pattern[str]
    above: re.Pattern[str]
    bare_below: re.Pattern[str]
    bare_between: re.Pattern[str]


@cache
def _forms(currency: str) -> _Forms:
    unit = f"(?:{_CURRENCIES.get(currency, re.escape(currency.lower()))})"
    # The sign stands before or behind the number, and once or twice in a pair.
    amount = rf"(?:{unit}\s?{_NUMBER}|{_NUMBER}\s?{unit})(?!\w)"
    loose = rf"(?:{unit}\s?)?{_NUMBER}(?:\s?{unit})?"
    first, second = _PAIRS

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(rf"(?<!\S){pattern}(?!\S)", re.IGNORECASE)

    return _Forms(
        between=compiled(rf"(?:(?:{first})\s+)?{loose}\s*(?:-|–|\s(?:{second})\s)\s*{amount}"),
        below=compiled(rf"(?:{_BELOW}|{_UP_TO})\s*{amount}"),
        above=compiled(rf"(?:{_ABOVE})\s*{amount}"),
        # Without a currency it may be an age or a size: read where the query ends so, and "over 50" never.
        bare_below=re.compile(rf"(?<=\S)\s+(?:{_BELOW})\s*{_NUMBER}\s*$", re.IGNORECASE),
        bare_between=re.compile(
            rf"(?<=\S)\s+(?:between|zwischen|entre|tra|tussen)\s+{_NUMBER}\s+(?:{second})\s+{_NUMBER}\s*$",
            re.IGNORECASE,
        ),
    )


def price_wish(query: str, currency: str) -> PriceWish | None:
    """The prices that a query asks for in the shop's currency; none where it asks for none.

    >>> price_wish("lamp under 50 euro", "EUR")
    PriceWish(text='lamp', low=None, high=50.0)
    """
    if not any(map(str.isdigit, query)) or '"' in query:
        return None
    forms = _forms(currency)
    for pattern, kind in (
        (forms.between, "between"),
        (forms.below, "below"),
        (forms.above, "above"),
        (forms.bare_between, "between"),
        (forms.bare_below, "below"),
    ):
        found = pattern.search(query)
        if found is None:
            continue
        ends = [_amount(text) for text in found.groups() if text is not None]
        low = None if kind == "below" else ends[0]
        high = None if kind == "above" else ends[-1]
        if low is not None and high is not None and low > high:
            return None
        return PriceWish(" ".join((query[: found.start()] + " " + query[found.end() :]).split()), low, high)
    return None


def _amount(text: str) -> float:
    """A number with a point or a comma, before decimals or thousands."""
    whole, _, last = ("", "", text) if text.isdigit() else _LAST_PART.split(text)
    whole = re.sub("[.,]", "", whole)
    return float(f"{whole}{last}" if not whole or len(last) >= _THOUSANDS else f"{whole}.{last}")


def unwanted_words(query: str) -> tuple[str, tuple[str, ...]]:
    """A query less the words for *without*, and the words that it wants products to be without.

    >>> unwanted_words("mug without a lid")
    ('mug lid', ('lid',))
    """
    unwanted = tuple(dict.fromkeys(_UNWANTED.findall(query)))[:_MOST_WORDS]
    return (_UNWANTED.sub(r"\1", query), unwanted) if unwanted else (query, ())


def lacking(snapshot: Snapshot, unwanted: tuple[str, ...]) -> Bools | None:
    """bool[n] of the products whose title and tags do not say that they have one of ``unwanted``.

    What says ``lactose-free`` or ``without lid`` has none. None without a word index, or where nothing is unwanted.
    """
    index = snapshot.release.lexical_index
    if index is None or not unwanted:
        return None
    mask = np.ones(index.n_items, dtype=np.bool_)
    for word in unwanted:
        mask[_having(snapshot, index, word)] = False
    return mask


def _having(snapshot: Snapshot, index: LexicalIndex, word: str) -> Ints32:
    known = snapshot.having.get(word)
    if known is not None:
        return known
    of_words = index.holding(word)
    meant = words(fold(word))
    if not of_words or not meant:
        return np.empty(0, dtype=np.int32)
    items = of_words[0][:_MOST_READ]
    # Descriptions, which take longest to read, are the last field: none of the others depends on them.
    rows = product_fields(snapshot.release.catalogue.frame[items].with_columns(description=pl.lit(None, pl.String)))
    told = (words(fold(f"{fields.title} . {fields.tags}")) for fields in rows)
    found = items[np.fromiter((_has(text, meant[0]) for text in told), dtype=np.bool_, count=items.size)]
    if len(snapshot.having) < _MOST_REMEMBERED:
        snapshot.having[word] = found
    return found


def _has(told: list[str], word: str) -> bool:
    places = [n for n, other in enumerate(told) if other.rstrip("s") == word.rstrip("s")]
    without = [
        (n > 0 and told[n - 1] in (*_WITHOUT, "non")) or (n + 1 < len(told) and told[n + 1] in _FREE) for n in places
    ]
    return bool(places) and not any(without)
