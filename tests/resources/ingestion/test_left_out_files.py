"""Files that a source leaves out: they are in quarantine, no day loses rows, and no product leaves for them."""

from datetime import timedelta

import polars as pl

from resources.ingestion.ingest import midnight
from resources.ingestion.ingested import ShrinkGuard
from resources.ingestion.quarantine import quarantined
from resources.lake import UNDATED, Lake
from resources.sources import LeftOut
from tests.resources.ingestion.ingested import DAY, FIRST, Rows, frame, product, read_days, view

AT = midnight(FIRST) + timedelta(hours=9)
FILES = LeftOut(files={"/data/2.csv": "it is not UTF-8"})


class Broken(Rows):
    """A source that could not read one of its files."""

    def left_out(self, table: str) -> LeftOut:
        """The file."""
        return FILES


def test_a_file_stands_in_quarantine_with_the_reason_and_leaves_when_it_is_read(lake: Lake) -> None:
    """It counts as no row, so that one file of many rows does not block what is downstream."""
    rows = frame("events", [view("e1", AT)])
    report = read_days(lake, Broken(events=rows), (FIRST, FIRST), guard=ShrinkGuard())
    assert (report.rows, report.quarantined, report.rules, report.left_out) == (1, 0, {}, FILES)
    (row,) = quarantined(lake, "events", None, None, 9).iter_rows(named=True)
    assert (row["day"], row["origin"], row["row"]) == (UNDATED, "file /data/2.csv", '{"why": "it is not UTF-8"}')
    assert row["rules"] == ["the file could not be read, and was left out"]
    read_days(lake, Rows(events=rows), (FIRST, FIRST), guard=ShrinkGuard())
    assert quarantined(lake, "events", None, None, 9).is_empty()


def test_a_day_keeps_every_row_while_a_file_is_left_out(lake: Lake) -> None:
    """Even one of four, which a source that is read whole may lose; a day that gains rows is read."""
    days = [[view(f"{day}-{n}", AT + day * DAY) for n in range(4)] for day in range(2)]
    read_days(lake, Rows(events=frame("events", days[0] + days[1][:3])), (FIRST, FIRST + DAY), guard=ShrinkGuard())
    source = frame("events", days[0][:3] + days[1])
    report = read_days(lake, Broken(events=source), (FIRST, FIRST + DAY), guard=ShrinkGuard())
    assert report.shrunk == {str(FIRST): (4, 3)}
    assert lake.read("events").group_by("day").len().sort("day")["len"].to_list() == [4, 4]
    accepted = ShrinkGuard(accepted=frozenset([str(FIRST)]))
    read_days(lake, Broken(events=source), (FIRST, FIRST + DAY), guard=accepted)
    assert lake.read("events").group_by("day").len().sort("day")["len"].to_list() == [3, 4]
    read_days(lake, Rows(events=frame("events", days[1])), (FIRST + DAY, FIRST + DAY), guard=ShrinkGuard())


def test_no_product_leaves_for_a_file_of_a_full_feed_that_cannot_be_read(lake: Lake) -> None:
    """The same feed read whole says that the third has left."""
    three = frame("products", [product(f"p{n}", AT) for n in range(3)])
    read_days(lake, Rows(products=three), (FIRST, FIRST), table="products", full=True, guard=ShrinkGuard())
    two = three.head(2)
    report = read_days(lake, Broken(products=two), (FIRST, FIRST), table="products", full=True, guard=ShrinkGuard())
    assert (report.removed, lake.read("products").filter(pl.col("removed").fill_null(value=False)).height) == (0, 0)
    report = read_days(lake, Rows(products=two), (FIRST, FIRST), table="products", full=True, guard=ShrinkGuard())
    assert report.removed == 1
