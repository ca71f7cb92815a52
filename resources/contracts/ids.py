"""One text for one id, whatever type it came in: ``17850``, ``17850.0`` and ``17850.00`` are the same customer.

What belongs here: how a column of ids is read. A whole number has no fraction; a true fraction, or a float too large to
tell neighbours apart, breaks a rule. Blanks at the ends and signs without width go, JSON strings lose their quotation
marks, and words that mean "none" are null. Which columns are ids is by their names: ``…_id``.
"""

from collections.abc import Collection

import polars as pl

__all__ = ["BLANKS", "NONE_WORDS", "id_rules", "id_text", "is_id", "odd_number", "trimmed"]

NONE_WORDS = ("", "nan", "null", "none", "n/a", "#n/a", "<na>", "nil", "undefined", "(null)", "(none)")
"""Texts that mean that there is no id, in any case of letters."""
_WITHOUT_WIDTH = (
    r"[\x00\u{00AD}\u{061C}\u{180E}\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2060}-\u{2064}\u{2066}-\u{2069}"
    r"\u{FE00}-\u{FE0F}\u{FEFF}]"
)
BLANKS = " \t\r\n\v\f\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ZERO_FRACTION = r"^(-?\d+)\.0+$"


def is_id(column: str) -> bool:
    """Whether a column of a contract holds ids."""
    return column.endswith("_id")


def odd_number(column: str) -> str:
    """Name of the column in which a source hands on the text of a number that is no id in ``column``."""
    return f"{column} as number"


def trimmed(column: pl.Expr) -> pl.Expr:
    """Text without blanks at its ends and signs that nobody sees."""
    return column.str.replace_all(_WITHOUT_WIDTH, "").str.strip_chars(BLANKS)


def id_text(name: str, have: pl.DataType) -> pl.Expr:
    """The column ``name`` of type ``have`` as ids; null where there is none, and where `id_rules` has a rule."""
    column = pl.col(name)
    if have.is_float():
        whole = column.is_finite() & (column == column.floor()) & (column.abs() < _exact(have))
        return pl.when(whole).then(column.cast(pl.Int64, strict=False)).cast(pl.String).alias(name)
    if have.is_decimal():
        return column.cast(pl.String).str.replace(r"\.0+$", "").alias(name)
    text = trimmed(column.cast(pl.String))
    unquoted = (
        pl.when(text.str.contains(r'^".*"$')).then(trimmed(text.str.slice(1, text.str.len_chars() - 2))).otherwise(text)
    )
    known = pl.when(~unquoted.str.to_lowercase().is_in(NONE_WORDS)).then(unquoted)
    return known.str.replace(_ZERO_FRACTION, "${1}").alias(name)


def _exact(have: pl.DataType) -> float:
    """From here on floats of this type are further apart than 1."""
    return float(2**53 if have == pl.Float64 else 2**24)


def id_rules(name: str, have: pl.DataType, others: Collection[str] = ()) -> list[tuple[pl.Expr, str]]:
    """Conditions under which a value is no id, each with its rule; ``others`` are the frame's columns."""
    column = pl.col(name)
    if odd_number(name) in others:
        odd = pl.col(odd_number(name))
        has_point = odd.str.contains(".", literal=True)
        return [(has_point, f"{name}|fraction"), (~has_point, f"{name}|finite")]
    if have.is_float():
        return [
            (column.is_infinite(), f"{name}|finite"),
            (column.is_finite() & (column != column.floor()), f"{name}|fraction"),
            (column.is_finite() & (column.abs() >= _exact(have)), f"{name}|too_large_for_a_float"),
        ]
    if have.is_decimal():
        return [(column.cast(pl.String).str.contains(r"\.\d*[1-9]"), f"{name}|fraction")]
    return []
