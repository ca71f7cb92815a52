"""Attributes: wide columns become two lists."""

from datetime import date, datetime, time, timedelta

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from resources.contracts.attributes import UNREAD
from resources.sources.source_error import SourceError
from resources.sources.user_attributes import pack_attributes

WIDE = pl.DataFrame(
    {"user_id": ["a", "b"], "updated_at": ["2026-01-01", "2026-01-01"], "age": ["41", "old"], "region": ["north", None]}
)


def test_attributes_are_packed_in_order() -> None:
    """A number in text is a number; text that is none, NaN and nulls are null; the wide columns go."""
    wide = WIDE.with_columns(score=pl.Series([1.5, float("nan")]))
    packed = pack_attributes(wide, ["score", "age"], ["region"], "test")
    assert packed.columns == ["user_id", "updated_at", "numeric", "categorical", UNREAD]
    assert packed["numeric"].to_list() == [
        [{"name": "score", "value": 1.5}, {"name": "age", "value": 41.0}],
        [{"name": "score", "value": None}, {"name": "age", "value": None}],
    ]
    assert packed["categorical"].to_list() == [
        [{"name": "region", "value": "north"}],
        [{"name": "region", "value": None}],
    ]
    assert validate(CONTRACTS["users"], packed, origin="test").rows.height == 2


def test_no_attributes_give_empty_lists() -> None:
    """A shop may declare users without attributes."""
    packed = pack_attributes(WIDE, [], [], "test")
    assert packed["numeric"].to_list() == packed["categorical"].to_list() == [[], []]
    assert validate(CONTRACTS["users"], packed, origin="test").rows.height == 2


def test_missing_column_is_named() -> None:
    """The message names the column and the remedy."""
    with pytest.raises(SourceError, match=r"\['income'\].*Add the columns"):
        pack_attributes(WIDE, ["income"], [], "test")


@pytest.mark.parametrize(
    ("values", "lost"),
    [
        (pl.Series([1.5, float("inf"), -float("inf"), float("nan"), None]), 3),
        (pl.Series(["1", "old", " 2", "", None]), 3),
        (pl.Series([1, 2, 3, 4, None]), 0),
        (pl.Series([True, False, True, True, None]), 0),
    ],
)
def test_a_number_that_cannot_be_read_is_counted_by_name(values: pl.Series, lost: int) -> None:
    """What was there and is unknown now; a null was never there."""
    wide = pl.DataFrame({"user_id": list("abcde"), "updated_at": ["2026-01-01"] * 5, "age": values})
    checked = validate(CONTRACTS["users"], pack_attributes(wide, ["age"], [], "test"), origin="test")
    assert checked.rows.height == 5
    assert dict(checked.emptied) == ({"age": lost} if lost else {})


@pytest.mark.parametrize("dtype", [pl.Date(), pl.Datetime("us")])
def test_a_date_that_no_calendar_has_is_counted_by_name(dtype: pl.DataType) -> None:
    """PostgreSQL's ``infinity`` is as large as its type can be."""
    largest = 2**31 - 1 if dtype == pl.Date() else 2**63 - 1
    since = pl.Series([largest, 0, None]).cast(pl.Int32 if dtype == pl.Date() else pl.Int64).cast(dtype)
    wide = pl.DataFrame({"user_id": list("abc"), "updated_at": ["2026-01-01"] * 3, "since": since})
    checked = validate(CONTRACTS["users"], pack_attributes(wide, [], ["since"], "test"), origin="test")
    assert dict(checked.emptied) == {"since": 1}
    assert [str(of[0]["value"])[:10] for of in checked.rows.sort("user_id")["categorical"]] == [
        "None",
        "1970-01-01",
        "None",
    ]


@pytest.mark.parametrize("value", [date(1990, 1, 1), datetime(1990, 1, 1), time(10), timedelta(days=1)])
def test_a_date_is_no_number(value: object) -> None:
    """It would be counted from 1970; as a category it is text."""
    wide = pl.DataFrame({"user_id": ["a"], "updated_at": ["2026-01-01"], "born": [value]})
    with pytest.raises(SourceError, match=r"test: the numeric attribute 'born': its type .*, which is no number"):
        pack_attributes(wide, ["born"], [], "test")
