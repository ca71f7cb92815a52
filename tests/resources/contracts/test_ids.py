"""One text for one id, whatever type it came in."""

from datetime import datetime, time
from decimal import Decimal

import polars as pl
import pytest

from resources.contracts import CONTRACTS, Validated, validate
from tests.resources.contracts.test_contracts import frame


def ordered(*users: object, dtype: pl.DataType | None = None) -> Validated:
    """Orders of these users, each its own."""
    rows = frame("orders", *({"order_id": f"o{n}"} for n in range(len(users))))
    return validate(CONTRACTS["orders"], rows.with_columns(pl.Series("user_id", users, dtype=dtype)), origin="test")


@pytest.mark.parametrize(
    ("given", "dtype", "meant"),
    [
        ([17850.0, None, 13047.0], pl.Float64(), ["17850", None, "13047"]),
        ([17850, 13047], pl.Int64(), ["17850", "13047"]),
        ([17850, 13047], pl.UInt32(), ["17850", "13047"]),
        ([Decimal("17850.00"), Decimal("13047.00")], pl.Decimal(10, 2), ["17850", "13047"]),
        ([Decimal(10**30), Decimal(7)], pl.Decimal(38, 0), [str(10**30), "7"]),
        ([float("nan"), 5.0], pl.Float64(), [None, "5"]),
        ([-1.0], pl.Float32(), ["-1"]),
        ([" u1", "u1 ", "u1\u200b", "\ufeffu1", "u1\u00a0", "u1"], pl.String(), ["u1"] * 6),
        (
            ["\u200eu1", "u1\u202c", "u1\u2003", "\u2009u1\u2028", "u1\u2029", "u\ufe0f1", "u1\x00"],
            pl.String(),
            ["u1"] * 7,
        ),
        (["U1", "u1"], pl.String(), ["U1", "u1"]),
        (["17850.0", "17850.000", "-5.0", "a.0", "1.0.0"], pl.String(), ["17850", "17850", "-5", "a.0", "1.0.0"]),
        ([16777215.0], pl.Float32(), ["16777215"]),
        (['"A7"', "5", '" A7 "'], pl.String(), ["A7", "5", "A7"]),
        (["NaN", "null", "None", "", "  ", "N/A", "<NA>", "undefined", "NULL", '""'], pl.String(), [None] * 10),
        (
            ["none-of-them", "0", "-1", "007", "1.50"],
            pl.String(),
            ["none-of-them", "0", "-1", "007", "1.50"],
        ),
        (["a7f1e0c2-0000-4000-8000-000000000000"], pl.String(), ["a7f1e0c2-0000-4000-8000-000000000000"]),
    ],
)
def test_an_id_is_one_text(given: list[object], dtype: pl.DataType, meant: list[str | None]) -> None:
    """Whole numbers without fraction; blanks, quotation marks and signs without width go; words for none are null."""
    checked = ordered(*given, dtype=dtype)
    assert checked.quarantined.is_empty()
    assert checked.rows.sort("order_id")["user_id"].to_list() == meant


@pytest.mark.parametrize(
    ("given", "dtype", "rule"),
    [
        (1.5, pl.Float64(), "user_id|fraction"),
        (Decimal("17850.01"), pl.Decimal(10, 2), "user_id|fraction"),
        (float("inf"), pl.Float64(), "user_id|finite"),
        (float(2**53), pl.Float64(), "user_id|too_large_for_a_float"),
        (float(2**24), pl.Float32(), "user_id|too_large_for_a_float"),
        ("x" * 201, pl.String(), "user_id|max_length"),
    ],
)
def test_what_is_no_id_breaks_a_rule(given: object, dtype: pl.DataType, rule: str) -> None:
    """A true fraction, and a float whose neighbours are further apart than 1: two customers could be one."""
    (row,) = ordered(given, dtype=dtype).quarantined.to_dicts()
    assert row["rules"] == [rule]


def test_words_for_none_are_counted() -> None:
    """By column, and a null that was one already is not."""
    checked = ordered("NaN", "u1", None, "null", dtype=pl.String())
    assert dict(checked.emptied) == {"user_id": 2}
    assert dict(ordered(float("nan"), 1.0, None, dtype=pl.Float64()).emptied) == {"user_id": 1}
    assert dict(ordered("u1", None, dtype=pl.String()).emptied) == {}
    assert dict(ordered(1.5, float("inf"), float(2**24), dtype=pl.Float32()).emptied) == {}


