"""Forms of one word brought together, language by language.

Belongs here: what a folded word is compared by. English has a light stemmer of its own, Arabic one after Larkey; the
others are Snowball's, with what its algorithms lose on folded words put right before or after it.
"""

import re
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import NamedTuple

__all__ = ["LANGUAGES", "Language", "singular", "stemmer_of", "stemmers_of"]

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
    prefixes: str | None = None
    """Pattern of articles and prepositions that are written at the beginning of the next word."""


_NORDIC_WORDS = ((r"aa", "a"), (r"oe", "o"), (r"(?<=...)er(?:e|en|ne)$", "er"))
"""Letters in two spellings, and endings behind the one that Snowball takes off."""
_NORDIC_STEMS = ((r"(?<=..)e(?=[lr]$)", ""), (r"(.)\1(?=[lr]$)", r"\1"))
"""A vowel that the plural drops, and a consonant before it that is written twice or once."""

LANGUAGES: dict[str, Language] = {
    "ar": Language("arabic"),
    "bg": Language(
        "cyrillic",
        before=(
            (r"(?<=..)(?:[оеи]вете|[ое]вци|[ое]ве)$|(?<=..)(?:ата|ята|ото|ето|ите)$|(?<=...)(?:ът|ят)$", ""),
            (r"(?<=..)[аеиоуюя]$", ""),
            (r"(?<=и)ц$", "к"),
            (r"я(?=[^аеиоуюя]$)", "е"),
            (r"(?<=..)[еъ](?=[нлрц]$)", ""),
        ),
    ),
    "bn": Language(
        "bengali",
        before=(
            (r"(?<=..)(?:গুলো|গুলি|টি|টা)(?:র|কে|তে)?$", ""),
            ("(?<=..)(?:য\u09bcের|দের|ের|কে|তে)$", ""),
            ("(?<=.[\u0985-\u0994\u09be-\u09cc])(?:র|য\u09bc)$", ""),
        ),
    ),
    "ca": Language("latin", "catalan", before=((r"(?<=...[aeiou])ns$", ""),), elides=True),
    "cs": Language(
        "latin",
        "czech",
        before=((r"ek$", "k"),),
        after=((r"(?<=..)e(?=[clnr]$)", ""), (r"^([^aeiouy]{1,2})u([^aeiouy])$", r"\1o\2")),
    ),
    "da": Language("latin", "danish", before=_NORDIC_WORDS, after=_NORDIC_STEMS, compounds=True),
    "de": Language("latin", "german", before=((r"(?<=..[^o][oy])s$", ""),), compounds=True),
    "el": Language("greek", "greek", before=((r"ματ(?:α|οσ|ων)$", "μα"), (r"(?<=..)ογια$", "οι"))),
    "en": Language("latin"),
    "es": Language("latin", "spanish", after=((r"z$", "c"),)),
    "fa": Language("arabic", "persian"),
    "fi": Language(
        "latin",
        "finnish",
        before=((r"(?<=...[aeiouy])t$", ""), (r"(?<=..)as$", "a"), (r"(?<=...)in$", "im"), (r"(?<=..)nen$", "se")),
        after=(
            (r"(?<=...)[aeiouy]$", ""),
            (r"(?<=...)im?$", ""),
            (r"(.)\1", r"\1"),
            (r"nk$", "ng"),
            (r"d$", "t"),
            (r"hk$", "h"),
            (r"ks$", "s"),
        ),
        compounds=True,
    ),
    "fr": Language("latin", "french", before=((r"(?<=[^s])s$|(?<=ou)x$", ""),), elides=True),
    "he": Language(
        "hebrew",
        before=(
            (r"(?<=..)(?:יים|ים|ות)$", ""),
            (r"(?<=...)[התי]$", ""),
            *((f"{final}$", plain) for final, plain in zip("ךםןףץ", "כמנפצ", strict=True)),
        ),
        prefixes=r"ו?ה(?=..)|[ובכלמש](?=....)",
    ),
    "hi": Language("devanagari", "hindi"),
    "hu": Language(
        "latin",
        before=((r"(?<=...)[aeiou]k$|(?<=....)k$", ""), (r"(?<=...)[aeiou]$", "")),
        after=((r"(?<=..)[eo](?=[lmr]$)", ""),),
        compounds=True,
    ),
    "id": Language("latin", "indonesian"),
    "it": Language("latin", "italian", elides=True),
    "ja": Language("unspaced"),
    "ko": Language("unspaced"),
    "nl": Language(
        "latin",
        "dutch",
        after=((r"(?<=..)e$", ""), (r"([aeou])\1", r"\1"), (r"(?<=[^aeious])s$", "")),
        compounds=True,
    ),
    "no": Language("latin", "norwegian", before=_NORDIC_WORDS, after=_NORDIC_STEMS, compounds=True),
    "pl": Language(
        "latin", "polish", before=((r"(?<=...)ow$", ""), (r"ek$", "k")), after=((r"(?<=..)i?e(?=[clnr]$)", ""),)
    ),
    "pt": Language(
        "latin", "portuguese", before=((r"[oa]es$", "ao"), (r"(?<=.)aos$", "ao"), (r"(?<=.[aeou])is$", "l"))
    ),
    "ro": Language("latin", "romanian", after=((r"z$", "d"), (r"ea(?=.)", "e"), (r"oa(?=.)", "o"))),
    "ru": Language("cyrillic", "russian", after=((r"(?<=...)[ео](?=[клнрц]$)", ""), (r"(?<=..)ь(?=[кц]$)", ""))),
    "sv": Language(
        "latin", "swedish", after=((r"(?<=...)or$", ""), *_NORDIC_STEMS, (r"([mn])\1$", r"\1")), compounds=True
    ),
    "ta": Language("tamil", "tamil", before=((r"ங்கள்$", "ம்"), (r"(?<=..)(?:க்)?கள்$", ""))),
    "th": Language("unspaced"),
    "tr": Language(
        "latin",
        before=(
            (r"(?<=...)l[ae]r(?:i|in|inin|a|e|d[ae]|d[ae]n)?$", ""),
            (r"(?<=..[aeiou])s[iu]$", ""),
            (r"(?<=...)[iu]$", ""),
        ),
        after=((r"g$", "k"), (r"b$", "p")),
    ),
    "uk": Language(
        "cyrillic",
        before=(
            (r"(?<=...)(?:ами|ями|ові|еві|ого|ому|ої|ий|ій|их|іх|ах|ях|ам|ям|ом|ем|єм|ою|ею|єю|ів|їв)$", ""),
            (r"(?<=..)[аеиіоуюяь]$", ""),
            (r"(?<=...)[еоі](?=[клнрц]$)", ""),
            (r"ь(?=[кц]$)", ""),
            (r"і(?=[^аеиіоуюяйь]$)", "о"),
        ),
    ),
    "zh": Language("unspaced"),
}
"""Languages that a shop may declare, by ISO 639-1."""

