"""Deleting users from the lake: rows, old files, and what the log says of them."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from resources.lake import UNDATED, Lake
from resources.lake.erasure import PERSONAL, erase_from_lake, known_users, without_users
from resources.store.forgotten import Forgotten
from resources.tables import TABLES, quarantine_of

GONE = "o'gone-1"
DAYS = ("2026-01-01", "2026-01-02")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOBODY = Forgotten("salt", frozenset())


def frame(table: str, *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows of ``table``; columns that are not named are null, the day is the first."""
    return pl.DataFrame([{"day": DAYS[0], **row} for row in rows], schema=dict(TABLES[table]))


def event(key: str, user: str | None, session: str | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A view at noon."""
    return {"event_id": key, "ts": NOON, "kind": "view", "user_id": user, "session_id": session, **more}


def write(lake: Lake, table: str, *rows: dict[str, Any]) -> None:
    """Replace all days of ``table``."""
    lake.replace_partition(table, frame(table, *rows), *DAYS, undated=table.startswith("quarantine"))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """The user is in every kind of table, and so is somebody else."""
    made = Lake(str(tmp_path / "lake"))
    write(made, "events", event("old", GONE))  # a version that nothing reads any more
    write(
        made,
        "events",
        event("a", GONE, "mine", kind="search", query="lamp"),
        event("b", None, "mine", day=DAYS[1], kind="search", query="lamp"),
        event("c", GONE, "ours"),
        event("d", "u2", "ours"),
        event("e", None, "ours"),
        event("f", "u2", None, kind="search", query="lamp"),
        event("g", GONE, None),
    )
    sessions = [(f"{DAYS[0]}/s/mine", GONE), (f"{DAYS[0]}/s/mine", None), (f"{DAYS[0]}/s/ours", None)]
    write(made, "sessions", *({"session_id": s, "user_id": u, "ts": NOON} for s, u in sessions))
    write(made, "robots", *({"visitor": v, "looks": 1} for v in ("s/mine", f"u/{GONE}", "s/ours", "u/u2")))
    write(made, "searches", *({"search_id": s, "query": "lamp"} for s in ("a", "b", "f")))
    write(made, "user_profiles", *({"user_id": u} for u in (GONE, "u2")))
    contexts = {"i1": json.dumps({"user_id": GONE}), "i2": json.dumps({"user_id": "u2"}), "i3": None, "i4": "no json"}
    write(made, "banner_impressions", *({"impression_id": i, "context": c} for i, c in contexts.items()))
    broken = [
        ("events", {"user_id": GONE}, DAYS[0]),
        ("events", {"user_id": f" {GONE} "}, UNDATED),
        ("events", {"user_id": "u2"}, UNDATED),
        ("banner_impressions", {"context": json.dumps({"user_id": GONE})}, DAYS[0]),
        ("banner_impressions", {"context": None}, DAYS[0]),
    ]
    for table in ("events", "banner_impressions"):
        rows = ({"table": of, "rules": ["r"], "row": json.dumps(row), "day": d} for of, row, d in broken if of == table)
        write(made, quarantine_of(table), *rows)
    return made


def text_of(root: Path) -> str:
    """All that lies below ``root``, decompressed."""
    parts = []
    for path in root.rglob("*"):
        if path.is_file():
            parts.append(path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            parts.append(repr(pl.read_parquet(path, hive_partitioning=False).to_dicts()))
    return "\n".join(parts)


EXPECTED = {
    "banner_impressions": 1,
    "events": 4,
    "quarantine_banner_impressions": 1,
    "quarantine_events": 2,
    "robots": 2,
    "searches": 2,
    "sessions": 2,
    "user_profiles": 1,
}


def test_rows_go_everywhere_and_no_file_or_log_holds_them(lake: Lake, tmp_path: Path) -> None:
    """First they are counted; then they go; then the old files go; the tables are written and read as before."""
    before = {table: lake.read(table) for table in EXPECTED}
    assert erase_from_lake(lake, [GONE], apply=False) == EXPECTED
    assert erase_from_lake(lake, [GONE], apply=True) == EXPECTED
    assert erase_from_lake(lake, [GONE], apply=True) == {}
    assert sorted(lake.read("events")["event_id"]) == ["d", "e", "f"]
    assert lake.read("robots")["visitor"].sort().to_list() == ["s/ours", "u/u2"]
    assert lake.read("searches")["search_id"].to_list() == ["f"]
    assert {table: before[table].height - lake.read(table).height for table in EXPECTED} == EXPECTED
    assert "gone-1" in text_of(tmp_path)
    assert [lake.purge(table) for table in PERSONAL] == [[]] * len(PERSONAL)
    found = text_of(tmp_path)
    assert "gone-1" not in found
    assert "u2" in found
    write(lake, "events", event("z", "u3"))
    assert lake.read("events")["event_id"].to_list() == ["z"]
    assert lake.unused_files("events", 7) == {}


def test_a_file_of_a_writer_at_work_is_left_and_told(lake: Lake, tmp_path: Path) -> None:
    """One that a killed writer left goes once it is older than an hour."""
    stray = tmp_path / "lake" / "events" / f"day={DAYS[0]}" / "part-stray.parquet"
    frame("events", event("x", GONE)).write_parquet(stray)
    assert lake.purge("events") == [f"day={DAYS[0]}/part-stray.parquet"]
    then = time.time() - 2 * 3_600
    os.utime(stray, (then, then))
    assert lake.purge("events") == []
    assert not stray.exists()


def test_users_are_found_by_their_digests(lake: Lake) -> None:
    """In any table; a number that was read as a fraction is the same user."""
    rows = [{"table": "orders", "rules": ["r"], "row": json.dumps({"user_id": 12.0})}]
    write(lake, quarantine_of("orders"), *rows)
    assert known_users(lake, NOBODY.also([GONE, "12", "nobody"])) == ["12", GONE]
    assert known_users(lake, NOBODY) == []
    assert known_users(Lake("/nonexistent"), NOBODY.also([GONE])) == []
    assert erase_from_lake(lake, ["12"], apply=True) == {"quarantine_orders": 1}


def test_rows_that_were_read_lose_such_users(lake: Lake) -> None:
    """As in the lake: nobody's rows of the user's own sessions too."""
    users = NOBODY.also([GONE])
    kept = without_users("events", lake.read("events"), users)
    assert sorted(kept["event_id"]) == ["d", "e", "f"]
    assert without_users("quarantine_events", lake.read("quarantine_events"), users).height == 1
    assert without_users("banner_impressions", lake.read("banner_impressions"), users).height == 3
    products = frame("products", {"product_id": GONE})
    assert without_users("products", products, users) is products
