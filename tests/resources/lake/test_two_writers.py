"""Two processes that backfill other days of one table at once: every day is there once, and every key."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from resources.lake import Lake
from resources.settings import ROOT
from resources.tables import TABLES

WRITER = """
import sys
import polars as pl
from resources.lake import Lake
from resources.tables import TABLES
lake, first = Lake(sys.argv[1]), int(sys.argv[2])

def frame(table, **row):
    return pl.DataFrame([{column: row.get(column) for column in TABLES[table]}], schema=dict(TABLES[table]))

for number in range(first, first + 8):
    day = f"2026-01-{number:02}"
    lake.replace_partition("orders", frame("orders", order_id=str(number), day=day), day, day)
    lake.merge("products", frame("products", product_id=str(number), day=day), ("product_id",))
"""


def test_other_days_by_two_processes_end_consistent(tmp_path: Path) -> None:
    """Also where both make the table; the days of both are whole."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), first], env=environment) for first in ("1", "9")
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    numbers = [str(number) for number in range(1, 17)]
    lake = Lake(str(tmp_path))
    assert sorted(lake.read("orders")["order_id"], key=int) == numbers
    assert sorted(lake.read("products")["product_id"], key=int) == numbers


def one(day: str) -> pl.DataFrame:
    """An order of a day."""
    row = {column: day if column in ("day", "order_id") else None for column in TABLES["orders"]}
    return pl.DataFrame([row], schema=dict(TABLES["orders"]))


class Overtaken(Lake):
    """A writer whose table is made by another one while it looks whether there is one."""

    def _present(self, table: str, frame: pl.DataFrame) -> DeltaTable | None:
        seen = super()._present(table, frame)
        if seen is None:
            Lake(self._url).replace_partition(table, one("2026-01-01"), "2026-01-01", "2026-01-01")
        return seen


@pytest.mark.parametrize("merging", [False, True])
def test_who_makes_the_table_second_takes_nothing_away(tmp_path: Path, *, merging: bool) -> None:
    """The day of the first stays, whichever way the second writes."""
    lake, day = Overtaken(str(tmp_path)), "2026-01-02"
    if merging:
        lake.merge("orders", one(day), ("order_id",))
    else:
        lake.replace_partition("orders", one(day), day, day)
    assert sorted(lake.read("orders")["day"]) == ["2026-01-01", "2026-01-02"]
