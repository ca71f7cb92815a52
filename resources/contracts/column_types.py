"""From the types that sources yield to the types that the contracts declare.

What belongs here: how one column is read. Ids are `resources.contracts.ids`, times `resources.contracts.times`; which
columns there are, and what their values may be, is in `resources.contracts.declared`.
"""

from collections.abc import Mapping

import polars as pl

from resources.contracts.ids import BLANKS, id_rules, id_text, is_id, trimmed
from resources.contracts.times import as_read, in_range, of_dates, parsed

__all__ = ["emptied", "moment", "normalised", "unreadable_values"]

TRUTH_WORDS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
_DECIMAL_COMMA = r"^[+-]?[\d.\s]*\d,\d+$"


def unreadable_values(schema: pl.Schema, columns: Mapping[str, pl.DataType]) -> pl.Expr:
    """List of the rules that a row breaks by values which a cast would lose, or change, without a trace.

    ``<column>|dtype``: text that is no time, number or truth value, and a number that is not whole where the contract
    wants an integer. ``|decimal_comma``, ``|out_of_range`` of times, and what `id_rules` names, say more.
    """
    lost = [
        pl.when(wrong).then(pl.lit(rule))
        for name, want in columns.items()
        for wrong, rule in _rules(name, want, schema[name], schema)
    ]
    return pl.concat_list(lost).list.drop_nulls() if lost else pl.lit([], dtype=pl.List(pl.String))


def _rules(name: str, want: pl.DataType, have: pl.DataType, schema: pl.Schema) -> list[tuple[pl.Expr, str]]:
    """Conditions and the rule that each breaks."""
    column, dtype = pl.col(name), f"{name}|dtype"
    if is_id(name):
        return id_rules(name, have)
    if isinstance(want, pl.Datetime) and (have.is_temporal() or have == pl.String):
        read = normalised(name, want, have)
        rules = [(~in_range(read), f"{name}|out_of_range")]
        if have == pl.String:
            rules.append((column.is_not_null() & read.is_null(), dtype))
        if as_read(name) in schema:
            rules.append((pl.col(as_read(name)).is_not_null(), dtype))
        return rules
    if isinstance(want, pl.Boolean) and have == pl.String:
        return [(column.is_not_null() & normalised(name, want, have).is_null(), dtype)]
    if want.is_numeric() and have == pl.String:
        is_comma = trimmed(column).str.contains(_DECIMAL_COMMA)
        number = normalised(name, want, have).cast(pl.Float64, strict=False)
        wrong = column.is_not_null() & number.is_null() & ~is_comma
        if want.is_integer():
            wrong = wrong | (number % 1 != 0)
        return [(is_comma, f"{name}|decimal_comma"), (wrong, dtype)]
    if want.is_integer() and (have.is_float() or have.is_decimal()):
        return [(column.cast(pl.Float64) % 1 != 0, dtype)]
    return []


def normalised(name: str, want: pl.DataType, have: pl.DataType) -> pl.Expr:
    """Bring ids, text, dates and zones to the contract's type family, so that a plain cast suffices."""
    column = pl.col(name)
    if is_id(name):
        return id_text(name, have)
    if isinstance(want, pl.Datetime):
        return moment(column, have).alias(name)
    return _of_text(column, want).alias(name) if have == pl.String else column


def _of_text(column: pl.Expr, want: pl.DataType) -> pl.Expr:
    """Text as lists, truth values and numbers; text itself without blanks at its ends, as `char(n)` has them."""
    if isinstance(want, pl.List):
        return column.str.split("|")
    if isinstance(want, pl.Boolean):
        words = trimmed(column).str.to_lowercase()
        return words.replace_strict(TRUTH_WORDS, default=None, return_dtype=pl.Boolean)
    if want.is_numeric():
        number = trimmed(column)
        return pl.when(number != "").then(number.str.replace(r"\.0+$", "") if want.is_integer() else number)
    return column.str.strip_chars(BLANKS)


def moment(column: pl.Expr, have: pl.DataType) -> pl.Expr:
    """UTC datetimes of dates, datetimes with and without a zone, and text."""
    if isinstance(have, pl.Datetime):
        return column.dt.replace_time_zone("UTC") if have.time_zone is None else column.dt.convert_time_zone("UTC")
    if have == pl.Date:
        return of_dates(column).dt.replace_time_zone("UTC")
    return parsed(column) if have == pl.String else column


def emptied(schema: pl.Schema, columns: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Of each column of ids, how many values that were present mean that there is none."""
    return [
        (pl.col(name).is_not_null() & id_text(name, schema[name]).is_null()).sum().alias(name)
        for name in columns
        if is_id(name) and (schema[name] == pl.String or schema[name].is_float())
    ]
