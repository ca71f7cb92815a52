"""Rows of a log that were given another date: of the days that hold a key, the one that was read last keeps it.

What belongs here: which rows leave which day. What does not: reading and writing days (`resources.ingestion.ingest`).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

__all__ = ["MOVED_DAYS", "Moves", "moves"]

MOVED_DAYS = 120
"""How many days before and after the one that is read a row may have had until it was given another date."""


@dataclass(slots=True)
class Moves:
    """Which rows leave the day that they had."""

    gone: pl.DataFrame
    """Their keys, and the ``day`` that they leave."""
    moved: Counter[str] = field(default_factory=Counter)
    """Day → how many rows leave it."""
    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Day that would lose most of its rows, and so keeps them → its rows, and how few would be left."""


def moves(
    read: pl.DataFrame,
    held: pl.DataFrame,
    *,
    last: date,
    rows_of: Callable[[str], int],
    may_lose: Callable[[str, int, int], bool],
) -> Moves:
    """What leaves which day, the same as if the days that were read had been read one after another.

    A day that would lose most of its rows is kept: such keys are not corrected, but counted anew every day.

    Args:
        read: Key and ``day`` of every row of the days that were read; a key is on a day once.
        held: The same of the rows of other days that have one of these keys.
        last: The last day that was read.
        rows_of: How many rows a day has, before anything leaves it.
        may_lose: Whether a day may fall from so many rows to so many.
    """
    key = [name for name in read.columns if name != "day"]
    taking = pl.concat([read.filter(pl.struct(key).is_duplicated()), read.join(held, on=key, how="semi")]).unique()
    shared = pl.concat([taking, held.select(read.columns)])
    found, left, leaving = Moves(read.clear()), dict[str, int](), list[pl.DataFrame]()
    for day in taking["day"].unique().sort():
        since, until = (str(date.fromisoformat(day) + timedelta(days=n)) for n in (-MOVED_DAYS, MOVED_DAYS))
        read_until_now = (pl.col("day") < day) | (pl.col("day") > str(last))
        others = shared.filter(read_until_now & (pl.col("day") >= since) & (pl.col("day") <= until))
        again = others.join(taking.filter(pl.col("day") == day), on=key, how="semi")
        for (other,), rows in again.sort("day").partition_by("day", as_dict=True, include_key=True).items():
            before = left.setdefault(other, rows_of(other))
            after = before - rows.height
            if not may_lose(other, before, after):
                found.kept[other] = (before, after)
                continue
            left[other] = after
            found.moved[other] += rows.height
            leaving.append(rows)
        shared = shared.join(pl.concat([found.gone, *leaving]), on=[*key, "day"], how="anti")
    found.gone = pl.concat([found.gone, *leaving])
    return found
