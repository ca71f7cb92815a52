"""Packs the wide columns of a ``users`` query into the contract's two lists of named attributes.

What belongs here: the shape of attributes, one for all sources. Which columns are attributes is in ``shop.toml``.
"""

from collections.abc import Sequence

import polars as pl

__all__ = ["pack_attributes"]

NUMERIC = pl.List(pl.Struct({"name": pl.String(), "value": pl.Float64()}))
CATEGORICAL = pl.List(pl.Struct({"name": pl.String(), "value": pl.String()}))


def pack_attributes(frame: pl.DataFrame, numeric: Sequence[str], categorical: Sequence[str]) -> pl.DataFrame:
    """Replace attribute columns by ``numeric`` and ``categorical``, in the order in which they are named.

    A value that is no number becomes null, as does NaN; an unknown category stays null.

    Raises:
        ValueError: If ``frame`` lacks a named column.
    """
    missing = [name for name in (*numeric, *categorical) if name not in frame.columns]
    if missing:
        raise ValueError(
            f"user_attributes names {missing}, but the 'users' query yields {frame.columns}. "
            "Add the columns to the query or take the names out of [user_attributes]."
        )
    numbers = [_named(name, pl.col(name).cast(pl.Float64, strict=False).fill_nan(None)) for name in numeric]
    texts = [_named(name, pl.col(name).cast(pl.String)) for name in categorical]
    return frame.with_columns(
        _list(numbers, NUMERIC).alias("numeric"), _list(texts, CATEGORICAL).alias("categorical")
    ).drop((set(numeric) | set(categorical)) - {"user_id", "updated_at"})


def _named(name: str, value: pl.Expr) -> pl.Expr:
    return pl.struct(pl.lit(name).alias("name"), value.alias("value"))


def _list(items: list[pl.Expr], dtype: pl.List) -> pl.Expr:
    return pl.concat_list(items).cast(dtype) if items else pl.lit([], dtype=dtype)
