"""MariaDB as a source, against a real server: what is read of it, and its errors."""

import pytest

from resources.sources import SourceError
from tests.mariadb_server import executed
from tests.resources.sources.mysql.orders import DAY1, DAY2, END, OpenShop, orders


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
