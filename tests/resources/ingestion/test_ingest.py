"""From a source to the lake: what is replaced, merged, quarantined and counted."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from resources.contracts import CONTRACTS
from resources.ingestion.ingest import CHUNK_DAYS, ingest, midnight
from resources.lake import UNDATED, Lake
from resources.store.forgotten import Forgotten
from resources.tables import TABLES, quarantine_of
from tests.resources.ingestion.ingested import DAY, FIRST, Rows, frame, product, read_days, view


def test_a_day_of_a_log_replaces_what_was_read_of_it(lake: Lake) -> None:
    """A row that left the source leaves the lake; a late one of the day arrives; the next day stays."""
    first, second = midnight(FIRST), midnight(FIRST + DAY)
    source = Rows(events=frame("events", [view("a", first), view("b", first), view("c", second)]))
    read_days(lake, source, (FIRST, FIRST + DAY))
    source.tables["events"] = frame("events", [view("b", first), view("late", first + DAY / 2)])
    report = read_days(lake, source, (FIRST, FIRST))
    found = lake.read("events").sort("event_id").select("day", "event_id").rows()
    assert found == [("2026-01-01", "b"), ("2026-01-02", "c"), ("2026-01-01", "late")]
    assert report.rows == 2
    assert report.rows_by_day == {"2026-01-01": 2}
    assert report.version == lake.files("events").version == 1


def test_reading_a_day_again_changes_nothing(lake: Lake) -> None:
    """The same rows, in the same order, but of a new version."""
    source = Rows(events=frame("events", [view(key, midnight(FIRST)) for key in "bac"]))
    reports = [read_days(lake, source, (FIRST, FIRST)) for _ in range(2)]
    assert lake.read("events")["event_id"].to_list() == ["a", "b", "c"]
    assert [report.version for report in reports] == [0, 1]


def test_states_are_merged_and_earlier_ones_kept(lake: Lake) -> None:
    """A title corrected in place is overwritten; a new state of p is added; q, gone from the source, stays."""
    long_ago, later = datetime(2020, 5, 1, tzinfo=UTC), midnight(FIRST + DAY)
    source = Rows(products=frame("products", [product("p", long_ago), product("q", long_ago)]))
    read_days(lake, source, (FIRST, FIRST), table="products")
    source.tables["products"] = frame("products", [product("p", long_ago, "Lamp"), product("p", later, "LED lamp")])
    read_days(lake, source, (FIRST, FIRST + DAY), table="products")
    found = lake.read("products").sort("product_id", "updated_at").select("day", "product_id", "title").rows()
    assert found == [("2020-05-01", "p", "Lamp"), ("2026-01-02", "p", "LED lamp"), ("2020-05-01", "q", "lamp")]


def test_states_are_read_from_the_beginning_of_time_on_the_first_day_only(lake: Lake) -> None:
    """On the shop's first day the window has no start; on the next it has; a log's window always has."""
    source = Rows(products=frame("products", [product("p", midnight(FIRST))]), events=frame("events", []))
    read_days(lake, source, (FIRST, FIRST), table="products")
    read_days(lake, source, (FIRST + DAY, FIRST + DAY), table="products")
    read_days(lake, source, (FIRST, FIRST))
    one, two, three = (midnight(FIRST + n * DAY) for n in range(3))
    assert source.windows == [(None, two), (two, three), (one, two)]


def test_a_state_that_comes_later_is_read_from_the_beginning_of_time(lake: Lake) -> None:
    """Nothing was known of it on the first day; when the shop has it, what is older than the night is read too."""
    source = Rows(products=frame("products", []))
    read_days(lake, source, (FIRST, FIRST), table="products")
    source.tables["products"] = frame("products", [product("p", datetime(2020, 5, 1, tzinfo=UTC))])
    read_days(lake, source, (FIRST + DAY, FIRST + DAY), table="products")
    assert lake.read("products")["day"].to_list() == ["2020-05-01"]


def test_chunks_give_what_one_reading_gives(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two and a half chunks of days with good, broken and undated rows: the same tables and the same counts."""
    days = 2 * CHUNK_DAYS + 14
    rows = [view(f"e{i}", midnight(FIRST) + i * DAY / 2, kind="view" if i % 7 else "stare") for i in range(2 * days)]
    rows += [view("undated", None), view("after", midnight(FIRST + days * DAY))]
    source, span = Rows(events=frame("events", rows)), (FIRST, FIRST + (days - 1) * DAY)
    told: list[str] = []
    chunked = read_days(lake, source, span, told=told)
    assert len(told) == 3
    assert told[-1].startswith(f"events: 2026-03-04 to {span[1]} read, ")
    monkeypatch.setattr("resources.ingestion.ingest.CHUNK_DAYS", 1_000)
    whole_lake = Lake(str(tmp_path / "whole"))
    whole = read_days(whole_lake, source, span)
    for table in ("events", quarantine_of("events")):
        one, many = (made.read(table).sort(pl.all()) for made in (whole_lake, lake))
        assert one.equals(many)
    assert (whole.rows, whole.quarantined_dated, whole.quarantined_undated) == (130, 22, 1)
    for name in ("rows", "quarantined_dated", "quarantined_undated", "rules", "rows_by_day"):
        assert getattr(chunked, name) == getattr(whole, name), name


