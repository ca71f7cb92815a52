"""Rows of the operational store as a frame.

What belongs here: reading the rows of a query. What does not: the queries.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa

__all__ = ["frame_of"]

_ROWS = 50_000
"""Rows fetched at a time."""


def frame_of(engine: sa.Engine, query: sa.Select[Any], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The rows of ``query`` in their order, with the columns of ``schema``; ``ts_us`` becomes ``ts`` (UTC), the last.

    Args:
        engine: Of the store.
        query: Yields the columns of ``schema``.
        schema: Name → type; ``ts_us``, which it need not have, is microseconds since 1970 UTC.
    """
    parts = [pl.DataFrame(schema=schema)]
    with engine.connect().execution_options(stream_results=True) as connection:
        parts += [
            pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
            for rows in connection.execute(query).partitions(_ROWS)
        ]
    read = pl.concat(parts)
    if "ts_us" not in schema:
        return read
    return read.with_columns(pl.col("ts_us").cast(pl.Datetime("us", "UTC")).alias("ts")).drop("ts_us")
