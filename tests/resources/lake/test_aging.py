"""Days of logs that are too old: which they are, and that they go and nothing else does."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from resources.contracts import CONTRACTS
from resources.lake import UNDATED, Lake
from resources.lake.aging import AGING, drop_up_to, last_old_day, rows_up_to, versions_without
from resources.tables import TABLES

DAYS = [f"2026-01-{n:02}" for n in range(1, 8)]


def rows(table: str, *days: str) -> pl.DataFrame:
    """A row of each day."""
    return pl.DataFrame([dict.fromkeys(TABLES[table]) | {"day": d} for d in days], dict(TABLES[table]))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Every table with a row of each of seven days."""
    made = Lake(str(tmp_path / "lake"))
    for table in TABLES:
        made.replace_partition(table, rows(table, *DAYS), DAYS[0], DAYS[-1])
    return made


@pytest.mark.parametrize(
    ("logs_days", "today", "last"),
    [
        (5, date(2026, 1, 8), "2026-01-02"),
        (5, date(2028, 1, 1), "2026-01-02"),
        (5, date(2026, 1, 6), "2026-01-01"),
        (30, date(2026, 1, 8), "2025-12-08"),
    ],
)
def test_age_is_counted_from_the_newest_day(lake: Lake, logs_days: int, today: date, last: str) -> None:
    """A clock that is years ahead, logs that have stopped and a row of the future cost no day."""
    assert last_old_day(lake, logs_days, today) == last


def test_a_lake_without_logs_has_no_old_day(tmp_path: Path) -> None:
    """Undated rows and things as last known have no age."""
    lake = Lake(str(tmp_path))
    lake.merge("products", rows("products", "2020-01-01"), ["product_id"])
    lake.replace_partition("quarantine_orders", rows("quarantine_orders", UNDATED), DAYS[0], DAYS[0], undated=True)
    assert last_old_day(lake, 30, date(2026, 1, 8)) is None


def test_days_go_from_logs_and_from_what_is_derived(lake: Lake) -> None:
    """Things as last known and vectors of texts keep theirs, as do undated rows; again there is nothing to drop."""
    undated = rows("quarantine_orders", UNDATED, *DAYS)
    lake.replace_partition("quarantine_orders", undated, DAYS[0], DAYS[-1], undated=True)
    assert drop_up_to(lake, DAYS[2]) == dict.fromkeys(AGING, 3)
    lasting = {"products", "users", "judgments", "banners", "product_embeddings"}
    assert {table for table in TABLES if table not in AGING} == lasting
    for table in TABLES:
        expected = DAYS if table in lasting else [*DAYS[3:], *([UNDATED] if table == "quarantine_orders" else [])]
        assert sorted(lake.read(table)["day"]) == expected, table
    assert rows_up_to(lake, DAYS[2]) == {}
    assert drop_up_to(lake, DAYS[2]) == {}
    assert {name for name, contract in CONTRACTS.items() if not contract.is_state} < set(AGING)


def test_versions_that_hold_old_days_are_told(lake: Lake) -> None:
    """Of tables that age; one that cannot be read is no reason to delete anything."""
    lake.delete_rows("orders", f"day <= '{DAYS[2]}'")
    assert versions_without(lake, "orders", (0, 1), DAYS[2]) == {1}
    assert versions_without(lake, "orders", (0, 1), "2025-12-31") == {0, 1}
    assert versions_without(lake, "products", (0,), DAYS[2]) == {0}
    assert versions_without(lake, "orders", (7,), DAYS[2]) == {7}
