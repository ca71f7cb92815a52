"""Compaction: fewer files, the same rows, earlier versions as they were, and writers beside it."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError
from deltalake.table import TableOptimizer
from polars.testing import assert_frame_equal

from resources.lake import UNDATED, Lake
from resources.lake.compaction import Compacted, compact
from resources.settings import ROOT
from resources.tables import TABLES

WRITER = """
import sys
import polars as pl
from resources.lake import Lake
from resources.tables import TABLES
lake = Lake(sys.argv[1])
for number in range(24):
    day = f"2026-01-{1 + number % 4:02}"
    row = {column: {"order_id": str(number), "day": day}.get(column) for column in TABLES["orders"]}
    frame = pl.DataFrame([row], schema=dict(TABLES["orders"]))
    if number % 2:
        lake.replace_partition("orders", frame, day, day)
    else:
        lake.merge("orders", frame, ["order_id"])
"""


def products(*numbers: int, day: str = "2026-01-01") -> pl.DataFrame:
    """Products of a day, as the lake has them."""
    rows = [
        {column: {"product_id": f"p{n}", "title": f"Lamp {n}", "day": day}.get(column) for column in TABLES["products"]}
        for n in numbers
    ]
    return pl.DataFrame(rows, schema=dict(TABLES["products"]))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Products that were merged in twelve times, on two days."""
    made = Lake(str(tmp_path / "lake"))
    for n in range(12):
        made.merge("products", products(n, day=f"2026-01-0{1 + n % 2}"), ["product_id"])
    return made


def test_files_are_fewer_and_rows_are_the_same(lake: Lake) -> None:
    """One file a day; again nothing is left to do, and no version is written."""
    before = lake.read("products").sort("product_id")
    assert compact(lake, "products") == Compacted(12, 2)
    assert_frame_equal(lake.read("products").sort("product_id"), before)
    of_day = lake.read("products", "2026-01-02", "2026-01-02")["product_id"]
    assert set(of_day) == {f"p{n}" for n in range(1, 12, 2)}
    version = lake.files("products").version
    assert compact(lake, "products") == Compacted(2, 2)
    assert lake.files("products").version == version


def test_a_version_before_it_can_be_restored(lake: Lake) -> None:
    """For as long as its files are kept, and what is written afterwards is compacted again."""
    at = lake.files("products").version
    assert at is not None
    before = lake.read("products").sort("product_id")
    compact(lake, "products")
    lake.merge("products", products(99), ["product_id"])
    assert len(lake.unused_files("products", 7, delete=True)) == 0
    lake.restore("products", lake.version_at("products", at))
    assert_frame_equal(lake.read("products").sort("product_id"), before)
    assert compact(lake, "products") == Compacted(12, 2)


def test_no_table_and_rows_without_a_day(tmp_path: Path) -> None:
    """Nothing to do where there is no table; undated rows are a partition like a day."""
    lake = Lake(str(tmp_path / "lake"))
    assert compact(lake, "orders") == Compacted(0, 0)
    for n in range(3):
        lake.merge("products", products(n, day=UNDATED), ["product_id"])
    assert compact(lake, "products") == Compacted(3, 1)
    assert sorted(lake.read("products")["product_id"]) == ["p0", "p1", "p2"]


@pytest.mark.slow
def test_a_writer_beside_it_loses_nothing(tmp_path: Path) -> None:
    """Another process replaces and merges days all the while: each day ends as its last write has it."""
    lake = Lake(str(tmp_path / "lake"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "lake")], env=environment) as writer:
        rounds = 0
        while writer.poll() is None:
            compact(lake, "orders")
            rounds += 1
    assert writer.returncode == 0
    assert rounds > 1
    compact(lake, "orders")
    # Replacements, by odd numbers, are of days 2 and 4; merges, by even ones, of days 1 and 3.
    held = lake.read("orders").sort("day", pl.col("order_id").cast(pl.Int64)).group_by("day", maintain_order=True)
    assert {key[0]: rows["order_id"].to_list() for key, rows in held} == {
        "2026-01-01": ["0", "4", "8", "12", "16", "20"],
        "2026-01-02": ["21"],
        "2026-01-03": ["2", "6", "10", "14", "18", "22"],
        "2026-01-04": ["23"],
    }
    assert len(lake.files("orders").uris) == 4


def test_a_table_that_others_always_write_is_left(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as it was, and the next week's turn comes."""

    def refused(*_: object, **__: object) -> None:
        raise CommitFailedError("another writer was faster")

    monkeypatch.setattr("resources.lake.conflicts.time.sleep", lambda _: None)
    monkeypatch.setattr(TableOptimizer, "compact", refused)
    assert compact(lake, "products") is None
    assert lake.count("products") == 12
