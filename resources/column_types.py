"""From the types that sources yield to the types that the contracts declare.

What belongs here: how one column is read. Which columns there are, and what their values may be, is in
`resources.contracts`.
"""

from collections.abc import Mapping

import polars as pl

__all__ = ["normalised", "unreadable_values"]

TRUTH_WORDS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def unreadable_values(schema: pl.Schema, columns: Mapping[str, pl.DataType]) -> pl.Expr:
    """List of the rules ``<column>|dtype`` that a row breaks by a value which a cast would lose without a trace.

    That is text that is no time or no truth value, and a number that is not whole where the contract wants an
    integer: the cast would leave a null, or cut the number.
    """
    lost = []
    for name, want in columns.items():
        col, have = pl.col(name), schema[name]
        if isinstance(want, pl.Datetime | pl.Boolean) and have == pl.String:
            wrong = col.is_not_null() & normalised(name, want, have).is_null()
        elif want.is_integer() and (have.is_float() or have.is_decimal()):
            wrong = col.cast(pl.Float64) % 1 != 0
        else:
            continue
        lost.append(pl.when(wrong).then(pl.lit(f"{name}|dtype")))
    return pl.concat_list(lost).list.drop_nulls() if lost else pl.lit([], dtype=pl.List(pl.String))


def normalised(name: str, want: pl.DataType, have: object) -> pl.Expr:
    """Bring text, dates and zones to the contract's type family, so that a plain cast suffices."""
    col = pl.col(name)
    if isinstance(want, pl.List) and have == pl.String:
        return col.str.split("|").alias(name)
    if isinstance(want, pl.Datetime) and isinstance(have, pl.Datetime):
        return (col.dt.replace_time_zone("UTC") if have.time_zone is None else col.dt.convert_time_zone("UTC")).alias(
            name
        )
    if isinstance(want, pl.Datetime) and have == pl.Date:
        return col.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias(name)
    if isinstance(want, pl.Datetime) and have == pl.String:
        return col.str.to_datetime(time_unit="us", time_zone="UTC", strict=False).alias(name)
    if isinstance(want, pl.Boolean) and have == pl.String:
        return col.str.to_lowercase().replace_strict(TRUTH_WORDS, default=None, return_dtype=pl.Boolean).alias(name)
    return col
