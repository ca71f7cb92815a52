"""Times of MariaDB, from a real server: which are some, and in which window they lie."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from tests.mariadb_server import executed
from tests.resources.sources.mysql.orders import DAY1, DAY2, END, OpenShop, orders, read


def test_windows_are_half_open_and_times_without_a_zone_are_utc(open_shop: OpenShop) -> None:
    """Of dates, datetimes and text; a comment may end the query."""
    times = ("CAST('2026-03-07' AS DATE)", "TIMESTAMP '2026-03-07 23:59:59.999999'", "TIMESTAMP '2026-03-08 00:00:00'")
    query = " UNION ALL ".join(orders(id=f"'{n}'", ts=at) for n, at in enumerate(times)) + "# the end;"
    source = open_shop(orders=query)
    assert read(source).rows["ts"].to_list() == [DAY1, DAY2 - timedelta(microseconds=1)]
    assert read(source, DAY2, END).rows["order_id"].to_list() == ["2"]
    assert list(source.read("orders", None, DAY1)) == []
    assert source.last_day_with_rows("orders") == DAY2
    assert open_shop(orders=query.replace("# the end;", "") + " LIMIT 0").last_day_with_rows("orders") is None


def test_the_session_is_in_utc_whatever_the_server_is_in(open_shop: OpenShop, mariadb_uri: str) -> None:
    """A TIMESTAMP is an instant, which the server would show in its own zone."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS moments",
        "CREATE TABLE moments (at TIMESTAMP NOT NULL)",
        "INSERT INTO moments VALUES ('2026-03-07 23:30')",
        "SET GLOBAL time_zone = '+05:00'",
    )
    try:
        source = open_shop(orders=orders(ts="at") + " FROM moments")
        assert read(source).rows["ts"].to_list() == [DAY1.replace(hour=23, minute=30)]
    finally:
        executed(mariadb_uri, "SET GLOBAL time_zone = 'SYSTEM'")


@pytest.mark.parametrize("text", ["07/03/2026 08:26", "now", "20226-01-01", "2026-02-30", "2026-00-10", "x", "",
                                  "2026-03-07 08:26z"])  # fmt: skip
def test_text_that_is_no_iso_time_is_undated_in_every_window(open_shop: OpenShop, text: str) -> None:
    """Nothing is guessed: the row comes with each window, into the quarantine, and the others are read."""
    times = (f"'{text}'", "'2026-03-08T01:00:00.5+02:00'", "'2026-03-07 23:30 -0130'", "'2026-03-08T00:00Z'")
    source = open_shop(orders=" UNION ALL ".join(orders(id=f"'{n}'", ts=at) for n, at in enumerate(times)))
    for start, end, ids in ((DAY1, DAY2, ["1"]), (DAY2, END, ["2", "3"]), (DAY1, END, ["1", "2", "3"])):
        checked = read(source, start, end)
        assert checked.rows["order_id"].to_list() == ids
        (row,) = checked.quarantined.to_dicts()
        assert (row["rules"], row["ts"]) == (["ts|dtype"], None)
        assert text in row["row"]
    assert checked.rows["ts"].to_list() == [
        datetime(2026, 3, 7, 23, 0, 0, 500_000, UTC), datetime(2026, 3, 8, 1, tzinfo=UTC), DAY2,
    ]  # fmt: skip
    assert source.last_day_with_rows("orders") == DAY2


@pytest.mark.parametrize("value", ["0000-00-00", "2026-03-00", "1754-08-30", "2150-01-01"])
@pytest.mark.parametrize("kind", ["DATE", "DATETIME(3)"])
def test_a_date_that_is_none_is_undated_and_the_rest_is_read(
    open_shop: OpenShop, mariadb_uri: str, value: str, kind: str
) -> None:
    """Zero dates, dates of which a part is zero, and those that no order can have; the newest day is of the others."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS dated",
        f"CREATE TABLE dated (id INT, at {kind} NOT NULL)",
        f"INSERT INTO dated VALUES (1, '2026-03-07'), (2, '{value}')",
    )
    source = open_shop(orders=orders(id="id", ts="at") + " FROM dated")
    for start, end, ids in ((DAY1, DAY2, ["1"]), (DAY2, END, [])):
        checked = read(source, start, end)
        assert checked.rows["order_id"].to_list() == ids
        (row,) = checked.quarantined.to_dicts()
        assert (row["rules"], row["ts"]) == (["ts|out_of_range"], None)
        assert value in row["row"]
    assert source.last_day_with_rows("orders") == DAY1


@pytest.mark.parametrize(("value", "is_kept"), [("0000-00-00", True), ("2026-00-00", False), ("2026-03-06", True)])
def test_a_date_beside_that_of_the_row(open_shop: OpenShop, mariadb_uri: str, value: str, is_kept: bool) -> None:
    """A zero date is none; one of which a part is zero breaks a rule."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS contacts",
        "CREATE TABLE contacts (assigned DATE)",
        f"INSERT INTO contacts VALUES ('{value}')",
    )
    query = (
        "SELECT 1 AS exposure_id, TIMESTAMP '2026-03-07 08:26:00' AS ts, 'u' AS user_id, 'c' AS campaign_id, "
        "'mail' AS arm, 0.5 AS propensity, 0.1 AS cost, assigned AS assigned_at FROM contacts"
    )
    frame = pl.concat(open_shop(ad_exposures=query).read("ad_exposures", DAY1, DAY2))
    checked = validate(CONTRACTS["ad_exposures"], frame, origin="test")
    if is_kept:
        at = datetime.fromisoformat(value).replace(tzinfo=UTC) if value[0] != "0" else None
        assert checked.rows["assigned_at"].to_list() == [at]
    else:
        assert checked.quarantined["rules"].to_list() == [["assigned_at|out_of_range"]]


@pytest.mark.parametrize(
    ("written", "text"), [("%d/%m/%Y %H:%M", "07/03/2026 08:26"), ("%m/%d/%Y", "3/7/2026"), ("%Y%m%d", "20260307")]
)
def test_a_declared_format_is_read_and_no_other(open_shop: OpenShop, written: str, text: str) -> None:
    """In the window and in the newest day."""
    query = " UNION ALL ".join(orders(id=f"'{n}'", ts=f"'{at}'") for n, at in enumerate((text, "2026-03-07 08:26")))
    source = open_shop(orders=query, options=f'time_format = "{written}"\n')
    checked = read(source)
    assert checked.rows.select("order_id", pl.col("ts").dt.date()).rows() == [("0", DAY1.date())]
    assert checked.quarantined["rules"].to_list() == [["ts|dtype"]]
    assert source.last_day_with_rows("orders") == DAY1
