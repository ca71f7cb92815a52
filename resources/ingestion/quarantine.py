"""The quarantine as people read it: newest rows first, with the rules in words; and files that were left out."""

import json
from collections.abc import Mapping

import polars as pl

from resources.contracts import CONTRACTS, in_words
from resources.contracts.rule_words import UNREADABLE_FILE
from resources.contracts.validation import QUARANTINE_SCHEMA
from resources.lake import UNDATED, Lake
from resources.tables import quarantine_of

__all__ = ["of_files", "quarantined"]


def of_files(table: str, files: Mapping[str, str]) -> pl.DataFrame:
    """Rows of the quarantine, without a time, for ``files`` of ``table`` that could not be read: file → why."""
    rows = [
        {"table": table, "rules": [UNREADABLE_FILE], "origin": f"file {file}", "row": json.dumps({"why": why})}
        for file, why in sorted(files.items())
    ]
    return pl.DataFrame(rows, schema=dict(QUARANTINE_SCHEMA))


def quarantined(lake: Lake, table: str, first: str | None, last: str | None, rows: int) -> pl.DataFrame:
    """At most ``rows`` rows of ``table`` that broke its contract in the days ``first`` to ``last``, newest first.

    Rows without a time come last, whatever the days. Columns: those of the quarantine, ``rules`` in words.
    """
    name, contract = quarantine_of(table), CONTRACTS[table]
    dated = lake.newest(name, first, last, "ts", rows).filter(pl.col("day") != UNDATED)
    found = pl.concat([dated, lake.head(name, UNDATED, UNDATED, rows - dated.height)])
    words = [[in_words(contract, rule) for rule in rules] for rules in found["rules"].to_list()]
    return found.with_columns(pl.Series("rules", words, dtype=pl.List(pl.String)))