_LATIN_WORD = re.compile("[a-z]+")
_VOICED = re.compile("(?:(?<=[eo]a|ar)|(?<=l))ve?$|(?<=..i)[fv]e?$")


def stem_english(word: str) -> str:
    """Bring English plurals and -ing/-ed forms together; short words, digits and other scripts stay as they are.

    Plurals as in Harman's S-stemmer (JASIS 1991) with -es after a hiss (``boxes`` → ``box``), then -ing and -ed
    where four letters stay (``hanging`` → ``hang``, ``ring`` stays), undoubled (``knitted`` → ``knit``), then a
    last -e of a longer word (``striped``, ``stripes`` and ``stripe`` meet at ``strip``), and the sound that a plural
    changes (``shelves`` and ``shelf``, ``knives`` and ``knife``). Light on purpose: a
    shop's words are nouns, and a heavy stemmer merges products that a shopper keeps apart.
    """
    if len(word) < 4 or not _LATIN_WORD.fullmatch(word):
        return word
    word = singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + 4:
            word = word.removesuffix(ending)
            return word[:-1] if word[-1] == word[-2] and word[-1] not in "aeiouyslz" else word
    word = word.removesuffix("e") if len(word) >= 6 and word[-2:] != "ee" else word
    return _VOICED.sub("f", word)


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
    word = _without_and(word)
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + 2:
            word = _without_and(word.removeprefix(article))
            break
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 2:
            word = word.removesuffix(ending)
    return word


def _without_and(word: str) -> str:
    return word[1:] if word.startswith("و") and len(word) > 3 else word


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


def stemmers_of(code: str) -> tuple[Stem, ...]:
    """The stemmer of a language, and where its words may have a prefix the one that takes such a prefix off first."""
    stem = stemmer_of(code)
    if not (prefixes := LANGUAGES[code].prefixes):
        return (stem,)
    prefix = re.compile(prefixes)
    return stem, lambda word: stem(prefix.sub("", word, count=1) if prefix.match(word) else word)


def _snowball(algorithm: str) -> Stem:
    import Stemmer

    stemmer = Stemmer.Stemmer(algorithm, 0)  # callers remember what they ask, so it need not
    alone = Lock()  # it must not be called by two threads at once

    def stem(word: str) -> str:
        with alone:
            return str(stemmer.stemWord(word))

    return stem
