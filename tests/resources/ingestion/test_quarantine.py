"""The quarantine as people read it."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from resources.ingestion.quarantine import quarantined
from resources.lake import UNDATED, Lake
from resources.tables import TABLES

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


def test_newest_rows_first_then_those_without_a_time_rules_in_words(tmp_path: Path) -> None:
    """One row a day and an undated one; the days and the number of rows are what is asked for."""
    lake = Lake(str(tmp_path))
    rows = [
        {"day": day, "table": "orders", "rules": ["line|min", "unit_price|nan"], "origin": "csv", "row": day,
         "ts": None if day == UNDATED else datetime.fromisoformat(day).replace(tzinfo=UTC)}
        for day in (*DAYS, UNDATED)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict(TABLES["quarantine_orders"]))
    lake.replace_partition("quarantine_orders", frame, DAYS[0], DAYS[-1], undated=True)
    assert quarantined(lake, "orders", None, None, 10)["row"].to_list() == [*reversed(DAYS), UNDATED]
    assert quarantined(lake, "orders", None, None, 2)["row"].to_list() == [DAYS[2], DAYS[1]]
    assert quarantined(lake, "orders", DAYS[1], DAYS[1], 10)["row"].to_list() == [DAYS[1], UNDATED]
    assert quarantined(lake, "orders", DAYS[0], DAYS[0], 1)["rules"].to_list() == [
        ["line must be at least 1", "unit_price is NaN"]
    ]
    assert quarantined(lake, "events", None, None, 10).is_empty()