def test_undated_rows_are_counted_once_and_leave_when_repaired(lake: Lake) -> None:
    """Every window yields them, the quarantine holds them once, and a reading after the repair clears them."""
    source = Rows(events=frame("events", [view("a", midnight(FIRST)), view("x", None), view("y", None)]))
    reports = [read_days(lake, source, (FIRST + n * DAY, FIRST + n * DAY)) for n in range(2)]
    assert [report.quarantined for report in reports] == [2, 2]
    # Judged against the table's one row, on the day that has it and on the day that has none.
    assert [report.share_quarantined for report in reports] == [2 / 3, 2 / 3]
    assert reports[0].rules == {"ts is missing, no time, or out of range": 2}
    assert lake.read(quarantine_of("events"))["day"].to_list() == [UNDATED, UNDATED]
    source.tables["events"] = frame("events", [view(key, midnight(FIRST)) for key in "axy"])
    assert read_days(lake, source, (FIRST, FIRST)).quarantined == 0
    assert lake.read(quarantine_of("events")).is_empty()
    assert lake.read("events").height == 3


def test_broken_rows_are_in_the_quarantine_of_their_day_with_their_rules(lake: Lake) -> None:
    """A row that breaks two rules counts for both; the row itself is there to be repaired."""
    broken = view("b", midnight(FIRST), kind="stare", user_id=None)
    source = Rows(events=frame("events", [view("a", midnight(FIRST)), broken]))
    report = read_days(lake, source, (FIRST, FIRST))
    (row,) = lake.read(quarantine_of("events")).rows(named=True)
    assert (row["day"], row["table"], row["origin"]) == ("2026-01-01", "events", "memory:events")
    assert sorted(row["rules"]) == ["has_actor", "kind_is_known"]
    assert '"event_id": "b"' in row["row"]
    assert report.rules == {"has_actor": 1, "kind_is_known": 1}
    assert (report.rows, report.quarantined, report.share_quarantined) == (1, 1, 0.5)


def test_a_broken_state_from_before_the_shop_is_quarantined_with_its_first_day(lake: Lake) -> None:
    """Its own day lies outside the days that a reading replaces."""
    source = Rows(products=frame("products", [product("p", datetime(2020, 5, 1, tzinfo=UTC), title="")]))
    report = read_days(lake, source, (FIRST, FIRST), table="products")
    assert lake.read(quarantine_of("products"))["day"].to_list() == ["2026-01-01"]
    assert report.quarantined_dated == 1


def test_a_key_that_a_source_repeats_across_frames_is_seen(lake: Lake) -> None:
    """The source yields each row in a frame of its own; the second of a key is quarantined."""
    rows = [view("a", midnight(FIRST)), view("a", midnight(FIRST) + DAY / 2)]
    report = read_days(lake, Rows(events=frame("events", rows)), (FIRST, FIRST))
    assert (report.rows, report.rules) == (1, {"primary_key": 1})


def test_feedback_joins_the_source(lake: Lake) -> None:
    """Serving's own event is added; of an event that both have, the source's stays; each window is half open."""
    windows = []

    def feedback(start: datetime, end: datetime) -> pl.DataFrame:
        windows.append((start, end))
        rows = [view("a", start, surface="served"), view("f", start, surface="served"), view("g", start, kind="stare")]
        return frame("events", rows)

    source = Rows(events=frame("events", [view("a", midnight(FIRST), surface="logged")]))
    report = read_days(lake, source, (FIRST, FIRST), feedback=feedback)
    assert lake.read("events").sort("event_id").select("event_id", "surface").rows() == [
        ("a", "logged"),
        ("f", "served"),
    ]
    assert lake.read(quarantine_of("events"))["origin"].to_list() == ["feedback"]
    assert (report.rows, report.quarantined) == (2, 1)
    assert windows == [(midnight(FIRST), midnight(FIRST + DAY))]


def test_a_shop_without_the_table_has_its_feedback_alone(lake: Lake) -> None:
    """And with neither the table is empty, but there."""
    report = read_days(lake, None, (FIRST, FIRST), feedback=lambda start, _: frame("events", [view("f", start)]))
    assert report.rows == 1
    report = read_days(lake, None, (FIRST, FIRST))
    assert (report.rows, report.share_quarantined) == (0, 0.0)
    assert lake.read("events").schema == pl.Schema(TABLES["events"])
    assert lake.read("events").is_empty()


def test_rows_of_forgotten_users_reach_neither_table_nor_quarantine(lake: Lake) -> None:
    """Also from feedback; the day before stays as it was, and how many were left out is told."""
    at = midnight(FIRST)
    rows = [view("a", at, user_id="gone"), view("b", at), view("c", at, user_id="gone", kind="stare")]
    source = Rows(events=frame("events", rows))
    report = ingest(
        CONTRACTS["events"],
        lake=lake,
        source=source,
        feedback=lambda *_: frame("events", [view("d", at, user_id="gone"), view("e", at)]),
        first=FIRST,
        last=FIRST,
        shop_first_day=FIRST,
        progress=lambda _: None,
        forgotten=Forgotten("salt", frozenset()).also(["gone"]),
    )
    assert lake.read("events")["event_id"].sort().to_list() == ["b", "e"]
    assert lake.read(quarantine_of("events")).is_empty()
    assert (report.forgotten, report.rows, report.quarantined) == (3, 2, 0)
