"""Sizes and amounts as shops and shoppers write them, brought to one form.

Belongs here: numbers, fractions, units and dimensions. Words are `assets.models.text.analysis`.

A shop writes ``4 in. x 8 ft. (1-1/2 Gal.)`` and a shopper ``4"x8' 1.5gallons``. The number is what tells products
apart, and a shopper leaves the unit out or mistakes it more often than not: a unit right behind a number is dropped
(docs/decisions/0023).
"""

import re
from collections.abc import Iterator
from fractions import Fraction

__all__ = ["NUMBER", "VULGAR_FRACTION", "decimal_points", "normal_quantities", "number_terms", "other_amounts"]

UNITS = (
    "inches|inch|ins|in|feet|foot|ft|yards|yard|yd|mm|cm|millimeters?|centimeters?|meters?|metres?"
    "|gallons|gallon|gals|gal|litres?|liters?|quarts|quart|qt|ounces|ounce|oz|pounds|pound|lbs|lb|kg|ml"
    "|watts|watt|w|volts|volt|v|amps|amp|hp|btu|sq|square|sqft|sf|cu|cubic|cuft|packs|pack|pk|pieces|piece|pcs|pc"
)
NUMBER = r"\d+/\d+(?![\w/])|\d*\.\d+(?!\w)"
"""Fractions and decimals, which stay one term; whole numbers are words like others."""

VULGAR_FRACTION = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
"""Where a fraction of one character follows a number: normalised by Unicode, ``2½`` would become ``21/2``."""

_DECIMAL_UNIT = re.compile(r"(?<![\w.])(\d*\.\d+)(?=[^\W\d])")
"""A decimal that a unit follows without a space."""
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_INCH_MARK = re.compile("(?<=\\d) ?(?:''|’’|[\"”“″])")
_FOOT_MARK = re.compile("(?<=\\d) ?['’ʼ′](?!s\\b)")
_UNIT = re.compile(rf"(?<=\d)[ -]?(?:{UNITS})\b\.?(?:[ -]?(?:ft|feet|foot|in)\b\.?)?(?: ?[dwhl]\b\.?)?")
_TIMES = re.compile(r"(?<=\d) *(?:x|by|\*|×) *(?=\.?\d)")
_DIMENSION = re.compile(r"(?<=\d) {0,3}[dwhl] ?x (?=\.?\d)")
_MIXED = re.compile(r"(?<=\d)-(?=\d+/\d)")
_IN_WORDS = re.compile(rf"\b(half|quarter|(?:three|3)[ -]quarters?)(?: an?)?[ -](?=(?:{UNITS})\b)")
_WORTH = {"half": "1/2", "quarter": "1/4"}
_EIGHTHS = {"125": "1/8", "25": "1/4", "375": "3/8", "5": "1/2", "625": "5/8", "75": "3/4", "875": "7/8"}
"""Decimals that have a name as a fraction."""
_METRIC: dict[str, tuple[tuple[str, int, str], ...]] = {
    "length": (
        ("mm", 1, "millimet(?:er|re)s?"),
        ("cm", 10, "centimet(?:er|re)s?"),
        ("m", 1_000, "met(?:er|re)s?"),
    ),
    "mass": (("g", 1, "grams?|gramm"), ("kg", 1_000, "kilos?|kilograms?|kilogramm")),
    "volume": (
        ("ml", 1, "millilit(?:er|re)s?"),
        ("cl", 10, "centilit(?:er|re)s?"),
        ("dl", 100, "decilit(?:er|re)s?"),
        ("l", 1_000, "lit(?:er|re)s?"),
    ),
}
"""Dimension → units as titles write them, how many of the smallest each is, and other spellings."""
_UNIT_OF = {unit: dimension for dimension, units in _METRIC.items() for unit, _, _ in units}
_SPELT = "|".join(f"(?P<{unit}>(?:{unit}|{more}))" for units in _METRIC.values() for unit, _, more in units)
_AMOUNT = re.compile(
    r"(?<![\w./,-])(?P<whole>\d{1,6}(?=[ -]\d+/\d))?[ -]?(?P<number>\d{1,3}/\d{1,3}|\d{0,6}\.\d{1,3}|\d{1,6})"
    rf" ?(?:{_SPELT})(?![\w/]|[.-]\w)"
)
_MOST_AMOUNTS = 4
_DECIMALS = 1_000
_DECIMAL_COMMA = re.compile(r"(?<!\d)(?<!\d,)(\d+),(\d{1,2})(?![\d,])")


def normal_quantities(text: str) -> str:
    """``text`` with units behind numbers dropped, dimensions apart and fractions written with ``/``.

    An amount in words right before a unit is a fraction too (``half an inch``).

    >>> normal_quantities('2x4 3-1/2 in. x 4" 5gal.')
    '2 4 3 1/2 4  5 '

    Args:
        text: Lower-case, with single spaces.
    """
    text = text.replace("\u2044", "/")
    text = _IN_WORDS.sub(lambda found: f"{_WORTH.get(found[1], '3/4')} ", text)
    text = _MIXED.sub(" ", _THOUSANDS.sub("", text))
    text = _FOOT_MARK.sub(" ", _INCH_MARK.sub(" ", text))
    text = _TIMES.sub(" ", text)
    text = _DECIMAL_UNIT.sub(r"\1 ", _UNIT.sub(" ", text))
    return _TIMES.sub(" ", _DIMENSION.sub(" ", text))


def decimal_points(text: str) -> str:
    """``text`` with ``0,5`` as ``0.5``, for languages that write a comma there."""
    return _DECIMAL_COMMA.sub(r"\1.\2", text)


def number_terms(written: str) -> list[str]:
    """Terms of what ``NUMBER`` matched: ``0.50``, ``.5``, ``0.5`` and ``1/2`` are one, and ``1.5`` is ``1 1/2``."""
    if "/" in written:
        return [written]
    whole, _, part = written.partition(".")
    whole, part = whole.lstrip("0"), part.rstrip("0")
    if part in _EIGHTHS:
        return [*([whole] if whole else []), _EIGHTHS[part]]
    return [f"{whole or '0'}.{part}".rstrip(".")]


def other_amounts(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each metric amount of ``text`` with its unit, as it is written, and the same in the other units of its dimension.

    Those of more than three decimals are left out, and so is a number that is part of a longer one or of a name.

    >>> list(other_amounts("bottle 0.5 l"))
    [('0.5 l', ['500 ml', '50 cl', '5 dl'])]

    Args:
        text: Folded, with single spaces and decimal points. At most four amounts are read.
    """
    for count, found in enumerate(_AMOUNT.finditer(text)):
        if count == _MOST_AMOUNTS:
            return
        unit = next(name for name in _UNIT_OF if found[name])
        top, _, bottom = found["number"].partition("/")
        if bottom and not int(bottom):
            continue
        sizes = {name: size for name, size, _ in _METRIC[_UNIT_OF[unit]]}
        amount = (Fraction(found["whole"] or 0) + Fraction(top) / int(bottom or 1)) * sizes.pop(unit)
        others = {name: amount / size * _DECIMALS for name, size in sizes.items()}
        written = [f"{float(n / _DECIMALS):.10g} {name}" for name, n in others.items() if n and n.denominator == 1]
        yield found.group().strip(" -"), written
