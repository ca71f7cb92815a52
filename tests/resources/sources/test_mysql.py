"""MariaDB as a source, against a real server: types, windows, errors."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from resources.contracts import CONTRACTS, Validated, validate
from resources.settings import Settings
from resources.shop import Shop
from resources.sources import SourceError, open_source
from resources.sources.mysql import MySQL
from tests.mariadb_server import executed

END = datetime(2100, 1, 1, tzinfo=UTC)
DAY1, DAY2 = datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)
ORDER = """
SELECT {id} AS order_id, 1 AS line, {ts} AS ts, 'sale' AS kind, {user} AS user_id, 'p' AS product_id,
    {quantity} AS quantity, {price} AS unit_price
"""

OpenShop = Callable[..., MySQL]


@pytest.fixture
def open_shop(tmp_path: Path, mariadb_uri: str, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Opens a shop whose tables have the given queries, on the server."""
    monkeypatch.setenv("TINY_URL", mariadb_uri)

    def opened(options: str = "", extra: str = "", **queries: str) -> MySQL:
        tables = "".join(f"[tables.{name}]\n{options}query = '''{query}'''\n" for name, query in queries.items())
        file = tmp_path / "shop.toml"
        source = '[source]\nkind = "mysql"\nurl_env = "TINY_URL"\n'
        file.write_text(f'name = "tiny"\nfirst_day = 2026-03-01\n{source}{extra}{tables}')
        opened = open_source(Shop.load(file), Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home")}))
        assert isinstance(opened, MySQL)
        return opened

    return opened


def orders(**values: str) -> str:
    """The query of one order."""
    usual = {"id": "'a'", "ts": "'2026-03-07 08:26'", "user": "'u'", "quantity": "1", "price": "9.5"}
    return ORDER.format(**(usual | values))


def read(source: MySQL, start: datetime = DAY1, end: datetime = DAY2) -> Validated:
    """The orders of a window under their contract."""
    return validate(CONTRACTS["orders"], pl.concat(source.read("orders", start, end)), origin="test")


def test_types(open_shop: OpenShop, mariadb_uri: str) -> None:
    """Each type of a column arrives as the type that the documentation says, its values whole, and null as null."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS strangers",
        """CREATE TABLE strangers (
            event_id INT, ts TIMESTAMP(6) NULL, small SMALLINT, unsigned_int INT UNSIGNED, big BIGINT,
            unsigned_big BIGINT UNSIGNED, flag TINYINT(1), bits BIT(9), exact DECIMAL(20, 4), single FLOAT, dbl DOUBLE,
            chosen ENUM('small', 'large'), several SET('red', 'blue'), doc JSON, latin VARCHAR(20) CHARACTER SET latin1,
            words TEXT, raw VARBINARY(8), padded CHAR(8), at DATETIME(6), whole_at DATETIME, on_day DATE,
            clock TIME, in_year YEAR, id UUID)""",
        """INSERT INTO strangers VALUES (1, '2026-03-07 08:26:00.25', -7, 4000000000, -9223372036854775808,
            18446744073709551615, 1, b'100000001', 12345.6700, 1.1, 0.1, 'large', 'red,blue', '{"a": "ü"}', 'é',
            '猫😀', x'00ff', 'x', '2026-03-07 23:59:59.999999', '2026-03-07 10:00', '2026-03-07', '-838:59:59', 2026,
            '00000000-0000-0000-0000-00000000000a'),
            (2, '2026-03-07 09:00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    )
    frame = pl.concat(open_shop(events="SELECT * FROM strangers").read("events", DAY1, DAY2)).sort("event_id")
    assert frame["ts"].to_list() == [DAY1.replace(hour=8, minute=26, microsecond=250_000), DAY1.replace(hour=9)]
    meant: dict[str, tuple[object, pl.DataType]] = {
        "small": (-7, pl.Int64()),
        "unsigned_int": (4_000_000_000, pl.Int64()),
        "big": (-(2**63), pl.Int64()),
        "unsigned_big": (2**64 - 1, pl.UInt64()),
        "flag": (1, pl.Int64()),
        "bits": (257, pl.UInt64()),
        "exact": (12345.67, pl.Float64()),
        "single": (1.100000023841858, pl.Float32()),
        "dbl": (0.1, pl.Float64()),
        "chosen": ("large", pl.String()),
        "several": ("red,blue", pl.String()),
        "doc": ('{"a": "ü"}', pl.String()),
        "latin": ("é", pl.String()),
        "words": ("猫😀", pl.String()),
        "raw": (b"\x00\xff", pl.Binary()),
        "padded": ("x", pl.String()),
        "at": (datetime(2026, 3, 7, 23, 59, 59, 999_999), pl.Datetime("us")),
        "whole_at": (datetime(2026, 3, 7, 10), pl.Datetime("us")),
        "on_day": (date(2026, 3, 7), pl.Date()),
        "clock": ("-838:59:59", pl.String()),
        "in_year": (2026, pl.Int64()),
        "id": ("00000000-0000-0000-0000-00000000000a", pl.String()),
    }
    assert {name: (frame[name][0], frame.schema[name]) for name in meant} == meant
    assert frame.select(list(meant)).row(1) == (None,) * len(meant)


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


def test_a_window_reads_its_days_alone(open_shop: OpenShop, mariadb_uri: str) -> None:
    """A query that names the window is answered from the index: the server looks at those rows and no other."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS visits",
        "CREATE TABLE visits (id INT PRIMARY KEY, at DATETIME NOT NULL, KEY (at)) ENGINE = InnoDB",
        "INSERT INTO visits SELECT seq, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL seq HOUR FROM seq_0_to_23999",
        "ANALYZE TABLE visits",
        "FLUSH TABLE_STATISTICS",
    )
    query = "SELECT id AS event_id, at AS ts, 'view' AS kind FROM visits WHERE at >= {start} AND at < {end}"
    (frame,) = open_shop(events=query).read("events", DAY1, DAY2)
    assert frame["ts"].dt.date().unique().to_list() == [DAY1.date()]
    assert frame.height == 24
    looked = "SELECT SUM(ROWS_READ) FROM information_schema.TABLE_STATISTICS WHERE TABLE_NAME = 'visits'"
    ((rows,),) = executed(mariadb_uri, looked)
    assert rows is not None
    assert int(rows) <= 25
    (frame,) = open_shop(events="SELECT id AS event_id, at AS ts FROM visits").read("events", DAY1, DAY2)
    assert frame.height == 24


def test_frames_are_bounded_and_the_rest_is_left_unread(open_shop: OpenShop) -> None:
    """A large result arrives in several frames, and who stops after one does not wait for the others."""
    query = "SELECT seq AS event_id, TIMESTAMP '2026-03-07 00:00:00' AS ts, REPEAT('x', 50) AS query FROM {table}"
    rows = open_shop(events=query.format(table="seq_1_to_50000")).read("events", None, END)
    assert [frame.height for frame in rows] == [20_000, 20_000, 10_000]
    endless = open_shop(events=query.format(table="seq_1_to_4000000000000")).read("events", None, END)
    assert next(endless).height == 20_000
    endless.close()  # type: ignore[attr-defined]


def test_a_connection_that_is_lost_may_pass(open_shop: OpenShop, mariadb_uri: str) -> None:
    """While rows arrive: the table is read again later, from its beginning."""
    query = "SELECT seq AS event_id, TIMESTAMP '2026-03-07 00:00:00' AS ts FROM seq_1_to_4000000000000"
    rows = open_shop(events=query).read("events", DAY1, DAY2)
    assert next(rows).height == 20_000
    others = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%seq_1_to_4000000000000%' AND ID <> {0}"
    ((number,),) = executed(mariadb_uri, others.format("CONNECTION_ID()"))
    executed(mariadb_uri, f"KILL {number}")
    with pytest.raises(SourceError, match="'events' on the MySQL database") as failed:
        for _ in rows:
            pass
    assert failed.value.may_pass


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


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("CAST(17850 AS UNSIGNED)", "17850"),
        ("CAST(17850 AS DECIMAL(10, 2))", "17850"),
        ("CAST('12345678901234567890123' AS DECIMAL(38, 0))", "12345678901234567890123"),
        ("17850e0", "17850"),
        ("CAST(18446744073709551615 AS UNSIGNED)", "18446744073709551615"),
        ("' u1 '", "u1"),
        ("JSON_EXTRACT('{\"id\": \"A7\"}', '$.id')", "A7"),
        ("'none'", None),
        ("NULL", None),
        ("b'101'", "5"),
    ],
)
def test_an_id_is_one_text(open_shop: OpenShop, value: str, meant: str | None) -> None:
    """Whatever type it has."""
    value = f"CAST({value} AS INT)" if value.startswith("b'") else value
    checked = read(open_shop(orders=orders(user=value)))
    assert checked.quarantined.is_empty()
    assert checked.rows["user_id"].to_list() == [meant]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"user": "CAST(1.5 AS DECIMAL(3, 1))"}, "user_id|fraction"),
        ({"user": "9007199254740993e0"}, "user_id|too_large_for_a_float"),
        ({"price": "'9,50'"}, "unit_price|decimal_comma"),
        ({"quantity": "'1.5 kg'"}, "quantity|dtype"),
        ({"quantity": "CAST(NULL AS DOUBLE)"}, "quantity|nullability"),
    ],
)
def test_what_breaks_a_rule(open_shop: OpenShop, changed: dict[str, str], rule: str) -> None:
    """By name, in the quarantine."""
    checked = read(open_shop(orders=orders(**changed)))
    assert checked.rows.is_empty()
    assert checked.quarantined["rules"].to_list() == [[rule]]


def test_lists_and_truth(open_shop: OpenShop, mariadb_uri: str) -> None:
    """A SET and a JSON array are lists, TINYINT(1) and BIT(1) true or false."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS goods",
        "CREATE TABLE goods (id INT, sets SET('Home', 'Garden'), docs JSON, here BIT(1), there TINYINT(1))",
        """INSERT INTO goods VALUES (1, 'Home,Garden', '["Home > Light", "Garden"]', b'0', 1),
            (2, '', NULL, b'1', 0)""",
    )
    query = "SELECT id AS product_id, 'lamp' AS title, {0} AS categories, {1} AS in_stock, '2026-03-07' AS updated_at"
    for lists, truth, meant in (
        ("sets", "here", [(["Home", "Garden"], False), ([], True)]),
        ("docs", "there", [(["Home > Light", "Garden"], True), (None, False)]),
    ):
        source = open_shop(products=query.format(lists, truth) + " FROM goods")
        rows = validate(CONTRACTS["products"], pl.concat(source.read("products", None, END)), origin="test").rows
        assert rows.sort("product_id").select("categories", "in_stock").rows() == meant


def test_users_are_packed(open_shop: OpenShop) -> None:
    """Wide attribute columns become the contract's two lists."""
    query = "SELECT 'u' AS user_id, CAST('2026-03-07' AS DATE) AS updated_at, 41.5 AS age, 'north' AS region"
    attributes = '[user_attributes]\nnumeric = ["age"]\ncategorical = ["region"]\n'
    (frame,) = open_shop(extra=attributes, users=query).read("users", None, END)
    (row,) = validate(CONTRACTS["users"], frame, origin="test").rows.to_dicts()
    assert row["updated_at"] == DAY1
    assert row["numeric"] == [{"name": "age", "value": 41.5}]
    assert row["categorical"] == [{"name": "region", "value": "north"}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nowhere", r"'orders' on the MySQL database in \$TINY_URL: Table 'shop\.nowhere' doesn't exist"),
        ("SELECT 1 AS line", r"no column 'ts', only \['line'\]"),
        ("SELECT FROM", r"(?s)error in your SQL syntax.*query in shop\.toml"),
        ("SELECT 1 AS ts", r"its column 'ts' is int, which is no time\. Make it one in the query: FROM_UNIXTIME\(ts\)"),
        ("SELECT TIME '08:26:00' AS ts", "its column 'ts' is time, which is no time"),
        (
            "SELECT {start} AS ts, (SELECT seq FROM seq_1_to_9 s WHERE s.seq < t.seq) AS line FROM seq_1_to_99999 t",
            "more than 1 row",
        ),
        ("SELECT written() AS ts", "READ ONLY transaction"),
    ],
)
def test_errors_name_table_problem_and_remedy(open_shop: OpenShop, mariadb_uri: str, query: str, message: str) -> None:
    """Whatever the server says reaches the reader with the table and what to do; nothing can be written."""
    executed(
        mariadb_uri,
        "DROP TABLE IF EXISTS written_to",
        "CREATE TABLE written_to (n INT) ENGINE = InnoDB",
        "DROP FUNCTION IF EXISTS written",
        "CREATE FUNCTION written() RETURNS DATETIME BEGIN INSERT INTO written_to VALUES (1); RETURN NOW(); END",
    )
    with pytest.raises(SourceError, match=message) as failed:
        list(open_shop(orders=query).read("orders", DAY1, DAY2))
    assert not failed.value.may_pass
    assert executed(mariadb_uri, "SELECT * FROM written_to") == ()


@pytest.mark.parametrize(
    "uri",
    [
        "mysql://bob:s%65cret@127.0.0.1:1/x",
        "mysql://bob:secret@127.0.0.1:port/x",
        "mysql://bob:secret@127.0.0.1/x?nonsense=1",
        "mysql://bob:secret@127.0.0.1",
        "postgresql://bob:secret@127.0.0.1/x",
        "bob:secret",
        "refused",
    ],
)
def test_errors_hold_no_secret(
    open_shop: OpenShop, mariadb_uri: str, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    """Neither the message nor the chain of causes quotes the URI or the password."""
    monkeypatch.setenv("TINY_URL", mariadb_uri.replace("root@", "root:secret@") if uri == "refused" else uri)
    with pytest.raises(SourceError, match="TINY_URL") as caught:
        list(open_shop(orders=orders()).read("orders", DAY1, DAY2))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert caught.value.may_pass is (":1/" in uri)
    monkeypatch.delenv("TINY_URL")
    with pytest.raises(SourceError, match="TINY_URL is not set"):
        list(open_shop(orders=orders()).read("orders", DAY1, DAY2))
