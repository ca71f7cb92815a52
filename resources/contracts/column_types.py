"""From the types that sources yield to the types that the contracts declare.

What belongs here: how one column is read. Ids are `resources.contracts.ids`, times `resources.contracts.times`; which
columns there are, and what their values may be, is in `resources.contracts.declared`.
"""

import json
from collections.abc import Mapping
from contextlib import suppress

import polars as pl

from resources.contracts.ids import BLANKS, id_rules, id_text, is_id, trimmed
from resources.contracts.times import as_read, in_range, of_dates, out_of_range, parsed

__all__ = ["emptied", "impossible", "moment", "normalised", "unreadable_values", "with_texts"]

TRUTH_WORDS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
_DECIMAL_COMMA = r"^[+-]?[\d.\s]*\d,\d+$"
_KINDS: Mapping[object, str] = {
    pl.Binary: "bytes",
    pl.Time: "a time of day",
    pl.Duration: "a length of time",
    pl.Date: "a date",
    pl.Datetime: "a time",
    pl.Struct: "a record of several values",
    pl.List: "a list",
    pl.Array: "a list",
}
_MOMENTS = (pl.Date, pl.Datetime)


def _kind(have: object) -> str | None:
    """What a value of a type is that is neither number nor text, in words."""
    return _KINDS.get(have if isinstance(have, type) else type(have))


def impossible(name: str, want: pl.DataType, have: pl.DataType) -> str | None:
    """Why no value of type ``have`` can be what the column ``name`` wants, in words; none where that shows by value."""
    if want == pl.List(pl.String) and isinstance(have, pl.List):
        inner = _kind(have.inner)
        return f"its type {have} is a list, and {inner} in it is no text" if inner else None
    kind = _kind(have)
    if kind is None:
        return None
    if is_id(name) and not isinstance(have, _MOMENTS):
        return f"its type {have} is {kind}, which is no id"
    if (want.is_numeric() or isinstance(want, pl.Boolean)) and have.is_temporal():
        return f"its type {have} is {kind}, which is no {'number' if want.is_numeric() else 'truth value'}"
    if isinstance(want, pl.Datetime) and not isinstance(have, _MOMENTS):
        return f"its type {have} is {kind}, which is no moment"
    return None


def with_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of bytes that are all UTF-8, as old writers of Parquet leave texts, as text."""
    for name, kind in frame.schema.items():
        if kind == pl.Binary:
            with suppress(pl.exceptions.ComputeError):
                frame = frame.with_columns(frame[name].cast(pl.String))
    return frame


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
        return id_rules(name, have, schema)
    if isinstance(want, pl.Datetime) and (have.is_temporal() or have == pl.String):
        read = normalised(name, want, have)
        rules = [(~in_range(read), f"{name}|out_of_range")]
        if have == pl.String:
            rules.append((column.is_not_null() & read.is_null(), dtype))
        if as_read(name) in schema:
            is_far = pl.col(out_of_range(name)) if out_of_range(name) in schema else pl.lit(False)
            rules.append((pl.col(as_read(name)).is_not_null() & ~is_far, dtype))
            rules.append((pl.col(as_read(name)).is_not_null() & is_far, f"{name}|out_of_range"))
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
    if have == pl.String:
        return _of_text(column, want).alias(name)
    if isinstance(want, pl.Boolean) and have.is_numeric():
        number = column.cast(pl.Float64)
        return ((number > 0) & ~number.is_nan()).alias(name)
    if isinstance(want, pl.List) and isinstance(have, pl.List):
        return _without_empty(column.cast(pl.List(pl.String))).alias(name) if want.inner == pl.String else column
    return column


def _of_text(column: pl.Expr, want: pl.DataType) -> pl.Expr:
    """Text as lists, truth values and numbers; text itself without blanks at its ends, as `char(n)` has them."""
    if isinstance(want, pl.List):
        return _without_empty(column.map_batches(_listed, return_dtype=pl.List(pl.String)))
    if isinstance(want, pl.Boolean):
        words = trimmed(column).str.to_lowercase()
        return words.replace_strict(TRUTH_WORDS, default=None, return_dtype=pl.Boolean)
    if want.is_numeric():
        number = trimmed(column)
        return pl.when(number != "").then(number.str.replace(r"\.0+$", "") if want.is_integer() else number)
    return pl.when(trimmed(column) == "").then(pl.lit("")).otherwise(column.str.strip_chars(BLANKS))


def _without_empty(lists: pl.Expr) -> pl.Expr:
    """Lists of text without blanks at the ends, and without elements that are nothing else."""
    element = pl.element().str.strip_chars(BLANKS)
    return lists.list.eval(element.filter(trimmed(element).ne_missing("")))


def _listed(texts: pl.Series) -> pl.Series:
    """Lists that are written as JSON, or with a bar between their elements."""
    return pl.Series(texts.name, [None if text is None else _split(text) for text in texts], pl.List(pl.String))


def _split(text: str) -> list[str | None]:
    if text.lstrip().startswith("["):
        try:
            elements = json.loads(text)
        except ValueError:
            return [*text.split("|")]
        return [one if one is None or isinstance(one, str) else json.dumps(one) for one in elements]
    return [*text.split("|")]


def moment(column: pl.Expr, have: pl.DataType) -> pl.Expr:
    """UTC datetimes of dates, datetimes with and without a zone, and text."""
    if isinstance(have, pl.Datetime):
        return column.dt.replace_time_zone("UTC") if have.time_zone is None else column.dt.convert_time_zone("UTC")
    if have == pl.Date:
        return of_dates(column).dt.replace_time_zone("UTC")
    return parsed(column) if have == pl.String else column


def emptied(schema: pl.Schema, columns: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Of each column of ids, how many values that were present mean that there is none."""
    ids = {name: schema[name] for name in columns if is_id(name)}
    none = {name: id_text(name, have).is_null() for name, have in ids.items() if have == pl.String}
    none |= {name: pl.col(name).is_nan() for name, have in ids.items() if have.is_float()}
    return [(pl.col(name).is_not_null() & is_none).sum().alias(name) for name, is_none in none.items()]
