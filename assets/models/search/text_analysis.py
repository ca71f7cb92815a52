"""How text becomes search terms: the same for products and for queries.

Belongs here: splitting, folding, stemming and the stop list; sizes and amounts are ``quantities``. English is stemmed;
other languages that put spaces between words are matched word by word. Which terms a query may do without is decided
here too (``query_terms``).
"""

import re
import unicodedata

from assets.models.search.quantities import NUMBER, VULGAR_FRACTION, normal_quantities

__all__ = ["MAX_QUERY_CHARACTERS", "MAX_QUERY_TERMS", "STOP_WORDS", "fold", "query_terms", "stem", "terms"]

MAX_QUERY_TERMS = 64
MAX_QUERY_CHARACTERS = 2_000
MAX_TERM_CHARACTERS = 40
"""A longer run of letters is no word; it is cut, so that a hostile text does not bloat the vocabulary."""
MAX_JOINED_PARTS = 4

STOP_WORDS = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "with",
    }
)

_RUN = re.compile(rf"(?P<number>{NUMBER})|[^\W_]+(?:[-&][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])['’ʼ](?:s\b)?")
_ACCENT = re.compile("[\u0300-\u036f]")
_WORD = re.compile("[a-z]+")


def terms(text: str) -> list[str]:
    """Terms of a text in their order, repeats included.

    Unicode NFKC, lower case, accents dropped (``Café`` → ``cafe``), split on all but letters and digits. Sizes are
    brought to one form and lose their unit (see ``quantities``); fractions and decimals are one term. A term with
    a digit (a model number or SKU) is kept as it is; other English words are stemmed. A name written with a
    hyphen gives its parts and the whole, so ``WD-40`` is found as ``wd 40``, ``wd40`` and ``wd-40`` (see ``_is_name``).
    """
    folded = normal_quantities(" ".join(_POSSESSIVE.sub("", fold(text)).split()))
    found: list[str] = []
    for run in _RUN.finditer(folded):
        if run["number"]:
            found.append(_number(run["number"])[:MAX_TERM_CHARACTERS])
            continue
        parts = _PART.findall(run.group())
        found.extend(stem(part[:MAX_TERM_CHARACTERS]) for part in parts)
        if _is_name(parts):
            found.append("".join(parts)[:MAX_TERM_CHARACTERS])
    return found


def query_terms(query: str) -> list[str]:
    """Distinct terms of a query in their order, at most ``MAX_QUERY_TERMS``, without stop words.

    A query of nothing but stop words keeps them (``The Who``). Only the first ``MAX_QUERY_CHARACTERS`` are read.
    """
    distinct = list(dict.fromkeys(terms(query[:MAX_QUERY_CHARACTERS])))
    return ([t for t in distinct if t not in STOP_WORDS] or distinct)[:MAX_QUERY_TERMS]


def stem(word: str) -> str:
    """Bring English plurals and -ing/-ed forms together; short words, digits and other scripts stay as they are.

    Plurals as in Harman's S-stemmer (JASIS 1991) with -es after a hiss (``boxes`` → ``box``), then -ing and -ed
    where four letters stay (``hanging`` → ``hang``, ``ring`` stays), undoubled (``knitted`` → ``knit``), then a
    last -e of a longer word (``striped``, ``stripes`` and ``stripe`` meet at ``strip``). Light on purpose: a
    shop's words are nouns, and a heavy stemmer merges products that a shopper keeps apart.
    """
    if len(word) < 4 or not _WORD.fullmatch(word):
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + 4:
            word = word.removesuffix(ending)
            return word[:-1] if word[-1] == word[-2] and word[-1] not in "aeiouyslz" else word
    return word.removesuffix("e") if len(word) >= 6 and word[-2:] != "ee" else word


def _number(written: str) -> str:
    """``0.50``, ``.5`` and ``0.5`` are one number; a fraction stays as it is."""
    if "/" in written:
        return written
    whole, _, part = written.partition(".")
    return f"{whole or '0'}.{part.rstrip('0')}".rstrip(".")


def _is_name(parts: list[str]) -> bool:
    """Whether a hyphenated run is likely a name that is also written as one word: ``t-light``, ``dcd-771-c2``.

    Measurements (``3-1/2``) and phrases (``end-of-line``) are not: joined, they only lengthen a text and lower the
    scores of its words (NDCG@10 on the Home Depot judgments falls by .01 when every run is joined).
    """
    if not 1 < len(parts) <= MAX_JOINED_PARTS or not parts[0].isalpha():
        return False
    return len(parts) == 2 or any(not part.isalpha() for part in parts)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4 and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def fold(text: str) -> str:
    """Unicode NFKC in lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", VULGAR_FRACTION.sub(" ", text.lower()))
    return unicodedata.normalize("NFKC", _ACCENT.sub("", decomposed)).lower()
