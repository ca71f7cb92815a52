"""Days of a log that lose rows, and rows that change their day."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from resources.ingestion.ingest import midnight
from resources.ingestion.ingested import ShrinkGuard
from resources.lake import Lake
from tests.resources.ingestion.ingested import DAY, FIRST, Rows, frame, read_days, view


def of_days(*counts: int) -> pl.DataFrame:
    """So many events of each day from FIRST on."""
    return frame(
        "events",
        [view(f"{day}-{n}", midnight(FIRST + day * DAY)) for day, rows in enumerate(counts) for n in range(rows)],
    )


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ((200, 200, 200), (0, 0, 200), {"2026-01-01": (200, 0), "2026-01-02": (200, 0)}),
        ((200, 200, 200), (200, 99, 200), {"2026-01-02": (200, 99)}),
        ((200, 200, 200), (200, 100, 180), {}),
        ((200, 3, 200), (200, 1, 200), {}),
        ((200, 3, 200), (200, 0, 200), {"2026-01-02": (3, 0)}),
        ((0, 10, 0), (5, 20, 5), {}),
    ],
)
def test_a_day_that_shrinks_is_kept_and_told(
    lake: Lake, before: tuple[int, ...], after: tuple[int, ...], kept: dict[str, tuple[int, int]]
) -> None:
    """A reload is under way: days that would lose more than half of their rows stay, the others are read."""
    span = (FIRST, FIRST + 2 * DAY)
    guard = ShrinkGuard()
    read_days(lake, Rows(events=of_days(*before)), span, guard=guard)
    report = read_days(lake, Rows(events=of_days(*after)), span, guard=guard)
    assert report.shrunk == kept
    days = [str(FIRST + n * DAY) for n in range(3)]
    meant = [kept[day][0] if day in kept else after[n] for n, day in enumerate(days)]
    assert [lake.count("events", day, day) for day in days] == meant


@pytest.mark.parametrize(
    "guard",
    [ShrinkGuard(accepted=frozenset({"2026-01-01"})), ShrinkGuard(accepted=frozenset({"all"})), ShrinkGuard(limit=1.0)],
)
def test_a_day_may_shrink_where_that_is_accepted(lake: Lake, guard: ShrinkGuard) -> None:
    """By its name, all of them, or by the shop."""
    read_days(lake, Rows(events=of_days(200)), (FIRST, FIRST))
    assert read_days(lake, Rows(events=of_days(1)), (FIRST, FIRST), guard=guard).shrunk == {}
    assert lake.count("events") == 1


def test_a_row_with_another_date_moves(lake: Lake) -> None:
    """Corrected to a later day or an earlier one, while only the new day is read: it stands there once."""
    source = Rows(events=frame("events", [view("a", midnight(FIRST)), view("b", midnight(FIRST + 5 * DAY))]))
    read_days(lake, source, (FIRST, FIRST + 5 * DAY), guard=ShrinkGuard())
    source.tables["events"] = frame("events", [view("a", midnight(FIRST + 4 * DAY)), view("b", midnight(FIRST + DAY))])
    for day, key in ((FIRST + 4 * DAY, "a"), (FIRST + DAY, "b")):
        report = read_days(lake, source, (day, day), guard=ShrinkGuard())
        assert lake.read("events").filter(event_id=key)["day"].to_list() == [str(day)]
        assert sum(report.moved.values()) == 1


def test_keys_that_count_anew_every_day_move_nothing(lake: Lake) -> None:
    """The day before would be emptied: it is kept, and told."""
    source = Rows(events=of_days(30, 30))
    read_days(lake, source, (FIRST, FIRST), guard=ShrinkGuard())
    same = source.tables["events"].filter(pl.col("ts") < midnight(FIRST + DAY)).with_columns(pl.col("ts") + DAY)
    source.tables["events"] = same
    report = read_days(lake, source, (FIRST + DAY, FIRST + DAY), guard=ShrinkGuard())
    assert lake.count("events") == 60
    assert report.shrunk == {str(FIRST): (30, 0)}
    assert not report.moved


def stays(source: Rows, home: Path, spans: list[tuple[date, date]]) -> tuple[pl.DataFrame, dict[str, int]]:
    """What a lake holds once these days were read one span after another, and how many rows left which day."""
    lake, moved = Lake(str(home)), dict[str, int]()
    for span in spans:
        for day, rows in read_days(lake, source, span, guard=ShrinkGuard()).moved.items():
            moved[day] = moved.get(day, 0) + rows
    return lake.read("events").sort("event_id", "day"), moved


def test_the_lake_is_the_same_however_the_days_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any key may be on several of 9 days: one run, two and nine leave the same rows, and tell of as many.

    Day 3 would lose its rows to day 4, and day 5 keeps half of its rows: day 6 takes the others, day 7 may not.
    """
    monkeypatch.setattr("resources.ingestion.ingest.CHUNK_DAYS", 4)
    rng = np.random.default_rng(0)
    keys = [rng.choice(200, 20, replace=False).tolist() for _ in range(9)]
    keys[3] = keys[4] = list(range(900, 930))
    keys[5], keys[6], keys[7] = (list(range(first, first + 40)) for first in (1_000, 1_020, 980))
    rows = [view(str(key), midnight(FIRST + day * DAY)) for day in range(9) for key in keys[day]]
    source = Rows(events=frame("events", rows))
    days = [FIRST + n * DAY for n in range(9)]
    one, moved = stays(source, tmp_path / "one", [(days[0], days[8])])
    for cut in ([(day, day) for day in days], [(days[0], days[5]), (days[6], days[8])]):
        parts, moved_then = stays(source, tmp_path / f"in {len(cut)}", cut)
        assert one.equals(parts)
        assert moved == moved_then
    counts = dict(one.group_by("day").len().iter_rows())
    assert [counts[str(day)] for day in days[3:8]] == [30, 30, 20, 40, 40]
    again, _ = stays(source, tmp_path / "one", [(days[0], days[8])])
    assert again.equals(one)


def test_the_newest_day_keeps_a_key_of_one_run(lake: Lake) -> None:
    """On three days, read at once: it stands on the last, and has left two."""
    rows = [view(f"{day}-{n}", midnight(FIRST + day * DAY)) for day in range(3) for n in range(20)]
    rows += [view("a", midnight(FIRST + day * DAY)) for day in range(3)]
    report = read_days(lake, Rows(events=frame("events", rows)), (FIRST, FIRST + 2 * DAY), guard=ShrinkGuard())
    assert lake.read("events").filter(event_id="a")["day"].to_list() == ["2026-01-03"]
    assert report.moved == {"2026-01-01": 1, "2026-01-02": 1}
    assert report.rows_by_day == {"2026-01-01": 20, "2026-01-02": 20, "2026-01-03": 21}
    assert not report.shrunk


def test_keys_that_count_anew_every_day_stay_in_one_run_too(lake: Lake) -> None:
    """Three days of the same 30 keys: each keeps its rows, and both that would be emptied are told."""
    rows = [view(str(n), midnight(FIRST + day * DAY)) for day in range(3) for n in range(30)]
    report = read_days(lake, Rows(events=frame("events", rows)), (FIRST, FIRST + 2 * DAY), guard=ShrinkGuard())
    assert lake.count("events") == 90
    assert report.shrunk == {"2026-01-01": (30, 0), "2026-01-02": (30, 0)}
    assert not report.moved
