"""``upshelf quarantine`` on a small lake."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from resources.lake import UNDATED, Lake
from resources.tables import TABLES
from tests.commands.conftest import Called

DAYS = ("2026-01-01", "2026-01-02")


def write(home: Path) -> None:
    """A row of each day and an undated one, the last from another origin."""
    rows = [
        {
            "day": day,
            "table": "orders",
            "rules": ["line|min", "user_id|fraction"] if day != UNDATED else ["ts|dtype"],
            "origin": "feedback" if day == UNDATED else "shop 'x', files under /data",
            "ts": None if day == UNDATED else datetime.fromisoformat(day).replace(tzinfo=UTC),
            "row": json.dumps({"order_id": day, "line": 0}),
        }
        for day in (*DAYS, UNDATED)
    ]
    frame = pl.DataFrame(rows, schema=dict(TABLES["quarantine_orders"]))
    Lake(str(home / "lake")).replace_partition("quarantine_orders", frame, DAYS[0], DAYS[-1], undated=True)


def test_rows_with_their_rules_in_words(home: Path, called: Called) -> None:
    """Newest first, each with its rules and itself; the origin once where it is the same."""
    write(home)
    done = called("quarantine", "orders")
    assert done.exit_code == 0
    words = "line must be at least 1; user_id has a fraction, which no id has"
    assert done.stdout.splitlines() == [
        "3 rows of orders are in quarantine, shown 3",
        "from shop 'x', files under /data",
        f"  2026-01-02  {words}",
        '      {"order_id": "2026-01-02", "line": 0}',
        f"  2026-01-01  {words}",
        '      {"order_id": "2026-01-01", "line": 0}',
        "from feedback",
        "  undated  ts is not a time",
        '      {"order_id": "undated", "line": 0}',
    ]


def test_rows_of_a_day_for_a_script(home: Path, called: Called) -> None:
    """One object a line; a row is an object too."""
    write(home)
    first, undated = map(
        json.loads, called("quarantine", "orders", "--day", "2026-01-01", "--json").stdout.splitlines()
    )
    assert first["day"] == "2026-01-01"
    assert first["ts"] == "2026-01-01T00:00:00+00:00"
    assert first["rules"] == ["line must be at least 1", "user_id has a fraction, which no id has"]
    assert first["row"] == {"order_id": "2026-01-01", "line": 0}
    assert (undated["day"], undated["ts"]) == ("undated", None)


def test_nothing_and_no_table(called: Called) -> None:
    """An empty lake has no such rows; a table that is none is a call that cannot be understood."""
    assert called("quarantine", "events").stdout == "0 rows of events are in quarantine\n"
    wrong = called("quarantine", "order")
    assert wrong.exit_code == 2
    assert "there is no table 'order'; there are products, events, orders" in wrong.stderr
