"""Letters as they are compared: one form of what keyboards, fonts and languages write in several.

Belongs here: characters. What a word is, is `assets.models.text.splitting`; word forms are ``stemming``.

A mark is dropped only where writers may leave it out: accents of Latin and Greek letters, Arabic vowel points, Hebrew
points, the Devanagari nukta. Vowel signs of Indic scripts and of Thai, the breve of ``й`` and the dots of ``ї`` are
letters, and stay.
"""

import re
import unicodedata

from assets.models.text.quantities import VULGAR_FRACTION

__all__ = ["fold"]

_OPTIONAL = re.compile(
    "[\u0300-\u0305\u0307\u0309-\u036f]"
    "|(?<![иу])\u0306|(?<!і)\u0308"
    "|[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]"
    "|[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
    "|\u093c"
)
"""Optional marks of decomposed lower-case text, with the Arabic stretch."""

_TYPED = str.maketrans(dict.fromkeys("’‘ʼʻ`´ʹ′＇‛ꞌ՚", "'") | dict.fromkeys("‐‑‒–—―−﹣－", "-") | {"_": " "})
"""Apostrophes and dashes of any keyboard; an underscore parts words."""

_INVISIBLE = dict.fromkeys(code for code in range(0x1_0000) if unicodedata.category(chr(code)) == "Cf")
_DIGITS = {
    code: str(unicodedata.digit(chr(code))) for code in range(0x80, 0x1_0000) if unicodedata.category(chr(code)) == "Nd"
}
_LETTERS = str.maketrans(
    {
        **{"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"},
        "ς": "σ",
        "ґ": "г",
        **{"ة": "ه", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ھ": "ه", "ہ": "ه", "ۀ": "ه"},
        "ँ": "ं",
    }
)
_LATER = {**_INVISIBLE, **_DIGITS, **_LETTERS}


def fold(text: str) -> str:
    """Unicode NFKC in lower case, digits as ASCII, without optional marks and invisible characters.

    ``ß`` is ``ss``, ``æ`` is ``ae``, ``ø`` is ``o``; ``IŞIK``, ``ışık`` and ``isik`` are one word, ``ё`` is ``е``, and
    both forms of sigma are one letter. What cannot be seen is dropped; an apostrophe or a dash of any keyboard is the
    ASCII one.

    >>> fold("ＣＡＦÉ Straße ΟΔΌΣ")
    'cafe strasse οδοσ'
    """
    if text.isascii():
        return text.lower().replace("`", "'").replace("_", " ")
    decomposed = unicodedata.normalize("NFKD", VULGAR_FRACTION.sub(" ", text.translate(_TYPED).lower()))
    plain = _OPTIONAL.sub("", decomposed).translate(_LATER)
    return unicodedata.normalize("NFKC", plain).lower()
