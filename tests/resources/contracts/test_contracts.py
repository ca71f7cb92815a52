"""The contracts: what each rule lets through, and how rows that break one reach the quarantine."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.contracts import CONTRACTS, EVENT_KINDS, QUARANTINE_SCHEMA, validate

T = datetime(2026, 1, 1, 12, tzinfo=UTC)
GOOD: dict[str, dict[str, Any]] = {
    "products": {"product_id": "p", "title": "Lamp", "price": 1.5, "in_stock": True, "updated_at": T},
    "events": {
        "event_id": "e", "ts": T, "kind": "view", "user_id": "u", "product_id": "p", "session_id": None, "query": None,
    },
    "orders": {
        "order_id": "o", "line": 1, "ts": T, "kind": "sale", "product_id": "p", "quantity": 1, "unit_price": 1.5,
        "user_id": "u",
    },
    "users": {"user_id": "u", "updated_at": T, "numeric": [{"name": "age", "value": 4.0}], "categorical": []},
    "ad_exposures": {
        "exposure_id": "x", "ts": T, "user_id": "u", "campaign_id": "c", "arm": "control", "propensity": 0.5,
        "cost": 0.0, "assigned_at": T,
    },
    "banner_impressions": {
        "impression_id": "i", "ts": T, "slot": "s", "position": 1, "banner_id": "b", "propensity": 1.0, "reward": 0.5,
    },
    "judgments": {"query": "red lamp", "product_id": "p", "relevance": 2.33, "updated_at": T},
    "banners": {"banner_id": "b", "slots": ["home"], "starts": T, "ends": T, "prior_rate": 0.1, "updated_at": T},
}  # fmt: skip
"""A row of each table that keeps its contract."""

EMPTY_CATEGORICAL = pl.List(pl.Struct({"name": pl.String(), "value": pl.String()}))


def frame(table: str, *changes: dict[str, Any]) -> pl.DataFrame:
    """Good rows with some values changed."""
    rows = [{**GOOD[table], **change} for change in changes]
    built = pl.DataFrame(rows, infer_schema_length=None)
    return built.cast({"categorical": EMPTY_CATEGORICAL}) if table == "users" else built


def broken_rules(table: str, change: dict[str, Any]) -> list[str]:
    """Rules that the good row breaks once changed; empty if it is kept."""
    checked = validate(CONTRACTS[table], frame(table, change), origin="test")
    assert checked.rows.height + checked.quarantined.height == 1
    return checked.quarantined["rules"].to_list()[0] if checked.quarantined.height else []


@pytest.mark.parametrize("table", list(CONTRACTS))
def test_good_rows_are_kept_with_all_columns(table: str) -> None:
    """Columns that the source does not have are filled with nulls; columns that the contract lacks go."""
    checked = validate(CONTRACTS[table], frame(table, {}).with_columns(extra=1), origin="test")
    assert checked.rows.schema == CONTRACTS[table].empty().schema
    assert checked.rows.height == 1
    assert checked.quarantined.schema == dict(QUARANTINE_SCHEMA)
    assert checked.quarantined.height == 0


@pytest.mark.parametrize(
    ("table", "change", "rule"),
    [
        ("products", {"product_id": ""}, "product_id|nullability"),
        ("products", {"product_id": "x" * 201}, "product_id|max_length"),
        ("products", {"title": None}, "title|nullability"),
        ("products", {"price": -0.01}, "price|min"),
        ("products", {"price": float("nan")}, "price|nan"),
        ("products", {"price": float("inf")}, "price|inf"),
        ("products", {"in_stock": None}, "in_stock|nullability"),
        ("products", {"updated_at": None}, "updated_at|nullability"),
        ("events", {"kind": "look"}, "kind_is_known"),
        ("events", {"user_id": None}, "has_actor"),
        ("events", {"product_id": None}, "has_subject"),
        ("events", {"kind": "search"}, "has_subject"),
        ("orders", {"kind": "refund"}, "kind_is_known"),
        ("orders", {"line": 0}, "line|min"),
        ("orders", {"quantity": -1}, "quantity_is_not_negative"),
        ("orders", {"quantity": -0.35}, "quantity_is_not_negative"),
        ("orders", {"quantity": 0}, "quantity_is_not_zero"),
        ("orders", {"quantity": -0.0}, "quantity_is_not_zero"),
        ("orders", {"quantity": 1.3 - 1.0 - 0.3 + 1e-16}, "quantity_is_not_zero"),
        ("orders", {"quantity": 1.1e10, "unit_price": 0.01}, "quantity_is_bounded"),
        ("orders", {"quantity": 1e6, "unit_price": 1e7}, "amount_is_bounded"),
        ("orders", {"quantity": 10.0, "unit_price": 1.7e308}, "amount_is_bounded"),
        ("orders", {"quantity": float("inf")}, "quantity|inf"),
        ("orders", {"quantity": float("-inf")}, "quantity|inf"),
        ("orders", {"quantity": float("nan")}, "quantity|nan"),
        ("orders", {"quantity": None}, "quantity|nullability"),
        ("orders", {"unit_price": -1.0}, "unit_price|min"),
        ("orders", {"product_id": None}, "product_id|nullability"),
        ("orders", {"ts": None}, "ts|nullability"),
        ("ad_exposures", {"propensity": 0.0}, "propensity|min_exclusive"),
        ("ad_exposures", {"propensity": 1.0}, "propensity|max_exclusive"),
        ("ad_exposures", {"cost": -0.1}, "cost|min"),
        ("ad_exposures", {"arm": ""}, "arm|min_length"),
        ("banner_impressions", {"propensity": 0.0}, "propensity|min_exclusive"),
        ("banner_impressions", {"reward": 1.1}, "reward|max"),
        ("banner_impressions", {"position": 0}, "position|min"),
        ("judgments", {"relevance": 3.1}, "relevance|max"),
        ("judgments", {"relevance": -0.5}, "relevance|min"),
        ("judgments", {"relevance": None}, "relevance|nullability"),
        ("judgments", {"query": ""}, "query|min_length"),
        ("banners", {"slots": []}, "has_a_slot"),
        ("banners", {"slots": ["home", "x" * 201]}, "has_a_slot"),
        ("banners", {"ends": T - timedelta(days=1)}, "ends_after_its_start"),
        ("banners", {"prior_rate": 1.0}, "prior_rate|max_exclusive"),
        ("banners", {"max_impressions": 0}, "max_impressions|min"),
    ],
)
def test_each_rule_is_named(table: str, change: dict[str, Any], rule: str) -> None:
    """A row that breaks one rule is quarantined under that rule."""
    assert broken_rules(table, change) == [rule]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("events", {"kind": "search", "query": "lamp", "product_id": None}),
        ("events", {"kind": "visit", "product_id": None}),
        ("events", {"user_id": None, "session_id": "s"}),
        ("products", {"price": None}),
        ("ad_exposures", {"propensity": None, "assigned_at": None}),
        ("orders", {"user_id": None, "kind": "return"}),
        ("orders", {"quantity": 0.35}),
        ("orders", {"quantity": 1e-6}),
        ("orders", {"quantity": 2_147_483_647}),
        ("orders", {"quantity": 0.35, "kind": "return"}),
    ],
)
def test_what_is_allowed(table: str, change: dict[str, Any]) -> None:
    """Visits need no product, searches need a query only, guests have a session; a quantity is any above 0."""
    assert broken_rules(table, change) == []


def test_several_rules_of_one_row() -> None:
    """All the rules that a row breaks are listed, with the row and where it came from."""
    bad = frame("orders", {"quantity": -2, "unit_price": -1.0})
    (row,) = validate(CONTRACTS["orders"], bad, origin="files x").quarantined.to_dicts()
    assert sorted(row["rules"]) == ["quantity_is_not_negative", "unit_price|min"]
    assert (row["table"], row["origin"], row["ts"]) == ("orders", "files x", T)
    assert json.loads(row["row"])["quantity"] == -2


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("orders", "quantity", "two"),
        ("orders", "unit_price", "cheap"),
        ("orders", "ts", "yesterday"),
        ("products", "in_stock", "perhaps"),
    ],
)
def test_values_of_the_wrong_type_are_kept_as_they_stand(table: str, column: str, value: str) -> None:
    """Text that cannot be read is quarantined with the text; the rows beside it are kept."""
    good = str(GOOD[table][column]).lower() if column != "ts" else "2026-01-01T12:00:00Z"
    key = CONTRACTS[table].key[0]
    checked = validate(CONTRACTS[table], frame(table, {column: value}, {column: good, key: "other"}), origin="test")
    assert checked.rows[key].to_list() == ["other"]
    (row,) = checked.quarantined.to_dicts()
    assert row["rules"] == [f"{column}|dtype"]
    assert json.loads(row["row"])[column] == value


def test_a_fraction_is_no_integer() -> None:
    """Line 2.5 is quarantined, not cut to 2; 2.0 is 2."""
    half = validate(CONTRACTS["orders"], frame("orders", {"line": 2.5}), origin="test")
    assert half.quarantined["rules"].to_list() == [["line|dtype"]]
    assert json.loads(half.quarantined["row"].item())["line"] == 2.5
    whole = validate(CONTRACTS["orders"], frame("orders", {"line": 2.0}), origin="test")
    assert whole.rows["line"].to_list() == [2]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (datetime(2026, 1, 1, 12), T),
        (date(2026, 1, 1), T.replace(hour=0)),
        ("2026-01-01T14:00:00+02:00", T),
        ("2026-01-01T12:00:00", T),
    ],
)
def test_times_are_utc(given: object, meant: datetime) -> None:
    """Naive times and dates are taken as UTC, offsets are converted."""
    assert validate(CONTRACTS["orders"], frame("orders", {"ts": given}), origin="test").rows["ts"].item() == meant


def test_list_columns_accept_text() -> None:
    """Categories in one text are split on the bar."""
    row = validate(CONTRACTS["products"], frame("products", {"categories": "Home > Lighting|Sale"}), origin="test").rows
    assert row["categories"].to_list() == [["Home > Lighting", "Sale"]]


def test_truth_values_in_text() -> None:
    """A CSV read as text may say true, yes or 1."""
    words = ["true", "YES", "1", "f", "No", "0"]
    rows = frame("products", *({"product_id": str(i), "in_stock": word} for i, word in enumerate(words)))
    assert validate(CONTRACTS["products"], rows, origin="test").rows["in_stock"].to_list() == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('["Home > Lighting", " Garden ", "", 5]', ["Home > Lighting", "Garden", "5"]),
        ("Home > Lighting| |Garden", ["Home > Lighting", "Garden"]),
        ("[Sale", ["[Sale"]),
        ([" Garden", "", "\u200b"], ["Garden"]),
        ("", []),
        (None, None),
    ],
)
def test_lists_lose_blanks_and_empty_elements(text: object, meant: list[str] | None) -> None:
    """Whether they come as lists, as JSON or as text."""
    rows = validate(CONTRACTS["products"], frame("products", {"categories": text}), origin="test").rows
    assert rows["categories"].to_list() == [meant]


def test_numbers_as_truth_values() -> None:
    """What is not above 0, or no number, is not in stock."""
    given = {"5": 5.0, "half": 0.5, "0": 0.0, "-1": -1.0, "unknown": float("nan")}
    rows = frame("products", *({"product_id": name, "in_stock": number} for name, number in given.items()))
    checked = validate(CONTRACTS["products"], rows, origin="test").rows
    assert set(checked.filter("in_stock")["product_id"]) == {"5", "half"}
    assert checked.height == len(given)


@pytest.mark.parametrize("value", [date(2026, 1, 1), T, time(10), timedelta(days=1)])
@pytest.mark.parametrize(("table", "column"), [("orders", "quantity"), ("orders", "line"), ("products", "in_stock")])
def test_dates_and_times_are_no_numbers(table: str, column: str, value: object) -> None:
    """The day would be counted from 1970."""
    with pytest.raises(ValueError, match=rf"'{column}' of '{table}': its type .*, which is no (number|truth value)"):
        validate(CONTRACTS[table], frame(table, {column: value}), origin="test")


def test_hopeless_type_is_an_error() -> None:
    """A list where the contract wants a number is the query's fault, not the rows'."""
    with pytest.raises(ValueError, match=r"files x.*'orders'(.|\n)*Cast it in the query"):
        validate(CONTRACTS["orders"], frame("orders", {"quantity": [1, 2]}), origin="files x")
    with pytest.raises(ValueError, match=r"files x.*'products'(.|\n)*Cast it in the query"):
        validate(CONTRACTS["products"], frame("products", {"categories": [{"a": 1}]}), origin="files x")
    with pytest.raises(ValueError, match=r"files x.*'products'(.|\n)*Cast it in the query"):
        validate(CONTRACTS["products"], frame("products", {"title": b"ok"}, {"title": b"\xff"}), origin="files x")


@pytest.mark.parametrize("epoch", [1767268800, 1767268800000, 1767268800.5])
def test_a_number_is_no_time(epoch: float) -> None:
    """Seconds or milliseconds, and since when: the query must say."""
    with pytest.raises(ValueError, match=r"files x: the column 'ts' of 'orders' .*epoch_ms\(ts\) of milliseconds"):
        validate(CONTRACTS["orders"], frame("orders", {"ts": epoch}), origin="files x")


def test_missing_required_column_is_an_error() -> None:
    """The message names origin, table, column and remedy."""
    with pytest.raises(ValueError, match=r"files x.*'orders'.*'quantity'.*Add the column"):
        validate(CONTRACTS["orders"], frame("orders", {}).drop("quantity"), origin="files x")


def test_repeated_key_keeps_one_row() -> None:
    """Of rows with one key the first in the order of all columns stays; the others name the rule."""
    rows = frame("orders", {"quantity": 3}, {"quantity": 2}, {"quantity": 2}, {"line": 2})
    checked = validate(CONTRACTS["orders"], rows, origin="test")
    assert checked.rows.select("line", "quantity").rows() == [(1, 2), (2, 1)]
    assert checked.quarantined["rules"].to_list() == [["primary_key"]] * 2
    assert [json.loads(r)["quantity"] for r in checked.quarantined["row"]] == [2, 3]


def test_an_older_state_is_no_repeat() -> None:
    """Products and users are keyed by their time too: earlier states stay."""
    rows = frame("products", {}, {"updated_at": T.replace(hour=13), "title": "Lamp, new"})
    assert validate(CONTRACTS["products"], rows, origin="test").rows.height == 2


def test_no_rows() -> None:
    """An empty frame with the columns gives empty tables."""
    for contract in CONTRACTS.values():
        checked = validate(contract, contract.empty(), origin="test")
        assert checked.rows.height == checked.quarantined.height == 0


ROW = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from(["a", "b", "c", ""]),
        "kind": st.sampled_from([*EVENT_KINDS, "look"]),
        "user_id": st.sampled_from([None, "u"]),
        "product_id": st.sampled_from([None, "p"]),
        "ts": st.sampled_from([T, None]),
    }
)


@settings(max_examples=60)
@given(rows=st.lists(ROW, min_size=1, max_size=12), seed=st.integers(0, 99))
def test_every_row_ends_in_one_of_the_two_tables(rows: list[dict[str, Any]], seed: int) -> None:
    """Nothing is lost, whatever is broken; order does not matter; what is kept is kept again."""
    built = frame("events", *rows).cast({"ts": pl.Datetime("us", "UTC")})
    checked = validate(CONTRACTS["events"], built, origin="test")
    assert checked.rows.height + checked.quarantined.height == len(rows)
    shuffled = validate(CONTRACTS["events"], built.sample(fraction=1, shuffle=True, seed=seed), origin="test")
    assert shuffled.rows.equals(checked.rows)
    assert shuffled.quarantined.equals(checked.quarantined)
    again = validate(CONTRACTS["events"], checked.rows, origin="test")
    assert again.rows.equals(checked.rows)
    assert again.quarantined.height == 0
