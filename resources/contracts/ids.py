"""One text for one id, whatever type it came in: ``17850``, ``17850.0`` and ``17850.00`` are the same customer.

What belongs here: how a column of ids is read. A whole number has no fraction; a true fraction, or a float too large to
tell neighbours apart, breaks a rule. Blanks at the ends and signs without width go, JSON strings lose their quotation
marks, and words that mean "none" are null. Which columns are ids is by their names: ``…_id``.
"""

import polars as pl

__all__ = ["BLANKS", "NONE_WORDS", "id_rules", "id_text", "is_id", "trimmed"]

NONE_WORDS = ("", "nan", "null", "none", "n/a", "#n/a", "<na>", "nil", "undefined", "(null)", "(none)")
"""Texts that mean that there is no id, in any case of letters."""
_EXACT = float(2**53)
"""Floats from here on are further apart than 1."""
_WITHOUT_WIDTH = r"[\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}\u{00AD}]"
BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000"


def is_id(column: str) -> bool:
    """Whether a column of a contract holds ids."""
    return column.endswith("_id")


def trimmed(column: pl.Expr) -> pl.Expr:
    """Text without blanks at its ends and signs that nobody sees."""
    return column.str.replace_all(_WITHOUT_WIDTH, "").str.strip_chars(BLANKS)


def id_text(name: str, have: pl.DataType) -> pl.Expr:
    """The column ``name`` of type ``have`` as ids; null where there is none, and where `id_rules` has a rule."""
    column = pl.col(name)
    if have.is_float():
        whole = column.is_finite() & (column == column.floor()) & (column.abs() < _EXACT)
        return pl.when(whole).then(column.cast(pl.Int64, strict=False)).cast(pl.String).alias(name)
    if have.is_decimal():
        return column.cast(pl.String).str.replace(r"\.0+$", "").alias(name)
    text = trimmed(column.cast(pl.String))
    unquoted = (
        pl.when(text.str.contains(r'^".*"$')).then(trimmed(text.str.slice(1, text.str.len_chars() - 2))).otherwise(text)
    )
    return pl.when(~unquoted.str.to_lowercase().is_in(NONE_WORDS)).then(unquoted).alias(name)


def id_rules(name: str, have: pl.DataType) -> list[tuple[pl.Expr, str]]:
    """Conditions under which a value is no id, each with the rule that it breaks."""
    column = pl.col(name)
    if have.is_float():
        return [
            (column.is_infinite(), f"{name}|finite"),
            (column.is_finite() & (column != column.floor()), f"{name}|fraction"),
            (column.is_finite() & (column.abs() >= _EXACT), f"{name}|too_large_for_a_float"),
        ]
    if have.is_decimal():
        return [(column.cast(pl.String).str.contains(r"\.\d*[1-9]"), f"{name}|fraction")]
    return []
