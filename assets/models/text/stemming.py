"""Forms of one word brought together, language by language.

Belongs here: what a folded word is compared by. English has a light stemmer of its own, Arabic one after Larkey; the
others are Snowball's, with what its algorithms lose on folded words put right before or after it.
"""

import re
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import NamedTuple

__all__ = ["LANGUAGES", "Language", "singular", "stemmer_of"]

Stem = Callable[[str], str]


class Language(NamedTuple):
    """How words of a language are brought together."""

    script: str
    snowball: str | None = None
    """Name of Snowball's algorithm."""
    before: tuple[tuple[str, str], ...] = ()
    """Patterns with what replaces them, in folded words."""
    after: tuple[tuple[str, str], ...] = ()
    """The same, in stems."""
    compounds: bool = False
    """Whether words are joined to longer ones without a space."""
    elides: bool = False
    """Whether an article is joined to the next word by an apostrophe."""


LANGUAGES: dict[str, Language] = {
    "ar": Language("arabic"),
    "bg": Language("cyrillic"),
    "bn": Language("bengali"),
    "ca": Language("latin", "catalan", elides=True),
    "cs": Language("latin", "czech", before=((r"ek$", "k"),)),
    "da": Language("latin", "danish", before=((r"aa", "a"), (r"oe", "o")), compounds=True),
    "de": Language("latin", "german", compounds=True),
    "el": Language("greek", "greek", before=((r"ματ(?:α|οσ|ων)$", "μα"),)),
    "en": Language("latin"),
    "es": Language("latin", "spanish", after=((r"z$", "c"),)),
    "fa": Language("arabic", "persian"),
    "fi": Language("latin", "finnish", after=((r"(?<=...)[aeiouy]$", ""), (r"(.)\1", r"\1")), compounds=True),
    "fr": Language("latin", "french", before=((r"(?<=[^s])s$|(?<=ou)x$", ""),), elides=True),
    "he": Language("hebrew", before=((r"(?<=...)(?:ים|ות)$", ""), (r"(?<=...)ה$", ""))),
    "hi": Language("devanagari", "hindi"),
    "hu": Language("latin", before=((r"(?<=...)[aeiou]k$|(?<=....)k$", ""), (r"(?<=...)[aeiou]$", ""))),
    "id": Language("latin", "indonesian"),
    "it": Language("latin", "italian", elides=True),
    "ja": Language("unspaced"),
    "ko": Language("unspaced"),
    "nl": Language("latin", "dutch", after=((r"(?<=..)e$", ""), (r"([aeou])\1", r"\1")), compounds=True),
    "no": Language("latin", "norwegian", before=((r"aa", "a"), (r"oe", "o")), compounds=True),
    "pl": Language("latin", "polish", before=((r"(?<=...)ow$", ""), (r"ek$", "k"))),
    "pt": Language("latin", "portuguese", before=((r"[oa]es$", "ao"), (r"(?<=.[aeou])is$", "l"))),
    "ro": Language("latin", "romanian"),
    "ru": Language("cyrillic", "russian"),
    "sv": Language("latin", "swedish", compounds=True),
    "ta": Language("tamil", "tamil"),
    "th": Language("unspaced"),
    "tr": Language(
        "latin",
        before=(
            (r"(?<=...)l[ae]r(?:i|in|inin|a|e|d[ae]|d[ae]n)?$", ""),
            (r"(?<=...)s[iu]$", ""),
            (r"(?<=...)[iu]$", ""),
        ),
        after=((r"g$", "k"), (r"b$", "p")),
    ),
    "uk": Language("cyrillic", before=((r"(?<=...)(?:ами|ями|ові|ого|ої|ий|ій|[аеиіоуюяь])$", ""),)),
    "zh": Language("unspaced"),
}
"""Languages that a shop may declare, by ISO 639-1."""

_LATIN_WORD = re.compile("[a-z]+")


def stem_english(word: str) -> str:
    """Bring English plurals and -ing/-ed forms together; short words, digits and other scripts stay as they are.

    Plurals as in Harman's S-stemmer (JASIS 1991) with -es after a hiss (``boxes`` → ``box``), then -ing and -ed
    where four letters stay (``hanging`` → ``hang``, ``ring`` stays), undoubled (``knitted`` → ``knit``), then a
    last -e of a longer word (``striped``, ``stripes`` and ``stripe`` meet at ``strip``). Light on purpose: a
    shop's words are nouns, and a heavy stemmer merges products that a shopper keeps apart.
    """
    if len(word) < 4 or not _LATIN_WORD.fullmatch(word):
        return word
    word = singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + 4:
            word = word.removesuffix(ending)
            return word[:-1] if word[-1] == word[-2] and word[-1] not in "aeiouyslz" else word
    return word.removesuffix("e") if len(word) >= 6 and word[-2:] != "ee" else word


def singular(word: str) -> str:
    """An English word of four letters and more without the ending of its plural."""
    if word.endswith("ies") and len(word) > 4 and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")
_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


def stem_arabic(word: str) -> str:
    """A folded Arabic word without article and endings, as by light10 (Larkey, Ballesteros and Connell, SIGIR 2002)."""
    if word.startswith("و") and len(word) > 3:
        word = word[1:]
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + 2:
            word = word.removeprefix(article)
            break
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 2:
            word = word.removesuffix(ending)
    return word


@cache
def stemmer_of(code: str) -> Stem:
    """The stemmer of a language of ``LANGUAGES``: folded word → stem, never empty."""
    if code == "en":
        return stem_english
    if code == "ar":
        return stem_arabic
    language = LANGUAGES[code]
    before = [(re.compile(pattern), instead) for pattern, instead in language.before]
    after = [(re.compile(pattern), instead) for pattern, instead in language.after]
    whole = _snowball(language.snowball) if language.snowball else str

    def stem(word: str) -> str:
        shorter = word
        for pattern, instead in before:
            shorter = pattern.sub(instead, shorter)
        shorter = whole(shorter)
        for pattern, instead in after:
            shorter = pattern.sub(instead, shorter)
        return shorter or word

    return stem


def _snowball(algorithm: str) -> Stem:
    import Stemmer

    stemmer = Stemmer.Stemmer(algorithm, 0)  # callers remember what they ask, so it need not
    alone = Lock()  # it must not be called by two threads at once

    def stem(word: str) -> str:
        with alone:
            return str(stemmer.stemWord(word))

    return stem
