"""A lake of the version that counted whole pieces, read and written by the one that knows fractions."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError

from assets.tables.sql import statement
from resources.contracts import CONTRACTS
from resources.engine import Engine
from resources.ingestion.ingest import ingest
from resources.ingestion.ingested import ShrinkGuard
from resources.lake import Lake
from resources.lake.widening import widen
from resources.tables import TABLES
from tests.resources.ingestion.ingested import Rows

DAYS = ["2026-01-01", "2026-01-02", "2026-01-03"]
WHOLE: dict[str, dict[str, pl.DataType]] = {
    "orders": {"quantity": pl.Int32()},
    "baskets": {"quantity": pl.Int64()},
    "product_stats": {"units_sold": pl.Int64(), "units_returned": pl.Int64()},
}
"""Table → its columns that were whole numbers, with their types then."""


def at(day: str, hour: int = 12) -> datetime:
    """An hour of a day."""
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def rows(table: str, *changes: dict[str, Any]) -> pl.DataFrame:
    """Rows of a table as this version writes them; 2 and 1 where a number was whole, null elsewhere."""
    filled = {name: 2 - place for place, name in enumerate(WHOLE[table])}
    built = [{**dict.fromkeys(TABLES[table]), **filled, "product_id": "p", **change} for change in changes]
    return pl.DataFrame(built, schema=dict(TABLES[table]))


def line(day: str, **more: object) -> dict[str, Any]:
    """A sale of two for 10 each."""
    return {
        "day": day, "order_id": f"o{day}", "line": 1, "ts": at(day), "kind": "sale", "user_id": "u",
        "unit_price": 10.0, **more,
    }  # fmt: skip


def written_before(lake: Lake, table: str, frame: pl.DataFrame) -> None:
    """Write ``frame`` day by day with the types and the options of the version before."""
    for day, of_day in sorted(frame.cast(dict(WHOLE[table])).partition_by("day", as_dict=True).items()):
        exists = DeltaTable.is_deltatable(lake.uri(table))
        write_deltalake(
            lake.uri(table),
            of_day,
            mode="overwrite",
            predicate=f"day >= '{day[0]}' AND day <= '{day[0]}'" if exists else None,
            partition_by=["day"],
            schema_mode="merge" if exists else None,
        )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Orders of three days, as the version before wrote them."""
    lake = Lake(str(tmp_path / "it's 50% of a lake"))
    written_before(lake, "orders", rows("orders", *(line(day) for day in DAYS)))
    return lake


def types_of_files(lake: Lake, table: str) -> set[tuple[str, ...]]:
    """Parquet types of the columns that were whole numbers, over all files of the newest version."""
    found = set()
    for uri in lake.files(table).uris:
        schema = pq.read_schema(uri)
        found.add(tuple(str(schema.field(name).type) for name in WHOLE[table]))
    return found


@pytest.mark.parametrize("table", list(WHOLE))
def test_a_table_of_whole_numbers_is_read_and_written(tmp_path: Path, table: str) -> None:
    """As it is; a day with fractions replaces one, and every file is of one type; a second write leaves the rest."""
    lake = Lake(str(tmp_path))
    written_before(lake, table, rows(table, *({"day": day} for day in DAYS)))
    first, *_ = WHOLE[table]
    before = lake.read(table)
    assert before.schema == pl.Schema(TABLES[table])
    assert before[first].to_list() == [2.0] * 3
    assert len(types_of_files(lake, table) & {("double",), ("double", "double")}) == 0
    lake.replace_partition(table, rows(table, {"day": DAYS[1], first: 0.35}), DAYS[1], DAYS[1])
    after = lake.read(table).sort("day")
    assert after[first].to_list() == [2.0, 0.35, 2.0]
    assert after.filter(pl.col("day") != DAYS[1]).equals(before.sort("day").filter(pl.col("day") != DAYS[1]))
    assert types_of_files(lake, table) == {("double",) * len(WHOLE[table])}
    kept = set(lake.files(table, DAYS[0], DAYS[0]).uris)
    lake.replace_partition(table, rows(table, {"day": DAYS[2], first: 1.5}), DAYS[2], DAYS[2])
    assert set(lake.files(table, DAYS[0], DAYS[0]).uris) == kept
    assert lake.read(table).sort("day")[first].to_list() == [2.0, 0.35, 1.5]


