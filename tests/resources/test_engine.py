"""The engine: what a name can be bound to, parameters, and sums that do not depend on the order of rows."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from resources.engine import Engine
from resources.lake import Lake
from resources.machine import usable_cores, usable_memory
from resources.tables import TABLES

STATS = pl.Schema(TABLES["product_stats"])
DAYS = [f"2026-01-{day:02d}" for day in range(1, 9)]


def stats(day: str, revenue: list[float]) -> pl.DataFrame:
    """Product statistics of one day: products p0, p1, … with the revenue given."""
    products = [f"p{i}" for i in range(len(revenue))]
    frame = pl.DataFrame({"day": [day] * len(revenue), "product_id": products, "revenue": revenue})
    rest = [pl.lit(1).alias(c) for c in STATS if c not in frame.columns]
    return frame.with_columns(rest).select(list(STATS)).cast(dict(STATS))


@pytest.fixture
def engine() -> Engine:
    """One thread, a quarter of a gigabyte."""
    return Engine(memory_limit_gb=0.25, threads=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake below a folder whose name has quotes and blanks."""
    return Lake(str(tmp_path / 'the "shop\'s" lake'))


def test_files_frames_and_missing_tables_are_bound_alike(engine: Engine, lake: Lake) -> None:
    """Product p1 has 2 in the file and a name in the frame; the missing table has no rows."""
    lake.replace_partition("product_stats", stats(DAYS[0], [1.0, 2.0]), DAYS[0], DAYS[0])
    found = engine.query(
        """
        SELECT s.day, n.name, s.revenue, (SELECT COUNT(*) FROM baskets) AS baskets
        FROM product_stats AS s INNER JOIN names AS n ON n.product_id = s.product_id
        """,
        {
            "product_stats": lake.files("product_stats"),
            "names": pl.DataFrame({"product_id": ["p1"], "name": ["it's a lamp"]}),
            "baskets": lake.files("baskets"),
        },
    )
    assert found.rows() == [(DAYS[0], "it's a lamp", 2.0, 0)]


def test_only_the_listed_days_are_read(engine: Engine, lake: Lake) -> None:
    """Days 2 and 3 of four; the day is text."""
    for day in DAYS[:4]:
        lake.replace_partition("product_stats", stats(day, [1.0]), day, day)
    files = lake.files("product_stats", DAYS[1], DAYS[2])
    found = engine.query("SELECT day FROM product_stats ORDER BY day", {"product_stats": files})
    assert found["day"].to_list() == DAYS[1:3]


def test_a_missing_table_has_its_declared_columns_and_types(engine: Engine, lake: Lake) -> None:
    """Every table can be selected from before anything was written to it."""
    for table, columns in TABLES.items():
        found = engine.query(f"SELECT * FROM {table}", {table: lake.files(table)})
        assert found.is_empty()
        assert found.columns == list(columns)
        assert found.schema["day"] == pl.String


def test_times_are_utc(engine: Engine) -> None:
    """An instant keeps its day, whatever zone the machine is in."""
    units = pl.DataFrame({"ts": [datetime(2026, 1, 1, 23, 59, tzinfo=UTC)]})
    found = engine.query("SELECT ts, CAST(ts AS VARCHAR) AS text FROM units", {"units": units})
    assert found["ts"][0] == datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    assert found["text"][0].startswith("2026-01-01 23:59:00")


def test_sums_of_money_are_exact_and_equal_under_any_number_of_threads(lake: Lake) -> None:
    """Eight files of 20,000 amounts: what Python's decimals give, bit by bit, by 1, 2 and 8 threads."""
    rng = np.random.default_rng(3)
    amounts = np.round(rng.exponential(50, (len(DAYS), 20_000)), 4)
    for day, of_day in zip(DAYS, amounts, strict=True):
        lake.replace_partition("product_stats", stats(day, of_day.tolist()), day, day)
    exact = float(sum(Decimal(f"{amount:.4f}") for amount in amounts.ravel()))
    sql = "SELECT CAST(SUM(CAST(revenue AS DECIMAL(18, 4))) AS DOUBLE) AS total FROM product_stats"
    files = {"product_stats": lake.files("product_stats")}
    found = [Engine(memory_limit_gb=0.5, threads=threads).query(sql, files)["total"][0] for threads in (1, 2, 8, 8)]
    assert found == [exact] * 4


def test_a_query_leaves_nothing_behind(engine: Engine) -> None:
    """A name that was bound is unknown to the next query."""
    engine.query("SELECT * FROM units", {"units": pl.DataFrame({"a": [1]})})
    with pytest.raises(duckdb.CatalogException, match="units"):
        engine.query("SELECT * FROM units", {})


def test_an_engine_has_what_it_is_told_or_what_the_machine_has(tmp_path: Path) -> None:
    """Threads, memory in units of 10⁹ bytes and the folder to spill into; half of the memory is the default."""
    sql = "SELECT CAST(current_setting('{}') AS VARCHAR) AS found"

    def of(engine: Engine, name: str) -> str:
        return str(engine.query(sql.format(name), {})["found"][0])

    told = Engine(memory_limit_gb=2**30 / 1e9, threads=3, spill=tmp_path / "spill")
    found = [of(told, name) for name in ("threads", "memory_limit", "temp_directory")]
    assert found == ["3", "1.0 GiB", str(tmp_path / "spill")]
    assert of(Engine(), "threads") == str(usable_cores())
    half, scale = usable_memory() / 2, {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
    value, unit = of(Engine(), "memory_limit").split()
    assert float(value) * scale[unit] == pytest.approx(half, rel=0.06)


def test_a_query_larger_than_its_memory_spills_into_its_folder(tmp_path: Path) -> None:
    """Sorting 40 MB in 32 MB gives the rows in order, and leaves no file behind."""
    numbers = pl.DataFrame({"n": np.random.default_rng(1).permutation(5_000_000)})
    engine = Engine(memory_limit_gb=0.032, threads=1, spill=tmp_path / "spill")
    found = engine.query("SELECT n FROM numbers ORDER BY n", {"numbers": numbers})
    assert found["n"].equals(pl.Series("n", np.arange(5_000_000)))
    assert list(tmp_path.glob("spill/*")) == []
