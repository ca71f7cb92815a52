"""What counts as a time."""

import re
from datetime import UTC, datetime

import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from resources.contracts.times import TimeFormat
from tests.resources.contracts.test_contracts import frame

AT = datetime(2026, 3, 7, 8, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-07", AT.replace(hour=0, minute=0)),
        ("2026-03-07 08:26", AT),
        ("2026-03-07T08:26:00Z", AT),
        (" 2026-03-07 08:26:00 ", AT),
        ("2026-03-07T10:26:00+02:00", AT),
        ("2026-03-07 10:26+02", AT),
        ("2026-03-07 13:56:00 +0530", AT),
        ("2026-03-07T08:26:00.500Z", AT.replace(microsecond=500_000)),
    ],
)
def test_iso_text_is_a_time(text: str, meant: datetime) -> None:
    """With or without a clock and a zone."""
    assert validate(CONTRACTS["orders"], frame("orders", {"ts": text}), origin="test").rows["ts"].item() == meant


@pytest.mark.parametrize(
    "text",
    [
        "07/03/2026 08:26",
        "2026-13-01",
        "2026-03-07 25:00",
        "March 7, 2026",
        "now",
        "20260307",
        "1767268800",
        "20226-01-01",
    ],
)
def test_other_text_is_none_and_nothing_is_guessed(text: str) -> None:
    """Whatever stands beside it: no order of day and month is inferred from the other rows."""
    for beside in ([], [{"ts": "13/03/2026 08:26", "order_id": "o2"}]):
        checked = validate(CONTRACTS["orders"], frame("orders", {"ts": text}, *beside), origin="test")
        assert checked.rows.is_empty()
        assert {tuple(rules) for rules in checked.quarantined["rules"]} == {("ts|dtype",)}
        assert checked.quarantined["ts"].null_count() == 1 + len(beside)


@pytest.mark.parametrize("micros", [2**63 - 1, -(2**63) + 1, int(7e16), -int(7e16)])
def test_a_time_out_of_range_is_undated(micros: int) -> None:
    """As PostgreSQL's infinity arrives, and the year 20226: the row is kept, in the quarantine."""
    rows = frame("orders", {}, {"order_id": "o2"})
    moments = pl.Series("ts", [int(AT.timestamp() * 1e6), micros]).cast(pl.Datetime("us", "UTC"))
    checked = validate(CONTRACTS["orders"], rows.with_columns(moments), origin="test")
    assert checked.rows["order_id"].to_list() == ["o"]
    (row,) = checked.quarantined.to_dicts()
    assert (row["rules"], row["ts"]) == (["ts|out_of_range"], None)


@pytest.mark.parametrize(
    ("written", "text", "iso"),
    [
        ("%d/%m/%Y %H:%M", "07/03/2026 08:26", "2026-03-07 08:26:00"),
        ("%m/%d/%Y", "3/7/2026", "2026-3-7 00:00:00"),
        ("%d.%m.%y", "07.03.26", "2026-03-07 00:00:00"),
        ("%Y%m%d%H%M%S", "20260307082601", "2026-03-07 08:26:01"),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-03-07T08:26:01.25+02:00", "2026-03-07 08:26:01.25+02:00"),
    ],
)
def test_a_declared_format_becomes_iso(written: str, text: str, iso: str) -> None:
    """As one regular expression for all engines."""
    of = TimeFormat.of(written)
    assert re.sub(of.pattern, of.iso, text) == iso


@pytest.mark.parametrize(
    ("written", "message"),
    [("%d %b %Y", "has '%b'; it may have %Y"), ("%d/%m", "lacks the year"), ("%Y", "lacks the month")],
)
def test_a_format_that_cannot_be_read_is_an_error(written: str, message: str) -> None:
    """It names what is wrong."""
    with pytest.raises(ValueError, match=message):
        TimeFormat.of(written)
