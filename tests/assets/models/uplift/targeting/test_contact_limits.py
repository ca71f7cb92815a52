"""Contacts that are left in a period."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from assets.models.uplift.targeting.contact_limits import contacts_left

NOW = datetime(2026, 3, 31, tzinfo=UTC)


def log(days_ago: list[tuple[str, float]]) -> pl.DataFrame:
    """Contacts by user and days before NOW."""
    rows = [{"user_id": user, "ts": NOW - timedelta(days=days)} for user, days in days_ago]
    return pl.DataFrame(rows, schema={"user_id": pl.String, "ts": pl.Datetime("us", "UTC")})


def test_only_the_period_counts() -> None:
    """Three of a's contacts are in the week (its first instant is), one is older and one is to come."""
    contacts = log([("a", 1), ("a", 2), ("a", 7), ("a", 7.1), ("a", 0), ("b", 3)])
    left = contacts_left(["b", "new", "a"], contacts, as_of=NOW, period_days=7, max_contacts=2)
    assert left.tolist() == [1, 2, 0]


def test_broken_input_is_named() -> None:
    """A missing column, a period of no days, a negative limit."""
    with pytest.raises(ValueError, match="contacts lacks ts"):
        contacts_left([], pl.DataFrame({"user_id": ["a"]}), as_of=NOW, period_days=7, max_contacts=1)
    with pytest.raises(ValueError, match="period_days"):
        contacts_left([], log([]), as_of=NOW, period_days=0, max_contacts=1)
    with pytest.raises(ValueError, match="max_contacts"):
        contacts_left([], log([]), as_of=NOW, period_days=7, max_contacts=-1)