def test_merging_widens_too(lake: Lake) -> None:
    """A row that exists is overwritten, a new one inserted, with their fractions."""
    new = rows("orders", line(DAYS[1], quantity=0.35), line(DAYS[1], order_id="new", quantity=1.5))
    assert lake.merge("orders", new, CONTRACTS["orders"].key) == 4
    assert lake.read("orders").sort("day", "quantity")["quantity"].to_list() == [2.0, 0.35, 1.5, 2.0]
    assert types_of_files(lake, "orders") == {("double",)}


def test_the_version_before_stays_readable(lake: Lake) -> None:
    """With its own type, also when files that no version needs have been looked for."""
    lake.replace_partition("orders", rows("orders", line(DAYS[0], quantity=0.35)), DAYS[0], DAYS[0])
    assert lake.unused_files("orders", 7, [2], delete=True) == {}
    held = DeltaTable(lake.uri("orders"), version=2).to_pyarrow_table().column("quantity")
    assert (str(held.type), held.to_pylist()) == ("int32", [2, 2, 2])


def test_a_table_without_files_is_widened(lake: Lake) -> None:
    """All its days are empty."""
    lake.replace_partition("orders", rows("orders"), DAYS[0], DAYS[-1])
    lake.replace_partition("orders", rows("orders", line(DAYS[0], quantity=0.35)), DAYS[0], DAYS[0])
    assert lake.read("orders")["quantity"].to_list() == [0.35]


@pytest.mark.parametrize(
    ("name", "column", "meant"),
    [("baskets", "quantity", [2.0] * 3), ("product_stats", "units_sold", [2.0] * 3)],
)
@pytest.mark.parametrize("widened", [False, True])
def test_statements_read_both(lake: Lake, widened: bool, name: str, column: str, meant: list[float]) -> None:
    """A table before its first write by this version, and after it, when a day has fractions."""
    if widened:
        two = [line(DAYS[0], quantity=0.35), line(DAYS[0], line=2, quantity=0.15)]
        lake.replace_partition("orders", rows("orders", *two), DAYS[0], DAYS[0])
        meant = [0.5, *meant[1:]]
    relations = {table: lake.files(table) for table in ("orders", "events", "robots")}
    found = Engine(memory_limit_gb=0.5).query(statement(name), relations)
    assert found.schema[column] == pl.Float64
    assert found.sort("day")[column].to_list() == meant


def test_a_day_is_read_again_into_such_a_table(lake: Lake) -> None:
    """From a source whose rows have fractions now; a row that moved leaves its old day, and the guard sees what was."""
    moved = line(DAYS[1], order_id=f"o{DAYS[2]}")
    source = Rows(orders=rows("orders", line(DAYS[1], quantity=0.35), moved).drop("day"))
    report = ingest(
        CONTRACTS["orders"],
        lake=lake,
        source=source,
        feedback=None,
        first=date.fromisoformat(DAYS[1]),
        last=date.fromisoformat(DAYS[1]),
        shop_first_day=date.fromisoformat(DAYS[0]),
        progress=lambda _: None,
        guard=ShrinkGuard(),
    )
    assert (report.rows, report.quarantined, dict(report.shrunk), dict(report.moved)) == (2, 0, {}, {DAYS[2]: 1})
    held = lake.read("orders").sort("day", "order_id").select("day", "quantity").rows()
    assert held == [(DAYS[0], 2.0), (DAYS[1], 0.35), (DAYS[1], 2.0)]


@pytest.mark.parametrize(
    ("meanwhile", "fails"),
    [
        (lambda lake: widen(DeltaTable(lake.uri("orders")), TABLES["orders"]), False),
        (lambda lake: written_before(lake, "orders", rows("orders", line(DAYS[2], quantity=7))), True),
    ],
    ids=["another process does the same", "another process writes a day as before"],
)
def test_another_process_meanwhile(lake: Lake, meanwhile: Callable[[Lake], None], fails: bool) -> None:
    """Who widened first has done it for both; a day that was written loses nothing, and the next try succeeds."""
    seen = DeltaTable(lake.uri("orders"))
    meanwhile(lake)
    held = lake.read("orders").sort("day")
    if fails:
        with pytest.raises(CommitFailedError):
            widen(seen, TABLES["orders"])
    else:
        assert widen(seen, TABLES["orders"]) == 3
    assert lake.read("orders").sort("day").equals(held)
    widen(DeltaTable(lake.uri("orders")), TABLES["orders"])
    assert lake.read("orders").sort("day").equals(held)
    assert types_of_files(lake, "orders") == {("double",)}
