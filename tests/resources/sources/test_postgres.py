"""PostgreSQL as a source, against a real server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from resources.sources import SourceError
from resources.sources.postgres import Postgres
from tests.resources.sources.tiny_shop import open_tiny

END = datetime(2100, 1, 1, tzinfo=UTC)
DAY1, DAY2 = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
ORDERS = """
SELECT * FROM (VALUES
    (uuid '00000000-0000-0000-0000-000000000001', 1,
     timestamp '2026-01-01 00:00', 17850::numeric, 2::numeric, 9.55::numeric),
    (uuid '00000000-0000-0000-0000-000000000002', 1, timestamp '2026-01-01 23:59:59.999999', NULL, 1, 0.1),
    (uuid '00000000-0000-0000-0000-000000000003', 1, timestamp '2026-01-02 00:00', 17851, 3, 12)
) AS t(order_id, line, ts, user_id, quantity, unit_price), (VALUES ('sale', '{"a": 1}'::json)) AS k(kind, product_id)
"""

OpenShop = Callable[..., Postgres]


@pytest.fixture
def open_shop(tmp_path: Path, postgres_uri: str, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Opens a shop whose tables have the given queries, on the server."""
    monkeypatch.setenv("TINY_URL", postgres_uri)

    def opened(extra: str = "", **queries: str) -> Postgres:
        return open_tiny(Postgres, tmp_path, 'kind = "postgres"\nurl_env = "TINY_URL"\n', queries, extra=extra)

    return opened


def test_types_and_windows(open_shop: OpenShop) -> None:
    """Numeric becomes what the contract declares, uuid and json text; days are half-open, naive times UTC."""
    source = open_shop(orders=ORDERS + "-- a comment at the end;")
    frame = pl.concat(source.read("orders", DAY1, DAY2))
    checked = validate(CONTRACTS["orders"], frame, origin="test")
    assert checked.quarantined.height == 0
    assert checked.rows.select("order_id", "ts", "user_id", "product_id", "quantity", "unit_price").rows() == [
        ("00000000-0000-0000-0000-000000000001", DAY1, "17850", '{"a": 1}', 2, 9.55),
        ("00000000-0000-0000-0000-000000000002", DAY2 - timedelta(microseconds=1), None, '{"a": 1}', 1, 0.1),
    ]  # fmt: skip
    assert pl.concat(source.read("orders", DAY2, END)).height == 1
    assert list(source.read("orders", None, DAY1)) == []
    assert source.last_day_with_rows("orders") == DAY2


def test_bad_text_reaches_the_quarantine(open_shop: OpenShop) -> None:
    """Times held as text are read as instants; what is no time comes with every window."""
    source = open_shop(
        orders="SELECT id AS order_id, 1 AS line, ts, 'sale' AS kind, 'lamp' AS product_id, '1' AS quantity, "
        "1.5 AS unit_price "
        "FROM (VALUES ('a', 'yesterday morning'), ('b', '2026-01-02 01:00+02'), ('c', '2026-01-02')) AS t(id, ts)"
    )
    checked = validate(CONTRACTS["orders"], pl.concat(source.read("orders", DAY1, DAY2)), origin="test")
    assert checked.rows.select("order_id", "ts").rows() == [("b", DAY1.replace(hour=23))]
    assert "yesterday morning" in checked.quarantined["row"].item()
    assert source.last_day_with_rows("orders") == DAY2


def test_query_may_use_the_window(open_shop: OpenShop) -> None:
    """The placeholders are the window's two instants."""
    source = open_shop(
        events="SELECT {start}::text || ' ' || {end}::text AS query, 'search' AS kind, 'e' AS event_id, {start} AS ts"
    )
    (frame,) = source.read("events", DAY1, DAY2)
    assert frame["query"].item() == "2026-01-01 00:00:00+00 2026-01-02 00:00:00+00"


def test_frames_are_bounded(open_shop: OpenShop) -> None:
    """A large result arrives in several frames."""
    query = "SELECT i::text AS event_id, now() AS ts, repeat('x', 100) AS query FROM generate_series(1, 200000) AS t(i)"
    heights = [frame.height for frame in open_shop(events=query).read("events", None, END)]
    assert sum(heights) == 200_000
    assert max(heights) < 60_000