def test_an_id_that_must_be_there_and_means_none_is_quarantined() -> None:
    """Under the rule that it breaks."""
    (row,) = validate(
        CONTRACTS["orders"], frame("orders", {"product_id": "None"}), origin="test"
    ).quarantined.to_dicts()
    assert row["rules"] == ["product_id|nullability"]


@pytest.mark.parametrize(
    ("table", "column"), [("ad_exposures", "arm"), ("banner_impressions", "slot"), ("orders", "kind")]
)
def test_names_lose_the_padding_of_char_n(table: str, column: str) -> None:
    """`char(10)` hands out blanks at the end."""
    good = frame(table, {})
    padded = good.with_columns(pl.col(column) + "   ")
    assert validate(CONTRACTS[table], padded, origin="test").rows[column].to_list() == good[column].to_list()


@pytest.mark.parametrize("title", ["  ", "\u200e\u2003", "\x00", "\ufe0f"])
def test_a_blank_title_breaks_its_rule(title: str) -> None:
    """It looks like a title and is none."""
    (row,) = validate(CONTRACTS["products"], frame("products", {"title": title}), origin="test").quarantined.to_dicts()
    assert row["rules"] == ["title|min_length"]


@pytest.mark.parametrize(
    ("column", "given", "rule"),
    [
        ("unit_price", "12,50", "unit_price|decimal_comma"),
        ("unit_price", "1.234,50", "unit_price|decimal_comma"),
        ("unit_price", "$12.50", "unit_price|dtype"),
        ("quantity", "1,5", "quantity|decimal_comma"),
        ("quantity", "1.5 kg", "quantity|dtype"),
        ("quantity", "0.0", "quantity_is_not_zero"),
        ("quantity", "-1.5", "quantity_is_not_negative"),
        ("quantity", "inf", "quantity|inf"),
        ("line", "2,0", "line|decimal_comma"),
        ("line", "2.5", "line|dtype"),
    ],
)
def test_numbers_in_text_say_what_is_wrong(column: str, given: str, rule: str) -> None:
    """A decimal comma has a rule of its own."""
    (row,) = validate(CONTRACTS["orders"], frame("orders", {column: given}), origin="test").quarantined.to_dicts()
    assert row["rules"] == [rule]


@pytest.mark.parametrize(
    ("column", "given", "meant"),
    [
        ("unit_price", " 12.50 ", 12.5),
        ("quantity", "0.35", 0.35),
        ("quantity", "1.5", 1.5),
        ("line", "2.0", 2),
        ("line", " 3", 3),
    ],
)
def test_numbers_in_text_are_read(column: str, given: str, meant: float) -> None:
    """With blanks around them, and whole ones with a fraction of zeros."""
    assert validate(CONTRACTS["orders"], frame("orders", {column: given}), origin="test").rows[column].to_list() == [
        meant
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"u\xff", "its type Binary is bytes, which is no id"),
        (time(10), "its type Time is a time of day, which is no id"),
        ({"id": "u1"}, "is a record of several values, which is no id"),
        (["u1"], r"its type List\(String\) is a list, which is no id"),
    ],
)
def test_types_that_are_no_ids_are_an_error(value: object, words: str) -> None:
    """In words, whatever the values are."""
    with pytest.raises(ValueError, match=rf"the column 'user_id' of 'orders': .*{words}. Cast it in the query"):
        ordered(value)


def test_bytes_that_are_text_are_ids() -> None:
    """As writers of Parquet leave texts that do not say that they are."""
    assert ordered("ü1".encode()).rows["user_id"].to_list() == ["ü1"]


def test_times_as_ids_reach_the_quarantine() -> None:
    """Whatever such ids mean, a row that is broken besides is set aside as it stands."""
    rows = frame("orders", {"line": 1.5}).with_columns(pl.lit(datetime(2026, 1, 5, 10)).alias("user_id"))
    (row,) = validate(CONTRACTS["orders"], rows, origin="test").quarantined["row"]
    assert '"line": 1.5' in row
    assert '"user_id": "2026-01-05 10:00:00.000000"' in row
