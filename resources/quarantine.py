"""The quarantine as people read it: the newest rows that broke a contract, with the rules in words."""

import polars as pl

from resources.contracts import CONTRACTS, in_words
from resources.lake import UNDATED, Lake
from resources.tables import quarantine_of

__all__ = ["quarantined"]


def quarantined(lake: Lake, table: str, first: str | None, last: str | None, rows: int) -> pl.DataFrame:
    """At most ``rows`` rows of ``table`` that broke its contract in the days ``first`` to ``last``, newest first.

    Rows without a time come last, whatever the days. Columns: those of the quarantine, ``rules`` in words.
    """
    name, contract = quarantine_of(table), CONTRACTS[table]
    dated = lake.newest(name, first, last, "ts", rows).filter(pl.col("day") != UNDATED)
    found = pl.concat([dated, lake.head(name, UNDATED, UNDATED, rows - dated.height)])
    words = [[in_words(contract, rule) for rule in rules] for rules in found["rules"].to_list()]
    return found.with_columns(pl.Series("rules", words, dtype=pl.List(pl.String)))