def test_users_are_packed(open_shop: OpenShop) -> None:
    """Wide attribute columns become the contract's two lists."""
    query = "SELECT 'u' AS user_id, date '2026-01-01' AS updated_at, 41.5::numeric AS age, 'north' AS region"
    attributes = '[user_attributes]\nnumeric = ["age"]\ncategorical = ["region"]\n'
    (frame,) = open_shop(extra=attributes, users=query).read("users", None, END)
    (row,) = validate(CONTRACTS["users"], frame, origin="test").rows.to_dicts()
    assert row["updated_at"] == DAY1
    assert row["numeric"] == [{"name": "age", "value": 41.5}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nowhere", r"'orders'.*nowhere(.|\n)*query in shop\.toml"),
        ("SELECT 1 AS line", r"no column 'ts', only \['line'\]"),
        (
            "SELECT timestamp '2026-01-01' AS ts, 1 / (900000 - i) AS line FROM generate_series(1, 1000000) AS t(i)",
            "division by zero",
        ),
        ("WITH gone AS (DELETE FROM pg_class RETURNING 1) SELECT now() AS ts", "(?i)with.*(top level|read-only)"),
    ],
)
def test_errors_name_table_problem_and_remedy(open_shop: OpenShop, query: str, message: str) -> None:
    """Whatever the server says reaches the reader with the table and what to do."""
    with pytest.raises(SourceError, match=message):
        list(open_shop(orders=query).read("orders", DAY1, DAY2))


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://bob:s%65cret@127.0.0.1:1/x",
        "postgresql://bob:secret@127.0.0.1:port/x",
        "postgresql://bob:secret@127.0.0.1/x?nonsense=1",
        "mysql://bob:secret",
        "bob:secret",
    ],
)
def test_errors_hold_no_secret(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    """Neither the message nor the chain of causes quotes the URI or the password."""
    monkeypatch.setenv("TINY_URL", uri)
    with pytest.raises(SourceError, match="TINY_URL") as caught:
        list(open_shop(orders=ORDERS).read("orders", DAY1, DAY2))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    monkeypatch.delenv("TINY_URL")
    with pytest.raises(SourceError, match="TINY_URL is not set"):
        list(open_shop(orders=ORDERS).read("orders", DAY1, DAY2))


@pytest.mark.parametrize(
    ("value", "rule"),
    [("1.0000000001", "fraction"), ("1e-15", "fraction"), ("Infinity", "finite"), ("-Infinity", "finite")],
)
def test_a_numeric_that_is_no_id_breaks_a_rule(open_shop: OpenShop, value: str, rule: str) -> None:
    """However many digits it has; numbers of any length beside it are ids, and NaN is none and counted."""
    query = (
        "SELECT n AS order_id, 1 AS line, date '2026-01-01' AS ts, 'sale' AS kind, user_id, 'lamp' AS product_id, "
        f"1 AS quantity, 2 AS unit_price FROM (VALUES (1::numeric, '{value}'::numeric), (2.000, 1e29), (3, 7.00), "
        "(4, 'NaN')) AS t(n, user_id)"
    )
    frame = pl.concat(open_shop(orders=query).read("orders", DAY1, DAY2))
    checked = validate(CONTRACTS["orders"], frame, origin="test")
    assert checked.rows.select("order_id", "user_id").rows() == [("2", "1" + "0" * 29), ("3", "7"), ("4", None)]
    assert checked.quarantined["rules"].to_list() == [[f"user_id|{rule}"]]
    assert dict(checked.emptied) == {"user_id": 1}


@pytest.mark.parametrize(
    "value",
    [
        """'["Home > Lighting", " Garden ", ""]'::jsonb""",
        "ARRAY['Home > Lighting', 'Garden']::name[]",
        "ARRAY['Home > Lighting', 'Garden']::char(20)[]",
        "ARRAY['Home > Lighting', 'Garden', '']::text[]",
        "'Home > Lighting|Garden| '",
    ],
)
def test_lists_of_any_type_are_lists(open_shop: OpenShop, value: str) -> None:
    """Arrays, JSON and text, without blanks and empty elements."""
    query = (
        f"SELECT 'p' AS product_id, '\"blue chair 37\"'::json AS title, {value} AS categories, true AS in_stock, "
        "date '2026-01-01' AS updated_at, ARRAY[uuid '00000000-0000-0000-0000-000000000001'] AS tags"
    )
    frame = pl.concat(open_shop(products=query).read("products", DAY1, DAY2))
    (row,) = validate(CONTRACTS["products"], frame, origin="test").rows.to_dicts()
    assert row["title"] == "blue chair 37"
    assert row["categories"] == ["Home > Lighting", "Garden"]
    assert row["tags"] == ["00000000-0000-0000-0000-000000000001"]
