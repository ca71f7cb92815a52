"""Packs the wide columns of a ``users`` query into the contract's two lists of named attributes.

What belongs here: the shape of attributes, one for all sources. Which columns are attributes is in ``shop.toml``.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from resources.contracts.attributes import UNREAD
from resources.contracts.column_types import impossible
from resources.contracts.times import in_range, of_dates
from resources.shop import Attributes
from resources.sources.source_error import SourceError

__all__ = ["pack_attributes", "with_packed_attributes"]

NUMERIC = pl.List(pl.Struct({"name": pl.String(), "value": pl.Float64()}))
CATEGORICAL = pl.List(pl.Struct({"name": pl.String(), "value": pl.String()}))


def with_packed_attributes(table: str, frame: pl.DataFrame, attributes: Attributes, where: str) -> pl.DataFrame:
    """``frame`` of any ``table`` as the query yields it; that of ``users`` by `pack_attributes`."""
    if table != "users":
        return frame
    return pack_attributes(frame, attributes.numeric, attributes.categorical, where)


def pack_attributes(
    frame: pl.DataFrame, numeric: Sequence[str], categorical: Sequence[str], where: str
) -> pl.DataFrame:
    """Replace attribute columns by ``numeric`` and ``categorical``, in the order in which they are named.

    A value that is no number becomes null, as do NaN, infinities, and dates that no calendar has; the column `UNREAD`
    names the attributes of such a row. An unknown category stays null.

    Raises:
        SourceError: If ``frame``, read from ``where``, lacks a named column, or one of numbers holds dates or times.
    """
    missing = [name for name in (*numeric, *categorical) if name not in frame.columns]
    if missing:
        raise SourceError(
            where,
            f"user_attributes names {missing}, but the 'users' query yields {frame.columns}",
            "Add the columns to the query or take the names out of [user_attributes].",
        )
    for name in numeric:
        if why := impossible(name, pl.Float64(), frame.schema[name]):
            remedy = "Make it a number in the query, or declare the attribute as categorical."
            raise SourceError(where, f"the numeric attribute '{name}': {why}", remedy)
    numbers = {name: _finite(pl.col(name).cast(pl.Float64, strict=False)) for name in numeric}
    texts = {name: _text(name, frame.schema[name]) for name in categorical}
    lost = [
        pl.when(pl.col(name).is_not_null() & value.is_null()).then(pl.lit(name))
        for name, value in (numbers | texts).items()
    ]
    return frame.with_columns(
        _list(numbers, NUMERIC).alias("numeric"),
        _list(texts, CATEGORICAL).alias("categorical"),
        (pl.concat_list(lost) if lost else pl.lit([], dtype=pl.List(pl.String))).alias(UNREAD),
    ).drop((set(numeric) | set(categorical)) - {"user_id", "updated_at"})


def _finite(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_finite()).then(value)


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    """A category as text; null for a date or time out of range, which cannot be written."""
    column = pl.col(name)
    if dtype == pl.Date:
        column = pl.when(in_range(of_dates(column).dt.replace_time_zone("UTC"))).then(column)
    elif isinstance(dtype, pl.Datetime):
        column = pl.when(in_range(column.dt.replace_time_zone("UTC"))).then(column)
    return column.cast(pl.String)


def _list(values: Mapping[str, pl.Expr], dtype: pl.List) -> pl.Expr:
    items = [pl.struct(pl.lit(name).alias("name"), value.alias("value")) for name, value in values.items()]
    return pl.concat_list(items).cast(dtype) if items else pl.lit([], dtype=dtype)
