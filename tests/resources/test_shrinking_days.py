"""Days of a log that lose rows, and rows that change their day."""

import polars as pl
import pytest

from resources.ingest import ShrinkGuard, midnight
from resources.lake import Lake
from tests.resources.ingested import DAY, FIRST, Rows, frame, read_days, view


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
