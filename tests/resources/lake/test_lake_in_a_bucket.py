"""A lake in a bucket does what one in a folder does: the same rows, days, versions and deletions."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from resources.engine import Engine
from resources.lake import Lake
from resources.settings import ROOT
from resources.storage import Objects, StorageError
from resources.tables import TABLES
from tests.resources.lake.test_two_writers import WRITER

DAYS = [f"2026-01-0{day}" for day in range(1, 5)]
STATS = TABLES["product_stats"]


def stats(*days: str, revenue: float = 1.0) -> pl.DataFrame:
    """Statistics of one product on these days."""
    rows = [{"day": day, "product_id": f"p{day[-1]}", "revenue": revenue} for day in days]
    return pl.DataFrame(rows, schema={name: STATS[name] for name in STATS}, strict=False)


@pytest.fixture
def lakes(bucket: str, tmp_path: Path) -> tuple[Lake, Lake]:
    """Two empty lakes: in a bucket, and in a folder."""
    return Lake(f"{bucket}/lake"), Lake(str(tmp_path / "lake"))


def test_tables_in_a_bucket_are_those_in_a_folder(lakes: tuple[Lake, Lake]) -> None:
    """Days replaced, keys merged, one day read, rows deleted, counted, and a statement of the engine."""
    found = []
    for lake in lakes:
        assert lake.files("product_stats").version is None
        lake.replace_partition("product_stats", stats(*DAYS), DAYS[0], DAYS[-1])
        lake.replace_partition("product_stats", stats(DAYS[1], revenue=5.0), DAYS[1], DAYS[2])
        lake.merge("product_stats", stats(DAYS[0], revenue=7.0), ("day", "product_id"))
        assert lake.count("product_stats") == 3
        assert lake.delete_rows("product_stats", f"day = '{DAYS[3]}'") == 1
        total = Engine(threads=1, memory_limit_gb=0.2).query(
            "SELECT day, sum(revenue) AS revenue FROM s WHERE day > '2026-01-01' GROUP BY day",
            {"s": lake.files("product_stats", DAYS[0], DAYS[1])},
        )
        found.append((lake.read("product_stats").sort("day"), total))
    for one, other in zip(*found, strict=True):
        assert_frame_equal(one, other)
    assert found[0][0]["revenue"].to_list() == [7.0, 5.0]
    assert found[0][1].rows() == [(DAYS[1], 5.0)]


def test_an_earlier_version_is_restored_unless_its_files_are_gone(lakes: tuple[Lake, Lake]) -> None:
    """After a purge the bucket holds the newest files alone, and the version before cannot be had."""
    lake = lakes[0]
    lake.replace_partition("product_stats", stats(DAYS[0], revenue=1.0), DAYS[0], DAYS[0])
    lake.replace_partition("product_stats", stats(DAYS[0], revenue=2.0), DAYS[0], DAYS[0])
    lake.restore("product_stats", lake.version_at("product_stats", 0))
    assert lake.read("product_stats")["revenue"].to_list() == [1.0]
    assert lake.unused_files("product_stats", 7) == {}
    assert lake.purge("product_stats") == []
    kept = [key for key in Objects(lake.uri("product_stats")).list() if "/part-" in key]
    assert len(kept) == 1
    with pytest.raises(ValueError, match="product_stats cannot be read as of 1"):
        lake.version_at("product_stats", 1)


def test_files_deleted_by_others_are_missed(lakes: tuple[Lake, Lake]) -> None:
    """A version is not restored to when one of its files was deleted."""
    lake = lakes[0]
    for revenue in (1.0, 2.0):
        lake.replace_partition("product_stats", stats(DAYS[0], revenue=revenue), DAYS[0], DAYS[0])
    objects, newest = Objects(lake.uri("product_stats")), lake.files("product_stats").uris[0]
    objects.delete([key for key in objects.list() if "/part-" in key and not newest.endswith(key)])
    with pytest.raises(ValueError, match=r"as of 0: 1 of its 1 files were deleted, by `upshelf retention`"):
        lake.version_at("product_stats", 0)
    assert lake.version_at("product_stats", 1) == 1


def test_whole_numbers_of_an_earlier_upshelf_become_fractions(lakes: tuple[Lake, Lake]) -> None:
    """The table of a bucket is widened as that of a folder is."""
    narrow = stats(DAYS[0]).with_columns(pl.col("revenue").cast(pl.Int64))
    lake = lakes[0]
    lake.replace_partition("product_stats", narrow, DAYS[0], DAYS[0])
    lake.replace_partition("product_stats", stats(DAYS[1], revenue=0.35), DAYS[1], DAYS[1])
    assert sorted(lake.read("product_stats")["revenue"]) == [0.35, 1.0]


def test_a_bucket_that_is_not_there_is_told_in_words(bucket: str) -> None:
    """With the table and what to look at."""
    with pytest.raises(StorageError, match=r"s3://no-such-bucket/lake/orders cannot be read: .*Check the bucket, its"):
        Lake("s3://no-such-bucket/lake").read("orders")


@pytest.mark.slow
def test_two_processes_write_one_table_of_a_bucket(bucket: str) -> None:
    """By the bucket's conditional writes: every day is there once, and every key."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, bucket, first], env=environment) for first in ("1", "9")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    lake, numbers = Lake(bucket), [str(number) for number in range(1, 17)]
    assert sorted(lake.read("orders")["order_id"], key=int) == numbers
    assert sorted(lake.read("products")["product_id"], key=int) == numbers
