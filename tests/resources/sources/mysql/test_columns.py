"""Columns of MariaDB, from a real server: what each type arrives as, and what the contracts make of it."""

from datetime import date, datetime

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from tests.mariadb_server import executed
from tests.resources.sources.mysql.orders import DAY1, DAY2, END, OpenShop, orders, read


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
